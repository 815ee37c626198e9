//! A season: five months of a town's heating, from one seed. Three streets, twelve grids, six thousand households and thirty
//! people with tablets, who walk their rounds, measure, draw up plans and mend, answer requests, and make mistakes.
//!
//! Everything is recorded by the real engine of each tablet through the calls of its window, goes to the real server by the
//! real sync, and is decided in the console through the calls of its pages. Only time, chance and the people are made up; so
//! the season shows what the software does with five months of work, and a seed gives the same events every time.
//!
//! Read in this order: [`town`] (what is true) → [`weather`] → [`crew`] (who works) → [`office`] (the server) → here (one day
//! after the other) → `days` (what a day brings) → `doors` (rounds, visits, wrong doors) → [`papers`] (what is written into forms)
//! → `works` (plans) → `asked` (requests) → `desk` (the console, conflicts, wrong clocks). Whether the figures that the
//! server makes of it are right is asked by `tests/season/figures.py`, which reads the events and nothing of ours.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use chrono::{Days, NaiveDate};
use huce_core::{
    clock::{Millis, china_midnight},
    ids::{EventId, HouseholdId, RequestId, RoundId},
    ipc::{Call, CallError, Code},
    person::{Person, Role, RoleIn},
};
use huce_device::{
    Answer, Device,
    clock::{Clock as _, SystemClock},
};
use serde::{Deserialize, Serialize};

mod asked;
pub mod crew;
mod days;
mod desk;
mod doors;
pub mod office;
pub mod papers;
mod picture;
pub mod town;
pub mod weather;
mod works;

use asked::Matter;
use crew::{ADMINISTRATOR, DISPATCHER, Hand, hands};
use days::DRIVES;
use office::Office;
use town::{STREETS, Town};
use weather::Weather;
use works::Work;

use crate::{dice::Dice, district::scratch};

/// A minute.
const MINUTE: Millis = 60_000;
/// An hour.
const HOUR: Millis = 60 * MINUTE;
/// A day.
const DAY: Millis = 24 * HOUR;
/// The file of events beside the data.
pub const EVENTS: &str = "events.ndjson";
/// The file that says which season the data is.
pub const NOTE: &str = "season.json";

/// Which season.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    /// Everything follows from it.
    pub seed: u64,
    /// How many households.
    pub households: usize,
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// The hour of the last day at which it ends: one day of a season is shown as it is then.
    pub until_hour: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
        Self { seed: 1, households: 6_000, first: day(2025, 10, 15), last: day(2026, 3, 15), until_hour: 24 }
    }
}

impl Settings {
    /// When a day ends: the last one at its hour.
    fn ends_ms(&self, day: NaiveDate) -> Millis {
        let hours = if day == self.last { self.until_hour.min(24) } else { 24 };
        china_midnight(day) + i64::from(hours) * HOUR
    }
}

/// What a season came to; kept beside its data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Made {
    /// Which season.
    pub settings: Settings,
    /// Its last instant, by the server's clock.
    pub end_ms: Millis,
    /// What the machine's clock said when it was made: who shows the season goes on from its end.
    pub made_ms: Millis,
    /// Events that the server has.
    pub events: u64,
    /// Things that people did.
    pub acts: u64,
    /// What they were refused, because somebody else was faster or a door was no longer theirs.
    pub refused: BTreeMap<String, u64>,
    /// A hash of all events: the same seed gives the same one.
    pub trace: String,
}

/// Something that will happen.
#[derive(Debug)]
enum Errand {
    /// The tablet syncs.
    Sync(usize),
    /// The tablet syncs when there is something to send.
    Evening(usize),
    /// One of the four musts.
    Duty(usize, huce_core::team::Must),
    /// So many doors of a drive are walked.
    Walk { who: usize, drive: usize, doors: usize },
    /// Somebody knocks.
    Door { who: usize, home: usize, round: RoundId },
    /// The visit was at the wrong door.
    Correct { who: usize, home: usize, event: EventId },
    /// The most urgent special-care visits.
    Care(usize),
    /// A plan's next step.
    Plan { work: usize, step: works::Step },
    /// A request comes in.
    Ask(asked::Wish),
    /// A request's next step.
    Request { matter: usize, step: asked::Step },
    /// Two people write the same field.
    Conflict { home: usize },
    /// A crew lead settles what waits.
    Settle(usize),
    /// A tablet's clock goes wrong by so much, or right again.
    Clock { who: usize, skew_ms: i64 },
    /// A round is drawn up.
    Draw(usize),
    /// Crew leads say who takes what of it.
    Assign(usize),
    /// A grid is split.
    Split,
}

/// A season under way.
struct Season {
    settings: Settings,
    dice: Dice,
    weather: Weather,
    town: Town,
    office: Office,
    hands: Vec<Hand>,
    day: NaiveDate,
    now_ms: Millis,
    agenda: BTreeMap<(Millis, u64), Errand>,
    next: u64,
    /// Homes by their household.
    numbers: BTreeMap<HouseholdId, usize>,
    /// The drives that were drawn up, street by street.
    drives: Vec<[Option<RoundId>; STREETS.len()]>,
    works: Vec<Work>,
    matters: Vec<Matter>,
    /// Requests about a matter that was opened already.
    twins: Vec<RequestId>,
    acts: u64,
    refused: BTreeMap<String, u64>,
    /// Where the tablets are.
    _tablets: tempfile::TempDir,
}

/// Makes a season in a folder that holds no server's data yet. `say` hears of every day.
///
/// # Errors
/// When something happens that must not: a form that refuses its answers, a sync that fails.
pub fn make(settings: &Settings, data: &Path, mut say: impl FnMut(NaiveDate, u64)) -> Result<Made> {
    let mut season = Season::begin(settings.clone(), data)?;
    // Everybody takes their tablet with what the server has until now.
    (0..season.hands.len()).try_for_each(|who| season.sync(who))?;
    let mut day = settings.first;
    while day <= settings.last {
        season.live(day).with_context(|| format!("seed {}, {day}", settings.seed))?;
        say(day, season.acts);
        day = day.checked_add_days(Days::new(1)).context("no such day")?;
    }
    season.end(data)
}

/// Which season's data is in a folder.
///
/// # Errors
/// When none is.
pub fn made(data: &Path) -> Result<Made> {
    let file = data.join(NOTE);
    let text = fs::read(&file).with_context(|| format!("{}: no season was made here", file.display()))?;
    Ok(serde_json::from_slice(&text)?)
}

impl Season {
    fn begin(settings: Settings, data: &Path) -> Result<Self> {
        let mut dice = Dice::new(settings.seed);
        let days = u64::try_from((settings.last - settings.first).num_days()).unwrap_or_default() + 1;
        let weather = Weather::new(settings.first, days, &mut dice);
        let town = Town::new(settings.households, &mut dice)?;
        let now_ms = china_midnight(settings.first) - DAY;
        let office = Office::open(data, &crew::secret(settings.seed, 1_000), now_ms)?;
        let mut hands = hands(&town, settings.seed)?;
        office.fill(&town, &hands)?;
        let password = office.password()?;
        for ((login, name), role) in [(DISPATCHER, Role::Dispatcher), (ADMINISTRATOR, Role::Administrator)] {
            let roles = STREETS.iter().map(|(code, _, _)| {
                let grid = huce_core::ids::GridId::new(*code)?;
                Ok(RoleIn { role, grid })
            });
            let roles = roles.collect::<Result<_>>()?;
            let id = huce_core::ids::PersonId::new(login)?;
            office.add_person(&Person { id, name: name.to_owned(), roles }, Some(&password))?;
        }
        let tablets = tempfile::Builder::new().prefix("huce-season-").tempdir_in(scratch())?;
        for hand in &mut hands {
            office.add_person(&hand.known(), Some(&password))?;
            office.add_tablet(&hand.person, &hand.secret)?;
            let folder: PathBuf = tablets.path().join(hand.person.as_str());
            hand.begin(&folder, office.place(), now_ms)?;
        }
        let numbers = town.homes.iter().enumerate().map(|(number, home)| (home.id.clone(), number)).collect();
        let drives = DRIVES.iter().map(|_| std::array::from_fn(|_| None)).collect();
        Ok(Self {
            day: settings.first,
            settings,
            dice,
            weather,
            town,
            office,
            hands,
            now_ms,
            agenda: BTreeMap::new(),
            next: 0,
            numbers,
            drives,
            works: Vec::new(),
            matters: Vec::new(),
            twins: Vec::new(),
            acts: 0,
            refused: BTreeMap::new(),
            _tablets: tablets,
        })
    }

    /// One day, from midnight to midnight; the last one as long as it was asked for.
    fn live(&mut self, day: NaiveDate) -> Result<()> {
        self.day = day;
        self.plan_day();
        let ends_ms = self.settings.ends_ms(day);
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 >= ends_ms {
                break;
            }
            let ((when_ms, _), errand) = entry.remove_entry();
            // Nothing happens at the same instant as something else.
            self.set_clocks(when_ms.max(self.now_ms + 1_000));
            let what = format!("{errand:?}");
            self.happen(errand).with_context(|| what)?;
        }
        Ok(())
    }

    fn happen(&mut self, errand: Errand) -> Result<()> {
        match errand {
            Errand::Sync(who) => self.sync(who),
            Errand::Evening(who) => self.evening(who),
            Errand::Duty(who, must) => self.duty(who, must),
            Errand::Walk { who, drive, doors } => self.walk(who, drive, doors),
            Errand::Door { who, home, round } => self.knock(who, home, round),
            Errand::Correct { who, home, event } => self.correct(who, home, event),
            Errand::Care(who) => self.care(who),
            Errand::Plan { work, step } => self.work_on(work, step),
            Errand::Ask(wish) => self.ask_for(wish),
            Errand::Request { matter, step } => self.go_on(matter, step),
            Errand::Conflict { home } => self.contradict(home),
            Errand::Settle(who) => self.settle(who),
            Errand::Clock { who, skew_ms } => self.set_skew(who, skew_ms),
            Errand::Draw(drive) => self.draw(drive),
            Errand::Assign(drive) => self.assign(drive),
            Errand::Split => self.split(),
        }
    }

    /// Everybody comes to the depot once more, and the server is closed.
    fn end(mut self, data: &Path) -> Result<Made> {
        let ends_ms = self.settings.ends_ms(self.day);
        self.set_clocks(ends_ms.max(self.now_ms + MINUTE));
        for who in (0..self.hands.len()).chain(0..self.hands.len()) {
            self.sync(who)?;
        }
        let file = data.join(EVENTS);
        let events = self.office.close(&file)?;
        let trace = blake3::hash(&fs::read(&file)?).to_hex().to_string();
        let (settings, end_ms, acts, refused) = (self.settings, self.now_ms, self.acts, self.refused);
        let made_ms = SystemClock.now_ms();
        let made = Made { settings, end_ms, made_ms, events, acts, refused, trace };
        fs::write(data.join(NOTE), serde_json::to_vec_pretty(&made)?)?;
        Ok(made)
    }

    fn set_clocks(&mut self, now_ms: Millis) {
        self.now_ms = now_ms;
        self.office.set_clock(now_ms);
        self.hands.iter().for_each(|hand| hand.set_clock(now_ms));
    }

    /// Something will happen then.
    fn later(&mut self, when_ms: Millis, errand: Errand) {
        self.next += 1;
        self.agenda.insert((when_ms, self.next), errand);
    }

    /// An instant of the day that is lived.
    fn at(&self, hour: i64, minute: i64) -> Millis {
        china_midnight(self.day) + hour * HOUR + minute * MINUTE
    }

    /// An instant of a working hour, so many days from today.
    fn on_day(&mut self, days: i64, first_hour: i64, last_hour: i64) -> Millis {
        china_midnight(self.day) + days * DAY + self.dice.between(first_hour * HOUR, last_hour * HOUR)
    }

    fn hand(&self, who: usize) -> Result<&Hand> {
        self.hands.get(who).context("nobody has this number")
    }

    fn sync(&mut self, who: usize) -> Result<()> {
        let hand = self.hands.get_mut(who).context("nobody has this number")?;
        hand.sync(&self.office, self.now_ms)
    }

    /// The same, where it has something to send or the last time is longer ago.
    fn sync_after(&mut self, who: usize, most_ms: Millis) -> Result<()> {
        let hand = self.hand(who)?;
        if hand.unsent > 0 || self.now_ms - hand.synced_ms > most_ms { self.sync(who) } else { Ok(()) }
    }

    /// Somebody looks at their tablet. None when there is nothing to be seen, or no longer.
    fn look<C: Call>(&mut self, who: usize, what: &'static str, call: C) -> Result<Option<C::Reply>>
    where
        Device: Answer<C>,
    {
        let seen = self.hand(who)?.device()?.answer(call);
        self.judge(what, seen)
    }

    /// Somebody does something on their tablet. None when they were refused.
    fn act<C: Call>(&mut self, who: usize, what: &'static str, call: C) -> Result<Option<C::Reply>>
    where
        Device: Answer<C>,
    {
        let done = self.hand(who)?.device()?.answer(call);
        self.did(who, what, done)
    }

    /// What became of something that was done on a tablet.
    fn did<T>(&mut self, who: usize, what: &'static str, done: std::result::Result<T, CallError>) -> Result<Option<T>> {
        let done = self.judge(what, done)?;
        if done.is_some() {
            self.acts += 1;
            self.hands.get_mut(who).context("nobody has this number")?.unsent += 1;
        }
        Ok(done)
    }

    /// Somebody in the office does something in the console.
    fn console<C: Call>(&mut self, login: &str, what: &'static str, call: &C) -> Result<Option<C::Reply>> {
        let done = self.office.console(login, call)?;
        let done = self.judge(what, done)?;
        self.acts += u64::from(done.is_some());
        Ok(done)
    }

    /// Being too late is part of work; anything else must not happen.
    fn judge<T>(&mut self, what: &'static str, done: std::result::Result<T, CallError>) -> Result<Option<T>> {
        match done {
            Ok(done) => Ok(Some(done)),
            Err(e) if matches!(e.code, Code::Stale | Code::NoRight | Code::NotFound | Code::BadInput) => {
                *self.refused.entry(format!("{what}: {:?}", e.code)).or_default() += 1;
                Ok(None)
            }
            Err(e) => bail!("{what}: {e}"),
        }
    }

    /// The inspector to whom a home's stairwell belongs.
    fn inspector_of(&self, home: usize) -> Option<usize> {
        let home = self.town.homes.get(home)?;
        let works_here = |hand: &Hand| hand.role == Role::Inspector && hand.patches.contains(&home.patch);
        let here: Vec<usize> =
            (0..self.hands.len()).filter(|who| self.hands.get(*who).is_some_and(works_here)).collect();
        let number = |text: &str| text.parse::<usize>().unwrap_or_default();
        let stairwell = number(&home.building) * 4 + number(&home.entrance);
        here.get(stairwell.checked_rem(here.len())?).copied()
    }

    /// The coordinator of a street.
    fn coordinator_of(&self, street: usize) -> Option<usize> {
        self.hands.iter().position(|hand| hand.role == Role::Coordinator && hand.street == street)
    }

    /// The lead of a crew.
    fn lead_of(&self, crew: usize) -> Option<usize> {
        self.hands.iter().position(|hand| hand.role == Role::CrewLead && hand.crew == Some(crew))
    }

    /// What a thermometer shows in a home today: the coldest room, tenths of a degree.
    fn measured(&mut self, home: usize) -> i32 {
        let off = self.dice.between(-3, 4) as i32;
        let (outdoor, heated) = (self.weather.outdoor(self.day), weather::is_heated(self.day));
        self.town.homes.get(home).map_or(180, |home| home.indoor(outdoor, heated)) + off
    }
}

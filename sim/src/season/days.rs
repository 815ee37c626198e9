//! What a day brings: who walks how many doors, who is in the grid, who complains, whose clock goes wrong. Only planned
//! here; what becomes of it is told where it happens.

use chrono::{Datelike, NaiveDate, Weekday};
use huce_core::{person::Role, team::Must};

use super::{
    Errand, MINUTE, Season,
    asked::Wish,
    doors::HURRY,
    town::{Cause, GRIDS, STREETS},
    weather::is_heated,
};

/// A drive of the season: its name, its first and last day, whether it asks for the doors under the roof, or for those that
/// were measured cold until it was drawn up.
pub struct Drive {
    /// What it is called.
    pub name: &'static str,
    /// Its first day: month and day.
    pub from: (u32, u32),
    /// Its last day.
    pub until: (u32, u32),
    /// Which doors.
    pub doors: Drawn,
}

/// Which doors a drive visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// All.
    All,
    /// Those on the top floor.
    Top,
    /// Those that were cold since heating began.
    Cold,
}

/// The drives, in their order.
pub const DRIVES: [Drive; 3] = [
    Drive { name: "供暖前入户排查", from: (10, 16), until: (11, 12), doors: Drawn::All },
    Drive { name: "顶层测温", from: (11, 18), until: (1, 4), doors: Drawn::Top },
    Drive { name: "低温户复查", from: (1, 15), until: (3, 8), doors: Drawn::Cold },
];
/// The day on which a grid is split.
const SPLIT_ON: (u32, u32) = (1, 12);
/// The tablet that comes to the depot on Mondays only.
const WEEKLY: usize = 11;
/// The tablet whose clock runs ahead around New Year, and by how much.
const AHEAD: (usize, i64) = (4, 133 * MINUTE);
/// The tablet whose battery is changed on this day: for a morning its clock is that of its factory.
const FACTORY: (usize, (u32, u32)) = (8, (2, 3));
/// What such a clock says: 2020-01-01.
const FACTORY_MS: i64 = 1_577_808_000_000;

/// Sundays, New Year, and the Spring Festival of 2026.
fn is_holiday(day: NaiveDate) -> bool {
    let spring = day.month() == 2 && (16..=22).contains(&day.day());
    day.weekday() == Weekday::Sun || spring || (day.month(), day.day()) == (1, 1)
}

impl Season {
    /// The day of a month in this winter.
    pub(super) fn in_season(&self, (month, day): (u32, u32)) -> Option<NaiveDate> {
        let first = self.settings.first;
        let is_next_year = month < 7 && first.month() >= 7;
        NaiveDate::from_ymd_opt(first.year() + i32::from(is_next_year), month, day)
    }

    /// The first and the last day of a drive, as far as the season has them; none when it lies before it.
    pub(super) fn period(&self, drive: &Drive) -> Option<(NaiveDate, NaiveDate)> {
        let (from, until) = (self.in_season(drive.from)?, self.in_season(drive.until)?);
        // One that is under way when the season begins is drawn up then.
        (until > self.settings.first).then(|| (from.max(self.settings.first), until))
    }

    pub(super) fn plan_day(&mut self) {
        self.special_days();
        if is_holiday(self.day) {
            self.complaints(true);
            return;
        }
        self.duties();
        self.rounds();
        self.complaints(false);
        if self.dice.in_of(1, 5) && !self.town.homes.is_empty() {
            let home = self.dice.below(self.town.homes.len());
            self.later(self.at(10, 30), Errand::Conflict { home });
        }
        for who in 0..self.hands.len() {
            let weekly = who == WEEKLY;
            let Some(role) = self.hands.get(who).map(|hand| hand.role) else { continue };
            let weekday = self.day.weekday();
            let extra = self.dice.between(0, 40);
            match role {
                Role::Inspector if weekly && weekday != Weekday::Mon => {}
                Role::Inspector if weekly => self.later(self.at(7, 30), Errand::Sync(who)),
                Role::Inspector => self.later(self.at(20, 15) + extra * MINUTE, Errand::Evening(who)),
                Role::CrewLead if matches!(weekday, Weekday::Wed | Weekday::Sat) => {
                    self.later(self.at(18, 0) + extra * MINUTE, Errand::Settle(who));
                }
                Role::CrewLead => self.later(self.at(18, 0) + extra * MINUTE, Errand::Evening(who)),
                _ => {
                    self.later(self.at(7, 45), Errand::Sync(who));
                    self.later(self.at(20, 58), Errand::Evening(who));
                }
            }
        }
    }

    /// Rounds are drawn up, a grid is split, clocks go wrong.
    fn special_days(&mut self) {
        let is_today = |season: &Self, day: (u32, u32)| season.in_season(day) == Some(season.day);
        for (number, drive) in DRIVES.iter().enumerate() {
            if self.period(drive).is_some_and(|(from, _)| from == self.day) {
                self.later(self.at(6, 0), Errand::Draw(number));
                self.later(self.at(6, 20), Errand::Assign(number));
            }
        }
        if is_today(self, SPLIT_ON) {
            self.later(self.at(6, 40), Errand::Split);
        }
        let (who, skew_ms) = AHEAD;
        if is_today(self, (12, 20)) {
            self.later(self.at(7, 0), Errand::Clock { who, skew_ms });
        }
        if is_today(self, (1, 6)) {
            self.later(self.at(7, 0), Errand::Clock { who, skew_ms: 0 });
        }
        let (who, day) = FACTORY;
        if is_today(self, day) {
            let morning = self.at(7, 10);
            self.later(morning, Errand::Clock { who, skew_ms: FACTORY_MS - morning });
            // Somebody sets it, and only then it meets the server: the morning stays where it was written down.
            self.later(self.at(12, 35), Errand::Clock { who, skew_ms: 0 });
            self.later(self.at(12, 40), Errand::Sync(who));
        }
    }

    /// The four musts: somebody is in each grid, a patrol a week, a joint action a month.
    fn duties(&mut self) {
        let mut seen = Vec::new();
        for who in 0..self.hands.len() {
            let Some(hand) = self.hands.get(who) else { continue };
            let (role, patches) = (hand.role, hand.patches.clone());
            match role {
                // The second one in a grid need not say so as well; and now and then it is forgotten.
                Role::Inspector if !seen.contains(&patches) => {
                    seen.push(patches);
                    let minutes = self.dice.between(0, 50);
                    if !self.dice.in_of(1, 15) {
                        self.later(self.at(8, 5) + minutes * MINUTE, Errand::Duty(who, Must::CheckIn));
                    }
                    if self.day.weekday() == Weekday::Mon && !self.dice.in_of(1, 10) {
                        self.later(self.at(16, 30) + minutes * MINUTE, Errand::Duty(who, Must::Weekly));
                    }
                    let campaign = DRIVES.iter().any(|drive| {
                        self.period(drive).is_some_and(|(from, _)| from + chrono::Days::new(2) == self.day)
                    });
                    if campaign {
                        self.later(self.at(9, 40), Errand::Duty(who, Must::Campaign));
                    }
                }
                Role::CrewLead if self.day.day() == 5 => self.later(self.at(10, 0), Errand::Duty(who, Must::Joint)),
                _ => {}
            }
        }
    }

    /// Everybody walks their share of the doors: so that the working days of a drive would be enough to knock twice.
    fn rounds(&mut self) {
        for who in 0..self.hands.len() {
            let Some(hand) = self.hands.get(who) else { continue };
            if hand.role != Role::Inspector {
                continue;
            }
            let patches = hand.patches.clone();
            let colleagues = self.hands.iter().filter(|other| other.patches == patches).count().max(1);
            let doors = self.town.homes.iter().filter(|home| patches.contains(&home.patch)).count() / colleagues;
            for (number, drive) in DRIVES.iter().enumerate() {
                let Some((from, until)) = self.period(drive) else { continue };
                if !(from..=until).contains(&self.day) {
                    continue;
                }
                let days = usize::try_from((until - from).num_days()).unwrap_or(1).max(1) * 6 / 7;
                let hundredths = doors * HURRY / days.max(1);
                // What is less than a door is one now and then.
                let doors = hundredths / 100 + usize::from(self.dice.in_of(hundredths % 100, 100));
                if doors == 0 {
                    continue;
                }
                let hour = match self.dice.below(10) {
                    0..4 => 9,
                    4..7 => 14,
                    _ => 17,
                };
                let minutes = self.dice.between(0, 30);
                self.later(self.at(hour, 0) + minutes * MINUTE, Errand::Walk { who, drive: number, doors });
            }
            if matches!(self.day.weekday(), Weekday::Tue | Weekday::Thu) {
                self.later(self.at(15, 40), Errand::Care(who));
            }
        }
    }

    /// People complain when it is cold, and now and then about something else.
    fn complaints(&mut self, holiday: bool) {
        let homes = self.town.homes.len();
        let looked_at = (homes / 40).max(1) / if holiday { 2 } else { 1 };
        let (outdoor, heated) = (self.weather.outdoor(self.day), is_heated(self.day));
        for _ in 0..looked_at.max(1) {
            let number = self.dice.below(homes);
            let Some(home) = self.town.homes.get(number) else { continue };
            let (cold, empty) = (heated && home.indoor(outdoor, heated) < 178, home.cause == Cause::Empty);
            let asks = if cold { self.dice.in_of(1, 3) } else { self.dice.in_of(1, 45) };
            let minutes = self.dice.between(8 * 60, 20 * 60);
            if asks && !empty {
                let wish = Wish::at_home(number, cold, &mut self.dice);
                self.later(self.at(0, 0) + minutes * MINUTE, Errand::Ask(wish));
            }
        }
        if self.dice.in_of(1, 9) {
            let patch = self.dice.below(GRIDS);
            let wish = Wish::at_station(patch, &mut self.dice);
            let minutes = self.dice.between(8 * 60, 20 * 60);
            self.later(self.at(0, 0) + minutes * MINUTE, Errand::Ask(wish));
        }
        if self.dice.in_of(1, 12) {
            let wish = Wish::nowhere(self.dice.below(STREETS.len()), &mut self.dice);
            self.later(self.at(11, 11), Errand::Ask(wish));
        }
    }

    /// Does this tablet reach the server today?
    pub(super) fn is_online(&self, who: usize) -> bool {
        who != WEEKLY
    }

    /// In the evening, whoever has something to send comes to the depot; twice a week everybody does.
    pub(super) fn evening(&mut self, who: usize) -> anyhow::Result<()> {
        let has_work = self.hands.get(who).is_some_and(|hand| hand.unsent > 0);
        let all = matches!(self.day.weekday(), Weekday::Tue | Weekday::Fri);
        if has_work || all { self.sync(who) } else { Ok(()) }
    }
}

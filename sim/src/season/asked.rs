//! Requests: a resident asks, somebody takes it down, answers, goes there, waits with a reason, hands over, solves, calls back;
//! and asks again where it did not help.

use anyhow::Result;
use huce_core::{
    ids::{FacilityId, GridId, HouseholdId, RequestId},
    ipc::request::{
        AnswerRequest, DecideRequest, HandOverRequest, JoinRequest, PauseRequest, RecordCallBack, ResolveRequest,
        ResumeRequest, SetRequestMode, TakeRequest,
    },
    ipc::visit::FoundRequest,
    request::{Category, Channel, Mode, Party, PauseReason, Severity},
};

use super::{
    DAY, Errand, HOUR, MINUTE, Season,
    crew::DISPATCHER,
    town::{Cause, STREETS},
};
use crate::dice::Dice;

/// About what somebody asks.
#[derive(Debug, Clone, Copy)]
enum About {
    /// A home.
    Home(usize),
    /// A grid's heat station.
    Station(usize),
    /// Something in a street.
    Street(usize),
}

/// What somebody wants.
#[derive(Debug, Clone)]
pub struct Wish {
    about: About,
    channel: Channel,
    category: Category,
    severity: Severity,
    text: &'static str,
    /// Asked twice by people who do not know of each other.
    twice: bool,
}

/// How a request goes on.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// Somebody answers.
    Answer,
    /// The inspector goes there.
    GoThere,
    /// It cannot be done now.
    Pause(PauseReason),
    /// It can again.
    Resume,
    /// It is passed on: the first time, the second time.
    HandOver(u32),
    /// The dispatcher says who is responsible.
    Decide,
    /// It is done.
    Solve,
    /// The resident is asked.
    CallBack,
    /// The same matter was opened twice: the other one, by its number among such, ends in this one.
    Join(usize),
}

/// A request as those who work on it think of it.
#[derive(Debug)]
pub struct Matter {
    request: RequestId,
    wish: Wish,
    /// The coordinator who took it down.
    coordinator: usize,
    /// Who goes there; none: it is settled by telephone.
    inspector: Option<usize>,
    /// How often it was solved.
    solved: u32,
    /// How often nobody picked up.
    missed: u32,
}

/// Where requests come from.
const CHANNELS: [Channel; 10] = [
    Channel::Hotline,
    Channel::Hotline,
    Channel::Hotline,
    Channel::Hotline,
    Channel::CityApp,
    Channel::CityApp,
    Channel::GridGroup,
    Channel::GridGroup,
    Channel::Desk,
    Channel::SuggestionBox,
];

impl Wish {
    /// Somebody at home is cold, or has something else.
    pub fn at_home(home: usize, cold: bool, dice: &mut Dice) -> Self {
        let channel = dice.one(&CHANNELS).copied().unwrap_or(Channel::Hotline);
        let (category, severity, text) = match (cold, dice.below(10)) {
            (true, 0..9) => (Category::Cold, Severity::Small, "家里不热，老人孩子受不了"),
            (_, 0..3) => (Category::Account, Severity::Small, "交费后户号查不到"),
            (_, 3..5) => (Category::Leak, Severity::Small, "阀门处滴水"),
            (_, 5) => (Category::Leak, Severity::Major, "管子漏水，流到楼下"),
            (_, 6..8) => (Category::Noise, Severity::Small, "暖气片有水声"),
            (_, 8) => (Category::Equipment, Severity::Small, "阀门拧不动"),
            _ => (Category::Other, Severity::Small, "想问供热时间"),
        };
        let twice = dice.in_of(1, 18);
        Self { about: About::Home(home), channel, category, severity, text, twice }
    }

    /// Something at a heat station.
    pub fn at_station(patch: usize, dice: &mut Dice) -> Self {
        let (category, severity, text) = match dice.below(3) {
            0 => (Category::Equipment, Severity::Major, "热力站停电，整片不热"),
            1 => (Category::Noise, Severity::Small, "热力站夜里太吵"),
            _ => (Category::Leak, Severity::Major, "热力站门口积水"),
        };
        let about = About::Station(patch);
        Self { about, channel: Channel::Hotline, category, severity, text, twice: false }
    }

    /// Something in a street that is at no door.
    pub fn nowhere(street: usize, dice: &mut Dice) -> Self {
        let channel = if dice.in_of(1, 2) { Channel::CityApp } else { Channel::Hotline };
        let (category, severity) = (Category::Other, Severity::Small);
        Self { about: About::Street(street), channel, category, severity, text: "路面冒热气", twice: false }
    }
}

impl Season {
    /// Where a wish is: household, facility, grid, the street's number, the inspector.
    #[allow(clippy::type_complexity)]
    fn place_of(
        &self,
        about: About,
    ) -> Option<(Option<HouseholdId>, Option<FacilityId>, Option<GridId>, usize, Option<usize>)> {
        match about {
            About::Home(number) => {
                let home = self.town.homes.get(number)?;
                Some((Some(home.id.clone()), None, None, self.town.street(home.patch), self.inspector_of(number)))
            }
            About::Station(number) => {
                let patch = self.town.patches.get(number)?;
                let inspector = self.hands.iter().position(|hand| hand.patches.contains(&number));
                Some((None, Some(patch.station.clone()), None, self.town.street(number), inspector))
            }
            About::Street(number) => {
                let (code, _, _) = STREETS.get(number)?;
                Some((None, None, GridId::new(*code).ok(), number, None))
            }
        }
    }

    /// A request comes in: the street's coordinator takes it down, unless it is raised with the crew lead as well.
    pub(super) fn ask_for(&mut self, wish: Wish) -> Result<()> {
        let Some((household, facility, grid, street, inspector)) = self.place_of(wish.about) else { return Ok(()) };
        let Some(coordinator) = self.coordinator_of(street) else { return Ok(()) };
        let call = TakeRequest {
            household,
            facility,
            grid,
            channel: wish.channel,
            category: wish.category,
            severity: wish.severity,
            text: wish.text.to_owned(),
            phone: Some(format!("1380000{:04}", self.dice.below(10_000))),
            mode: Mode::Own,
            another: false,
        };
        // The neighbour tells the crew lead at the door, whose tablet does not know yet that it was asked.
        let other = if wish.twice { self.told_elsewhere(&call, wish.about)? } else { None };
        let Some(request) = self.act(coordinator, "take a request down", call)? else { return Ok(()) };
        if self.matters.iter().any(|matter| matter.request == request) {
            // Asked once more: it goes on as it went.
            return Ok(());
        }
        // Half of what is not about heat is settled by telephone; so is what the inspector's tablet would hear too late.
        let by_phone = matches!(wish.category, Category::Account | Category::Other) || self.dice.in_of(1, 4);
        let inspector = inspector.filter(|who| !by_phone && self.is_online(*who));
        let matter = self.matters.len();
        if let Some(other) = other.filter(|other| *other != request) {
            let when_ms = self.on_day(1, 9, 11);
            self.later(when_ms, Errand::Request { matter, step: Step::Join(self.twins.len()) });
            self.twins.push(other);
        }
        self.matters.push(Matter { request, wish, coordinator, inspector, solved: 0, missed: 0 });
        self.answer_soon(matter);
        Ok(())
    }

    /// What a visit found is a request already: whoever found it mends it, at once or later.
    pub(super) fn found(&mut self, who: usize, home: usize, found: &[FoundRequest]) {
        let street = self.town.homes.get(home).map(|home| self.town.street(home.patch));
        let Some(coordinator) = street.and_then(|street| self.coordinator_of(street)) else { return };
        for FoundRequest { request, category, severity, .. } in found {
            if self.matters.iter().any(|matter| matter.request == *request) {
                continue;
            }
            let (category, severity, text) = (*category, *severity, "入户发现");
            let about = About::Home(home);
            let wish = Wish { about, channel: Channel::Visit, category, severity, text, twice: false };
            let (request, inspector) = (request.clone(), Some(who));
            let matter = self.matters.len();
            self.matters.push(Matter { request, wish, coordinator, inspector, solved: 0, missed: 0 });
            let at_once = self.dice.in_of(1, 2);
            let minutes = if at_once { self.dice.between(4, 19) } else { self.dice.between(30, 1_500) };
            self.then(matter, minutes * MINUTE, Step::Solve);
        }
    }

    fn answer_soon(&mut self, matter: usize) {
        let after = match self.dice.below(20) {
            0..17 => self.dice.between(30_000, 4 * MINUTE),
            _ => self.dice.between(6 * MINUTE, 50 * MINUTE),
        };
        self.later(self.now_ms + after, Errand::Request { matter, step: Step::Answer });
    }

    pub(super) fn go_on(&mut self, number: usize, step: Step) -> Result<()> {
        let Some(matter) = self.matters.get(number) else { return Ok(()) };
        let (request, coordinator) = (matter.request.clone(), matter.coordinator);
        let (inspector, severity) = (matter.inspector, matter.wish.severity);
        match step {
            Step::Answer => {
                self.act(coordinator, "answer a request", AnswerRequest { request })?;
                self.after_answer(number, severity);
                Ok(())
            }
            Step::GoThere => {
                // It has to be on the tablet before somebody leaves for the door.
                self.sync_after(coordinator, DAY)?;
                if let Some(who) = inspector {
                    self.sync(who)?;
                }
                let way =
                    if severity == Severity::Major { self.dice.between(20, 300) } else { self.dice.between(6, 14) };
                self.then(number, way * MINUTE, Step::Solve);
                Ok(())
            }
            Step::Pause(reason) => {
                let note = "与住户电话确认".to_owned();
                self.act(coordinator, "pause a request", PauseRequest { request, reason, note })?;
                let when_ms = self.on_day(1 + i64::from(reason == PauseReason::Parts), 9, 17);
                self.later(when_ms, Errand::Request { matter: number, step: Step::Resume });
                Ok(())
            }
            Step::Resume => {
                self.act(coordinator, "resume a request", ResumeRequest { request })?;
                self.then(number, 3 * MINUTE, Step::GoThere);
                Ok(())
            }
            Step::HandOver(time) => self.hand_on(number, request, coordinator, time),
            Step::Decide => self.decide(number, request),
            Step::Solve => self.solve(number, request),
            Step::CallBack => self.call_back(number, request, coordinator),
            Step::Join(other) => {
                self.sync(coordinator)?;
                let Some(other) = self.twins.get(other).cloned() else { return Ok(()) };
                self.act(coordinator, "join requests", JoinRequest { request: other, into: request }).map(drop)
            }
        }
    }

    fn then(&mut self, matter: usize, after_ms: i64, step: Step) {
        self.later(self.now_ms + after_ms, Errand::Request { matter, step });
    }

    fn after_answer(&mut self, number: usize, severity: Severity) {
        let appointment = PauseReason::Appointment;
        match self.dice.below(100) {
            0..6 => self.then(number, 4 * MINUTE, Step::Pause(appointment)),
            6..9 => self.then(number, 5 * MINUTE, Step::Pause(PauseReason::NobodyHome)),
            9..12 => self.then(number, 9 * MINUTE, Step::Pause(PauseReason::Parts)),
            12..18 => self.then(number, 8 * MINUTE, Step::HandOver(1)),
            // Nobody goes: it is overdue, and solved days later or never.
            18..20 => {
                let when_ms = self.on_day(3, 9, 17);
                self.later(when_ms, Errand::Request { matter: number, step: Step::GoThere });
            }
            20 => {}
            21..40 if severity == Severity::Small => {
                let late = self.dice.between(25, 200);
                self.then(number, late * MINUTE, Step::GoThere);
            }
            _ => self.then(number, MINUTE, Step::GoThere),
        }
    }

    fn hand_on(&mut self, number: usize, request: RequestId, coordinator: usize, time: u32) -> Result<()> {
        let (to, reason) = match time {
            1 => (Party::Crew, "入户看过，立管在楼道，需班组处理"),
            _ => (Party::Property, "楼道管井归物业管理"),
        };
        let call = HandOverRequest { request: request.clone(), to, who: None, reason: reason.to_owned() };
        self.act(coordinator, "hand a request over", call)?;
        if time > 1 {
            let reason = "两次转办，请网格办认定".to_owned();
            let call = SetRequestMode { request, mode: Mode::Escalated, reason };
            self.act(coordinator, "escalate a request", call)?;
            self.sync(coordinator)?;
            let when_ms = self.on_day(1, 9, 11);
            self.later(when_ms, Errand::Request { matter: number, step: Step::Decide });
        } else if self.dice.in_of(1, 2) {
            let after = self.dice.between(1, 5) * HOUR;
            self.then(number, after, Step::HandOver(2));
        } else {
            let after = self.dice.between(1, 9) * HOUR;
            self.then(number, after, Step::GoThere);
        }
        Ok(())
    }

    fn decide(&mut self, number: usize, request: RequestId) -> Result<()> {
        let patch = match self.matters.get(number).map(|matter| matter.wish.about) {
            Some(About::Home(home)) => self.town.homes.get(home).map(|home| home.patch),
            Some(About::Station(patch)) => Some(patch),
            _ => None,
        };
        let grid = patch.and_then(|patch| self.town.patches.get(patch)).map(|patch| patch.grid.clone());
        let teach = grid.filter(|_| self.dice.in_of(1, 3));
        let reason = "楼道立管属供热设施，班组负责".to_owned();
        let call = DecideRequest { request, party: Party::Crew, reason, teach };
        self.console(DISPATCHER.0, "decide who is responsible", &call)?;
        self.then(number, 2 * HOUR, Step::GoThere);
        Ok(())
    }

    fn solve(&mut self, number: usize, request: RequestId) -> Result<()> {
        let Some(matter) = self.matters.get(number) else { return Ok(()) };
        let who = matter.inspector.unwrap_or(matter.coordinator);
        let (first, about, category) = (matter.solved == 0, matter.wish.about, matter.wish.category);
        let resolution = match category {
            Category::Cold => "现场排气、清洗过滤网，室温回升",
            Category::Leak => "更换密封垫，不再滴水",
            Category::Account => "户号已核对",
            _ => "已处理并向住户说明",
        };
        let call = ResolveRequest { request, resolution: resolution.to_owned() };
        if self.act(who, "solve a request", call)?.is_none() {
            return Ok(());
        }
        if let Some(matter) = self.matters.get_mut(number) {
            matter.solved += 1;
        }
        if let (About::Home(home), Category::Cold, true) = (about, category, first) {
            let helps = self.dice.in_of(1, 2);
            let home = self.town.homes.get_mut(home).filter(|home| helps && home.cause != Cause::Unpaid);
            if let Some(home) = home {
                home.costs /= 3;
            }
        }
        // One in ten is not called back within the day that is promised.
        let days = if self.dice.in_of(1, 10) { 3 } else { 1 };
        let when_ms = self.on_day(days, 8, 12);
        self.later(when_ms, Errand::Request { matter: number, step: Step::CallBack });
        Ok(())
    }

    fn call_back(&mut self, number: usize, request: RequestId, coordinator: usize) -> Result<()> {
        // What the inspector solved has to have come to the coordinator's tablet.
        if let Some(who) = self.matters.get(number).and_then(|matter| matter.inspector) {
            if self.hand(who)?.unsent > 0 {
                self.sync(who)?;
                self.sync(coordinator)?;
            }
            self.sync_after(coordinator, 4 * HOUR)?;
        }
        let reached = !self.dice.in_of(1, 7);
        let satisfied = reached && !self.dice.in_of(1, 9);
        let note = if satisfied { "住户表示满意" } else { "住户说还是不热" };
        let note = if reached { note } else { "无人接听" }.to_owned();
        let call = RecordCallBack { request, reached, satisfied: reached.then_some(satisfied), note };
        self.act(coordinator, "call back", call)?;
        let Some(matter) = self.matters.get_mut(number) else { return Ok(()) };
        if !reached && matter.missed < 2 {
            matter.missed += 1;
            let when_ms = self.on_day(1, 10, 18);
            self.later(when_ms, Errand::Request { matter: number, step: Step::CallBack });
        } else if reached && !satisfied && matter.solved < 3 {
            let when_ms = self.on_day(1, 9, 16);
            self.later(when_ms, Errand::Request { matter: number, step: Step::GoThere });
        }
        Ok(())
    }

    /// The same matter on another tablet, which has not heard of it: it is opened a second time.
    fn told_elsewhere(&mut self, call: &TakeRequest, about: About) -> Result<Option<RequestId>> {
        let About::Home(home) = about else { return Ok(None) };
        let crew = self.town.homes.get(home).and_then(|home| self.town.patches.get(home.patch)).map(|patch| patch.crew);
        let Some(lead) = crew.and_then(|crew| self.lead_of(crew)) else { return Ok(None) };
        let call = TakeRequest { channel: Channel::Desk, ..call.clone() };
        let taken = self.act(lead, "take a request down", call)?;
        // It reaches the others in the evening; until then nobody knows.
        Ok(taken)
    }
}

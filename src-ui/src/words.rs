//! The domain's words in the language that is chosen. One place, so that a word is the same on every page.

use huce_core::{
    body::Outcome,
    care::CareKind,
    facility::FacilityKind,
    grid::Level,
    household::HeatingMode,
    person::Role,
    plan::{MeasureState, PlanState},
    request::{Category, Channel, ClockKind, Escalation, Mode, Party, PauseReason, RequestState, Severity},
    round::{Phase, again::DayPart},
};

use crate::{i18n::*, parts::Tone};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $kind:ty { $($value:pat => $key:ident),+ $(,)? })*) => {$(
        $(#[$doc])*
        pub fn $name(i18n: I18n, value: $kind) -> &'static str {
            match value { $($value => t_string!(i18n, words.$key),)+ }
        }
    )*};
}

words! {
    /// 串联
    heating_mode: HeatingMode { HeatingMode::Series => series, HeatingMode::Parallel => parallel, HeatingMode::Individual => individual }
    /// 无人在家
    outcome: Outcome { Outcome::Done => done, Outcome::NoAnswer => no_answer, Outcome::Refused => refused }
    /// 执行中
    plan_state: PlanState { PlanState::Consent => plan_consent, PlanState::Working => plan_working, PlanState::FollowUp => plan_follow_up, PlanState::Closed => plan_closed }
    /// 待办
    measure_state: MeasureState { MeasureState::Open => measure_open, MeasureState::Done => measure_done, MeasureState::Dropped => measure_dropped }
    /// 热线 12345
    channel: Channel { Channel::Hotline => hotline, Channel::CityApp => city_app, Channel::GridGroup => grid_group, Channel::SuggestionBox => suggestion_box, Channel::Desk => desk, Channel::Visit => on_visit, Channel::File => from_file }
    /// 不热
    category: Category { Category::Cold => cold, Category::Leak => leak, Category::Noise => noise, Category::Account => account, Category::Equipment => equipment, Category::Other => other }
    /// 小问题
    severity: Severity { Severity::Small => small, Severity::Major => major }
    /// 自主办
    request_mode: Mode { Mode::Own => own, Mode::Joint => joint, Mode::Escalated => escalated }
    /// 待应答
    request_state: RequestState { RequestState::New => request_new, RequestState::Answered => request_answered, RequestState::Resolved => request_resolved, RequestState::Closed => request_closed }
    /// 应答
    clock_kind: ClockKind { ClockKind::Answer => answer, ClockKind::Solve => solve, ClockKind::Day => day_clock, ClockKind::CallBack => call_back }
    /// 物业
    party: Party { Party::Inspector => party_inspector, Party::Crew => party_crew, Party::Plant => party_plant, Party::Billing => party_billing, Party::Community => party_community, Party::Property => party_property, Party::Household => party_household, Party::Other => party_other }
    /// 等配件
    pause_reason: PauseReason { PauseReason::Appointment => pause_appointment, PauseReason::NobodyHome => pause_nobody_home, PauseReason::Parts => pause_parts, PauseReason::Others => pause_others, PauseReason::Conditions => pause_conditions, PauseReason::Other => pause_other }
    /// 报班长
    escalation: Escalation { Escalation::Lead => tell_lead, Escalation::Dispatcher => tell_dispatcher }
    /// 专管员
    role: Role { Role::Inspector => inspector, Role::Coordinator => coordinator, Role::CrewLead => crew_lead, Role::Dispatcher => dispatcher, Role::Administrator => administrator }
    /// 热力站
    facility_kind: FacilityKind { FacilityKind::Station => station, FacilityKind::Pipe => pipe, FacilityKind::Manhole => manhole, FacilityKind::Vehicle => vehicle, FacilityKind::Building => building_part, FacilityKind::Other => other_facility }
    /// 进行中
    phase: Phase { Phase::Running => phase_running, Phase::Ahead => phase_ahead, Phase::Over => phase_over }
    /// 上午
    day_part: DayPart { DayPart::Morning => morning, DayPart::Afternoon => afternoon, DayPart::Evening => evening }
    /// 日常
    care_kind: CareKind { CareKind::Hardship => care_hardship, CareKind::Holiday => care_holiday, CareKind::Everyday => care_everyday }
    /// 班组
    level: Level { Level::Street => street, Level::Crew => crew, Level::Inspector => inspector_grid, Level::Micro => micro }
}

/// How a plan's state looks.
pub fn plan_tone(state: PlanState) -> Tone {
    match state {
        PlanState::Consent => Tone::Ember,
        PlanState::Working => Tone::Warn,
        PlanState::FollowUp => Tone::Calm,
        PlanState::Closed => Tone::Good,
    }
}

/// How a visit's end looks.
pub fn outcome_tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Done => Tone::Good,
        Outcome::NoAnswer => Tone::Warn,
        Outcome::Refused => Tone::Bad,
    }
}

/// How a request's state looks.
pub fn request_tone(state: RequestState) -> Tone {
    match state {
        RequestState::New => Tone::Bad,
        RequestState::Answered => Tone::Warn,
        RequestState::Resolved => Tone::Calm,
        RequestState::Closed => Tone::Good,
    }
}

//! A worked example that is checked by hand: two grids, the week from Monday, 23 November 2026. What every fact adds to
//! which figure stands beside it; the totals below were added up on paper.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{
    Counting, Figure, Period, PeriodKind, PlanFact, Rate, Report, RequestFact, Source, VisitFact,
    count::Counted,
    figure::Sums,
    report::{Parts, listed_under},
    words::{Lang, effect_text, permille_text, sentences, tenths_text},
};
use crate::{
    body::Outcome,
    clock::{Millis, china_midnight},
    grid::{Grid, Level},
    ids::{EventId, FacilityId, GridId, HouseholdId, PersonId, PlanId, RequestId},
    request::{Category, Channel, Request, Severity},
    sample,
    site::Site,
};

const MINUTE: Millis = 60_000;

fn day(month: u32, day: u32) -> Millis {
    china_midnight(NaiveDate::from_ymd_opt(2026, month, day).unwrap())
}

/// Ten in the morning.
fn ten(month: u32, of: u32) -> Millis {
    day(month, of) + 600 * MINUTE
}

fn grid(code: &str) -> GridId {
    GridId::new(code).unwrap()
}

fn household(name: &str) -> Site {
    HouseholdId::new(name).unwrap().into()
}

fn station() -> Site {
    FacilityId::new("f1").unwrap().into()
}

fn visit(n: u64, code: &str, site: Site, when_ms: Millis, outcome: Outcome, lowest_c: Option<f64>) -> VisitFact {
    let event: EventId = format!("dev-{n}").parse().unwrap();
    let person = PersonId::new("li").unwrap();
    VisitFact { event, grid: grid(code), site, person, when_ms, outcome, lowest_c, satisfaction: None }
}

fn visits() -> Vec<VisitFact> {
    use Outcome::{Done, NoAnswer, Refused};
    vec![
        // Before the week: covered.
        visit(1, "A", household("h1"), ten(11, 20), Done, Some(17.0)),
        // Visits; no longer what h1 was measured at, since the next one measured later.
        visit(2, "A", household("h1"), ten(11, 24), Done, Some(17.4)),
        // Visits, seen, covered, measured; 18.0 is not below 18.
        visit(3, "A", household("h1"), ten(11, 25), Done, Some(18.0)),
        // Visits, no answer; h2 was not seen.
        visit(4, "A", household("h2"), ten(11, 24), NoAnswer, None),
        // Visits, refused, seen, covered.
        visit(5, "A", household("h3"), ten(11, 26), Refused, None),
        // The heating year before.
        visit(6, "A", household("h4"), ten(3, 31), Done, Some(15.0)),
        // After the week.
        visit(7, "A", household("h2"), day(11, 30), Done, Some(15.0)),
        // Visits, seen, covered, measured, cold.
        visit(8, "B", household("b1"), ten(11, 27), Done, Some(17.9)),
        // Visits, seen, covered, measured.
        visit(9, "B", household("b2"), ten(11, 28), Done, Some(20.5)),
        // Visits, inspections.
        visit(10, "B", station(), ten(11, 28), Done, None),
    ]
}

fn plan(
    name: &str,
    code: &str,
    opened_ms: Millis,
    closed_ms: Option<Millis>,
    due: Option<&str>,
    effect: Option<(i32, Millis)>,
) -> PlanFact {
    let (plan, household) = (PlanId::new(name).unwrap(), HouseholdId::new("h1").unwrap());
    PlanFact { plan, grid: grid(code), household, opened_ms, closed_ms, due: due.map(str::to_owned), effect }
}

fn plans() -> Vec<PlanFact> {
    vec![
        // Opened, found, closed, measured: +4.2.
        plan("dev-21", "A", ten(11, 24), Some(ten(11, 28)), None, Some((42, ten(11, 28)))),
        // Open, overdue.
        plan("dev-22", "A", ten(11, 10), None, Some("2026-11-28"), None),
        // Open; its date is the week's last day and has not passed.
        plan("dev-23", "B", ten(11, 20), None, Some("2026-11-29"), None),
        // Open at the week's end, closed since; measured after it.
        plan("dev-24", "B", ten(11, 1), Some(ten(12, 1)), None, Some((50, ten(12, 1)))),
        // Opened, found, measured: -0.3; open.
        plan("dev-25", "B", ten(11, 25), None, None, Some((-3, ten(11, 27)))),
    ]
}

struct Asked {
    name: &'static str,
    code: &'static str,
    site: Option<Site>,
    channel: Channel,
    category: Category,
    severity: Severity,
    taken_ms: Millis,
    /// Minutes after that.
    answered: Option<Millis>,
    solved: Option<Millis>,
    satisfied: Option<bool>,
}

fn request(asked: Asked) -> RequestFact {
    let after = |minutes: Option<Millis>| minutes.map(|n| asked.taken_ms + n * MINUTE);
    let request = Request {
        household: asked.site.as_ref().and_then(Site::household).cloned(),
        facility: asked.site.as_ref().and_then(Site::facility).cloned(),
        channel: asked.channel,
        category: asked.category,
        severity: asked.severity,
        answered_ms: after(asked.answered),
        resolved_ms: after(asked.solved),
        ..sample::request(RequestId::new(asked.name).unwrap(), grid(asked.code), asked.taken_ms)
    };
    let said_ms = asked.satisfied.map(|_| asked.taken_ms + 60 * MINUTE);
    RequestFact { request, satisfied: asked.satisfied, said_ms }
}

fn requests() -> Vec<RequestFact> {
    use Category::{Cold, Leak};
    use Channel::{Desk, Hotline, Visit};
    use Severity::{Major, Small};
    let asked = |name, code, site, channel, category, severity, taken_ms, (answered, solved, satisfied)| {
        request(Asked { name, code, site, channel, category, severity, taken_ms, answered, solved, satisfied })
    };
    vec![
        // Before the week, closed before it.
        asked("dev-31", "A", Some(household("h1")), Desk, Cold, Small, ten(11, 20), (Some(4), Some(15), Some(true))),
        // Taken, answer due, solved in time, closed, called back, satisfied, solved; repeated: four days after the first.
        asked("dev-32", "A", Some(household("h1")), Desk, Cold, Small, ten(11, 24), (Some(6), Some(19), Some(true))),
        // Taken, found, answer due (late by its solution), solve due, called back, solved; open. Another matter: no repeat.
        asked("dev-33", "A", Some(household("h1")), Visit, Leak, Small, ten(11, 25), (None, Some(30), Some(false))),
        // Taken, answered in time, solve due since; open, not yet overdue when the week ended.
        asked("dev-34", "B", None, Hotline, Cold, Small, day(11, 30) - 10 * MINUTE, (Some(2), None, None)),
        // Open, overdue.
        asked("dev-35", "B", Some(station()), Hotline, Leak, Major, ten(11, 20), (Some(2), None, None)),
        // Taken, answered in time, solved in time, solved; open.
        asked("dev-36", "B", Some(household("b1")), Hotline, Cold, Small, ten(11, 26), (Some(1), Some(10), None)),
    ]
}

fn week() -> Period {
    Period::of(PeriodKind::Week, NaiveDate::from_ymd_opt(2026, 11, 25).unwrap())
}

/// Counts on 2 December, in the given order or backwards.
fn count(traced: Option<Figure>, backwards: bool) -> Counted {
    let mut counting = Counting::new(week(), day(12, 2));
    if let Some(figure) = traced {
        counting = counting.tracing(figure);
    }
    let (mut visits, mut plans, mut requests) = (visits(), plans(), requests());
    if backwards {
        visits.reverse();
        plans.reverse();
        requests.reverse();
    }
    counting.households(&grid("A"), 10);
    counting.households(&grid("B"), 4);
    visits.iter().for_each(|fact| counting.visit(fact));
    plans.iter().for_each(|fact| counting.plan(fact));
    requests.into_iter().for_each(|fact| counting.request(fact));
    counting.finish()
}

fn grids() -> Vec<Grid> {
    let grid =
        |code: &str, level, parent: Option<&str>| Grid::new(grid(code), format!("网格{code}"), level, parent.map(grid));
    vec![
        grid("S", Level::Street, None),
        grid("A", Level::Inspector, Some("S")),
        grid("B", Level::Inspector, Some("S")),
        grid("B-1", Level::Micro, Some("B")),
    ]
}

fn report() -> Report {
    Report::new(Parts {
        period: week(),
        now_ms: day(12, 2),
        grid: None,
        grids: &grids(),
        counted: count(None, false),
        before: Counted::default(),
        season_before: Counted::default(),
        overdue: Vec::new(),
    })
}

fn figures(sums: &Sums) -> BTreeMap<Figure, u64> {
    sums.counts.iter().copied().collect()
}

#[test]
fn the_worked_example_has_the_figures_that_were_added_up_by_hand() {
    use Figure::*;
    let counted = count(None, false);
    let a = [
        (Households, 10),
        (Covered, 2),
        (Visits, 4),
        (NoAnswer, 1),
        (Refused, 1),
        (Seen, 2),
        (Measured, 1),
        (PlansOpened, 1),
        (PlansClosed, 1),
        (PlansMeasured, 1),
        (PlansOpen, 1),
        (PlansOverdue, 1),
        (Taken, 2),
        (AnswerDue, 2),
        (SolveDue, 2),
        (SolvedInTime, 1),
        (Closed, 1),
        (CalledBack, 2),
        (Satisfied, 1),
        (Repeated, 1),
        (Solved, 2),
        (RequestsOpen, 1),
        (Found, 2),
    ];
    assert_eq!(figures(&counted.grids[&grid("A")]), BTreeMap::from(a));
    let b = [
        (Households, 4),
        (Covered, 2),
        (Visits, 3),
        (Inspections, 1),
        (Seen, 2),
        (Measured, 2),
        (Cold, 1),
        (PlansOpened, 1),
        (PlansMeasured, 1),
        (PlansOpen, 3),
        (Taken, 2),
        (AnswerDue, 2),
        (AnsweredInTime, 2),
        (SolveDue, 2),
        (SolvedInTime, 1),
        (Solved, 1),
        (RequestsOpen, 3),
        (RequestsOverdue, 1),
        (Found, 1),
    ];
    assert_eq!(figures(&counted.grids[&grid("B")]), BTreeMap::from(b));
}

#[test]
fn shares_median_and_effect_are_those_of_the_sums() {
    let total = report().total;
    // 4 of 14, 1 of 3, 2 of 4, 2 of 4, 1 of 4, 1 of 2, 1 of 4.
    let shares = [286, 333, 500, 500, 250, 500, 250].map(Some);
    assert_eq!(Rate::ALL.map(|rate| total.permille(rate)), shares);
    // 17.9, 18.0, 20.5.
    assert_eq!(total.median_tenths(), Some(180));
    assert_eq!(total.degrees(), [(17, 1), (18, 1), (20, 1)]);
    // (4.2 - 0.3) / 2 = 1.95.
    assert_eq!((total.effect_tenths, total.mean_effect_tenths()), (39, Some(20)));
    let nothing = Sums::default();
    assert_eq!((nothing.median_tenths(), nothing.mean_effect_tenths()), (None, None));
    assert_eq!(nothing.permille(Rate::Satisfied), None);
}

#[test]
fn of_an_even_number_the_lower_middle_is_the_median_and_effects_round_away_from_zero() {
    let mut sums = Sums::default();
    for (tenths, n) in [(200, 1), (150, 2), (180, 1)] {
        sums.measure(tenths, n);
    }
    assert_eq!(sums.median_tenths(), Some(150));
    sums.measure(201, 1);
    assert_eq!(sums.median_tenths(), Some(180));
    sums.effect_tenths = -3;
    sums.count(Figure::PlansMeasured, 2);
    assert_eq!(sums.mean_effect_tenths(), Some(-2));
}

#[test]
fn facts_may_come_in_any_order_and_steps_are_days() {
    let counted = count(None, false);
    assert_eq!(counted, count(None, true));
    let steps: Vec<_> = counted.steps.iter().map(|s| (s.visits, s.taken, s.solved)).collect();
    assert_eq!(steps, [(0, 0, 0), (2, 1, 1), (1, 1, 1), (1, 1, 1), (1, 0, 0), (2, 0, 0), (0, 1, 0)]);
}

#[test]
fn every_figure_names_as_many_facts_as_it_counts() {
    let total = report().total;
    for figure in Figure::ALL.into_iter().filter(|figure| figure.is_traced()) {
        let traces = count(Some(figure), false).traces;
        assert_eq!(traces.len() as u64, total.get(figure), "{figure:?}");
        assert!(traces.is_sorted_by(|a, b| a >= b));
    }
    let overdue = count(Some(Figure::RequestsOverdue), false).traces;
    let Source::Request { request, .. } = &overdue[0].source else { panic!("{overdue:?}") };
    assert_eq!(request.as_str(), "dev-35");
    // The visit that decides is the newest one that measured.
    let cold = count(Some(Figure::Cold), false).traces;
    assert_eq!(cold[0].source, Source::Visit { site: household("b1"), event: "dev-8".parse().unwrap() });
}

#[test]
fn the_league_is_corrected_for_households_and_for_few_cases() {
    let league = report().league;
    let lines: Vec<_> = league.iter().map(|l| (l.grid.as_str(), l.place, l.parts, l.tenths)).collect();
    // All: found 3 at 14 households, closed 1 of 4, in time 2 of 4, satisfied 1 of 2.
    // A: 12.5 × (2/10) / (3/14) = 11.67; 25 × (1 + 1.25) / 7 = 8.04; 25 × (1 + 2.5) / 7 = 12.5, twice.
    // B: 12.5 × (1/4) / (3/14) = 14.58; 25 × (0 + 1.25) / 7 = 4.46; 25 × (1 + 2.5) / 7 = 12.5; 25 × 2.5 / 5 = 12.5.
    assert_eq!(lines, [("A", 1, [117, 80, 125, 125], 447), ("B", 2, [146, 45, 125, 125], 441)]);
}

#[test]
fn what_lies_below_an_inspectors_grid_is_listed_there() {
    let under = listed_under(&grids());
    let under: Vec<_> = under.iter().map(|(grid, line)| (grid.as_str(), line.as_str())).collect();
    assert_eq!(under, [("A", "A"), ("B", "B"), ("B-1", "B"), ("S", "S")]);
    // A tree that bites its tail ends.
    let mut grids = grids();
    grids[0].parent = Some(grid("S"));
    assert_eq!(listed_under(&grids)[&grid("S")], grid("S"));
}

#[test]
fn a_running_week_speaks_of_now() {
    // On Thursday noon: of the facts above, those of Friday and later have not happened.
    let mut counting = Counting::new(week(), ten(11, 26) + 120 * MINUTE);
    assert_eq!(counting.visits_between(), (day(4, 1), ten(11, 26) + 120 * MINUTE + 1));
    visits().iter().for_each(|fact| counting.visit(fact));
    plans().iter().for_each(|fact| counting.plan(fact));
    let counted = counting.finish();
    let (a, b) = (&counted.grids[&grid("A")], &counted.grids[&grid("B")]);
    assert_eq!((a.get(Figure::Visits), b.get(Figure::Visits)), (4, 0));
    // The plan that is closed on Saturday is open, and the one of 28 November is not overdue yet.
    assert_eq!((a.get(Figure::PlansOpen), a.get(Figure::PlansOverdue)), (2, 0));
    assert_eq!(b.get(Figure::PlansMeasured), 0);
}

#[test]
fn a_report_says_what_it_counts_in_both_languages() {
    let report = report();
    let zh = sentences(&report, Lang::Zh);
    assert!(zh[0].starts_with("入户 7 次（环比 +7），涉及 4 户；本年度已入户 4 户，覆盖率 28.6 %。"), "{zh:?}");
    assert!(zh[1].contains("中位数 18.0 ℃，低于18 ℃的 1 户，占 33.3 %"), "{zh:?}");
    assert!(zh[3].contains("平均升温 +2.0 °C"), "{zh:?}");
    assert!(zh[5].contains("前列：网格A 44.7；后列：网格B 44.1"), "{zh:?}");
    assert_eq!(sentences(&report, Lang::En).len(), zh.len());
    assert_eq!(report.period.title(Lang::Zh), "2026年第48周（11月23日至11月29日）");
    assert_eq!((effect_text(42), effect_text(-3)), ("+4.2 °C".to_owned(), "-0.3 °C".to_owned()));
    assert_eq!((tenths_text(-5), permille_text(None)), ("-0.5".to_owned(), "–".to_owned()));
    for figure in Figure::ALL {
        for lang in [Lang::Zh, Lang::En] {
            assert!(!figure.name(lang).is_empty() && !figure.meaning(lang).is_empty());
        }
    }
}

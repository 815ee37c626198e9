//! A report's workbook: what it says, its figures with their meanings, grids, league, what is overdue, the course of the
//! days, and the ledgers of the period. A figure leads to the ledger that has its rows, a row to its page and event.

use anyhow::Result;
use huce_core::{
    figures::{
        Figure, Period, Rate, Report, Source, Sums,
        report::Overdue,
        words::{permille_text, sentences},
    },
    ids::GridId,
    register::Lang,
};

use super::{
    ask::{Desk, Filter, Ledger},
    book::Book,
    rows,
    table::{Cell, Column, Row, Table},
};

/// Of a period with more visits the ledger of visits is not in the workbook; it is taken by itself, grid by grid.
const MOST_VISITS: u64 = 50_000;

/// Makes the workbook. `url` is where the console is; without it rows have no links.
///
/// # Errors
/// When the database fails, or a sheet cannot be made.
pub async fn workbook(desk: &mut Desk<'_>, report: &Report, lang: Lang, url: &str) -> Result<Vec<u8>> {
    let mut ledgers = vec![Ledger::Plans, Ledger::Requests];
    let mut said = vec![title(report, lang)];
    said.extend(sentences(report, lang));
    if report.total.get(Figure::Visits) <= MOST_VISITS {
        ledgers.insert(0, Ledger::Visits);
    } else {
        said.push(pick(lang, TOO_MANY).to_owned());
    }
    said.push(pick(lang, MADE).replace("{}", &Cell::Moment(report.now_ms).plain()));
    let (from_ms, until_ms) = (report.period.from_ms, report.period.until_ms);
    let mut tables = Vec::new();
    for ledger in &ledgers {
        // What is open counts whenever it began.
        let since = if *ledger == Ledger::Visits { from_ms } else { i64::MIN };
        let filter = Filter { lang, alive_since: Some(from_ms), ..Filter::default() };
        tables.push(rows::table(desk, *ledger, &filter, (since, until_ms)).await?);
    }
    let mut book = Book::new(lang, url);
    book.add_text(pick(lang, ("通报", "bulletin")), &said)?;
    book.add(&figures(report, &ledgers, lang))?;
    book.add(&grids(report, lang))?;
    book.add(&league(report, lang))?;
    book.add(&overdue(desk, report, lang))?;
    let steps = steps(report, lang);
    book.add(&steps)?;
    book.chart(&steps, &[1, 2, 3], &report.period.title(lang))?;
    tables.iter().try_for_each(|table| book.add(table))?;
    book.bytes()
}

/// Said instead of the ledger of visits.
const TOO_MANY: (&str, &str) = (
    "入户台账行数过多，请按网格单独导出。",
    "The ledger of visits is too long for this workbook: take it grid by grid.",
);
/// When it was made.
const MADE: (&str, &str) = (
    "生成时间：{}。数据截至此时；迟到的同步会改变当日的数字。",
    "Made at {}; what syncs later changes the figures of its day.",
);

fn pick(lang: Lang, (zh, en): (&'static str, &'static str)) -> &'static str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// `周通报 2026年第48周（11月23日至11月29日）`
pub fn title(report: &Report, lang: Lang) -> String {
    format!("{} {}", report.period.report_name(lang), report.period.title(lang))
}

/// The name of its file: `huce-week-2026-11-23.xlsx`.
pub fn file_name(period: &Period) -> String {
    format!("huce-{}-{}.xlsx", crate::store::word(&period.kind), period.first_day())
}

fn row(cells: Vec<Cell>) -> Row {
    Row { cells, place: None }
}

/// The ledger in which a figure's rows are.
fn ledger_of(figure: Figure) -> Option<Ledger> {
    match figure {
        // Covered: visits since April. The console lists them.
        Figure::Households | Figure::Covered => None,
        Figure::Visits
        | Figure::NoAnswer
        | Figure::Refused
        | Figure::Inspections
        | Figure::Seen
        | Figure::Measured
        | Figure::Cold => Some(Ledger::Visits),
        Figure::PlansOpened
        | Figure::PlansClosed
        | Figure::PlansMeasured
        | Figure::PlansOpen
        | Figure::PlansOverdue
        | Figure::Found => Some(Ledger::Plans),
        Figure::Taken
        | Figure::AnswerDue
        | Figure::AnsweredInTime
        | Figure::SolveDue
        | Figure::SolvedInTime
        | Figure::Closed
        | Figure::CalledBack
        | Figure::Satisfied
        | Figure::Repeated
        | Figure::Solved
        | Figure::RequestsOpen
        | Figure::RequestsOverdue => Some(Ledger::Requests),
    }
}

fn figures(report: &Report, ledgers: &[Ledger], lang: Lang) -> Table {
    let columns = vec![
        Column::new("figure", "指标", "figure"),
        Column::new("value", "本期", "this period"),
        Column::new("before", "上期", "period before"),
        Column::new("season_before", "去年同期", "a season ago"),
        Column::new("ledger", "明细", "rows"),
        Column::new("meaning", "口径", "meaning"),
    ];
    let each = [&report.total, &report.before, &report.season_before];
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |name: &str, cells: [Cell; 3], ledger: Cell, meaning: String| {
        let [value, before, season_before] = cells;
        rows.push(row(vec![Cell::text(name), value, before, season_before, ledger, Cell::text(meaning)]));
    };
    for figure in Figure::ALL {
        let ledger = ledger_of(figure).filter(|ledger| ledgers.contains(ledger)).map(|ledger| ledger.sheet(lang));
        let ledger = ledger.map_or(Cell::Empty, |name| Cell::Link(name.to_owned(), format!("#{name}")));
        add(figure.name(lang), each.map(|sums| Cell::Count(sums.get(figure))), ledger, figure.meaning(lang).to_owned());
    }
    for rate in Rate::ALL {
        let (part, whole) = rate.parts();
        let meaning = format!("{} / {}", part.name(lang), whole.name(lang));
        add(rate.name(lang), each.map(|sums| share(sums, rate)), Cell::Empty, meaning);
    }
    let tenths = |tenths: Option<i64>| tenths.map_or(Cell::Empty, |n| Cell::Number(n as f64 / 10.0, 1));
    let median = each.map(|sums| tenths(sums.median_tenths().map(i64::from)));
    let effect = each.map(|sums| tenths(sums.mean_effect_tenths()));
    let words = pick(lang, ("期内测温住户最冷房间温度的中位数", "of the coldest rooms of the households measured"));
    add(pick(lang, ("室温中位数 ℃", "Median °C")), median, Cell::Empty, words.to_owned());
    let words = pick(lang, ("测得效果的一户一策，措施后减措施前", "of the plans measured, after minus before"));
    add(pick(lang, ("平均升温 ℃", "Mean effect °C")), effect, Cell::Empty, words.to_owned());
    Table { name: pick(lang, ("指标", "figures")).to_owned(), columns, rows }
}

fn share(sums: &Sums, rate: Rate) -> Cell {
    sums.permille(rate).map_or(Cell::Empty, Cell::Permille)
}

/// The figures of the table of grids, beside the shares.
const OF_GRIDS: [(Figure, Column); 10] = [
    (Figure::Households, Column::new("households", "户数", "households")),
    (Figure::Covered, Column::new("covered", "本年度已入户", "visited this year")),
    (Figure::Visits, Column::new("visits", "入户次数", "visits")),
    (Figure::Measured, Column::new("measured", "测温户数", "measured")),
    (Figure::Cold, Column::new("cold", "低于18 ℃", "below 18 °C")),
    (Figure::PlansOpened, Column::new("plans_opened", "新建一户一策", "plans opened")),
    (Figure::PlansClosed, Column::new("plans_closed", "完成一户一策", "plans closed")),
    (Figure::PlansOverdue, Column::new("plans_overdue", "超期一户一策", "plans overdue")),
    (Figure::Taken, Column::new("taken", "受理诉求", "requests taken")),
    (Figure::RequestsOverdue, Column::new("requests_overdue", "超期诉求", "requests overdue")),
];
const SHARES_OF_GRIDS: [(Rate, Column); 5] = [
    (Rate::Coverage, Column::new("coverage", "覆盖率", "coverage")),
    (Rate::Cold, Column::new("cold_share", "低温占比", "share below 18 °C")),
    (Rate::SolvedInTime, Column::new("in_time", "解决及时率", "solved in time")),
    (Rate::Closed, Column::new("closed", "办结率", "closed")),
    (Rate::Satisfied, Column::new("satisfied", "满意率", "satisfied")),
];

fn grids(report: &Report, lang: Lang) -> Table {
    let mut columns = vec![Column::new("code", "编码", "code"), Column::new("grid", "网格", "grid")];
    columns.extend(OF_GRIDS.iter().map(|(_, column)| *column));
    columns.extend(SHARES_OF_GRIDS.iter().map(|(_, column)| *column));
    let rows = report.grids.iter().map(|line| {
        let mut cells = vec![Cell::text(line.grid.as_str()), Cell::text(&line.name)];
        cells.extend(OF_GRIDS.iter().map(|(figure, _)| Cell::Count(line.sums.get(*figure))));
        cells.extend(SHARES_OF_GRIDS.iter().map(|(rate, _)| share(&line.sums, *rate)));
        row(cells)
    });
    Table { name: pick(lang, ("网格", "grids")).to_owned(), columns, rows: rows.collect() }
}

fn league(report: &Report, lang: Lang) -> Table {
    let columns = vec![
        Column::new("place", "名次", "place"),
        Column::new("grid", "网格", "grid"),
        Column::new("points", "总分", "points"),
        Column::new("found", "自查发现（25）", "found (25)"),
        Column::new("solved", "办结（25）", "closed (25)"),
        Column::new("on_time", "及时（25）", "on time (25)"),
        Column::new("satisfied", "满意（25）", "satisfied (25)"),
    ];
    let points = |tenths: u64| Cell::Number(tenths as f64 / 10.0, 1);
    let rows = report.league.iter().map(|line| {
        let mut cells =
            vec![Cell::Count(line.place.into()), Cell::text(report.name_of(&line.grid)), points(line.tenths)];
        cells.extend(line.parts.map(points));
        row(cells)
    });
    Table { name: pick(lang, ("擂台赛", "league")).to_owned(), columns, rows: rows.collect() }
}

fn overdue(desk: &Desk<'_>, report: &Report, lang: Lang) -> Table {
    let columns = vec![
        Column::new("since", "超期自", "overdue since"),
        Column::new("kind", "类别", "kind"),
        Column::new("grid", "网格", "grid"),
        Column::new("place", "地点", "place"),
        Column::new("about", "内容", "about"),
        Column::new("who", "经办人", "who"),
        Column::new("event", "事件", "event"),
    ];
    let rows = report.overdue.iter().map(|item| {
        let (kind, link) = match &item.source {
            Source::Plan { plan, .. } => (("一户一策", "plan"), Cell::Link(plan.to_string(), format!("/plan/{plan}"))),
            Source::Request { request, .. } => {
                (("诉求", "request"), Cell::Link(request.to_string(), format!("/request/{request}")))
            }
            Source::Visit { event, .. } => (("入户", "visit"), Cell::text(event.to_string())),
        };
        let Overdue { since_ms, grid, place, about, who, .. } = item;
        row(vec![
            Cell::Moment(*since_ms),
            Cell::text(pick(lang, kind)),
            Cell::text(desk.grid(grid)),
            Cell::text(place),
            Cell::text(about),
            Cell::text(who.as_ref().map(|who| desk.person(who)).unwrap_or_default()),
            link,
        ])
    });
    Table { name: pick(lang, ("超期", "overdue")).to_owned(), columns, rows: rows.collect() }
}

fn steps(report: &Report, lang: Lang) -> Table {
    let columns = vec![
        Column::new("at", "时间", "at"),
        Column::new("visits", "入户", "visits"),
        Column::new("taken", "受理诉求", "requests taken"),
        Column::new("solved", "解决诉求", "requests solved"),
    ];
    let period = report.period;
    let moments = std::iter::successors(Some(period.from_ms), |ms| Some(ms + period.step_ms()));
    let rows = report.steps.iter().zip(moments).map(|(step, ms)| {
        let count = |n: u32| Cell::Count(n.into());
        row(vec![Cell::Moment(ms), count(step.visits), count(step.taken), count(step.solved)])
    });
    Table { name: pick(lang, ("走势", "course")).to_owned(), columns, rows: rows.collect() }
}

/// What the command line prints: the sentences, and a line for each grid of the league.
pub fn text(report: &Report, lang: Lang) -> String {
    let mut said = vec![title(report, lang)];
    said.extend(sentences(report, lang));
    said.extend(report.grids.iter().map(|line| {
        let grid: &GridId = &line.grid;
        let coverage = permille_text(line.sums.permille(Rate::Coverage));
        format!("{grid} {}: {coverage}, {}", line.name, line.sums.get(Figure::Visits))
    }));
    said.join("\n")
}

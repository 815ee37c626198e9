//! The console's other lists as tables for files: people, tablets, conflicts, and the facts behind a figure. They are
//! made of the replies to the pages' own calls, so that nobody takes out what they do not see.

use huce_core::{
    body::Noun,
    figures::{Figure, PeriodKind, Source, report::TraceLine, words::Lang},
    ipc::{
        CallError, Code,
        conflict::{ConflictLine, Conflicts},
        console::{DeviceLine, People, PeopleReply},
        report::Scope,
    },
    person::Role,
};

use super::{
    asked::{Answer, Asked},
    conflict, console, report,
};
use crate::ledger::{
    ask::Filter,
    rows::MOST_ROWS,
    table::{Cell, Column, Row, Table},
    words::cell_of,
};

/// The list of this name; none when there is no such list.
pub async fn table(asked: &Asked, name: &str, filter: &Filter) -> Answer<Option<Table>> {
    let lang = filter.lang;
    Ok(match name {
        "people" => Some(people(console::people(asked, People {}).await?, filter)),
        "tablets" => Some(tablets(console::people(asked, People {}).await?, lang)),
        "conflicts" => Some(conflicts(conflict::conflicts(asked, Conflicts {}).await?.conflicts, lang)),
        "facts" => Some(facts(asked, filter).await?),
        _ => None,
    })
}

fn pick(lang: Lang, (zh, en): (&'static str, &'static str)) -> &'static str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

fn row(cells: Vec<Cell>) -> Row {
    Row { cells, place: None }
}

fn role(role: Role, lang: Lang) -> &'static str {
    let words = match role {
        Role::Inspector => ("专管员", "inspector"),
        Role::Coordinator => ("协管员", "coordinator"),
        Role::CrewLead => ("班长", "crew lead"),
        Role::Dispatcher => ("调度员", "dispatcher"),
        Role::Administrator => ("管理员", "administrator"),
    };
    pick(lang, words)
}

/// The console looks for what is typed in the name, the login, the words of roles and the names of grids; so does this.
fn people(reply: PeopleReply, filter: &Filter) -> Table {
    let (lang, typed) = (filter.lang, filter.text.trim().to_lowercase());
    let PeopleReply { people, grids, .. } = reply;
    let grid = |id: &huce_core::ids::GridId| {
        let known = grids.iter().find(|(grid, ..)| grid == id);
        known.map_or_else(|| id.to_string(), |(_, name, _)| name.clone())
    };
    let rows = people.into_iter().filter_map(|person| {
        let roles = person.roles.iter().map(|held| format!("{} {}", role(held.role, lang), grid(&held.grid)));
        let roles = roles.collect::<Vec<_>>().join("; ");
        let fits = [person.id.as_str(), &person.name, &roles].iter().any(|text| text.to_lowercase().contains(&typed));
        fits.then(|| row(vec![Cell::text(person.id.as_str()), Cell::text(&person.name), Cell::text(&roles)]))
    });
    let columns = vec![
        Column::new("login", "登录名", "login"),
        Column::new("name", "姓名", "name"),
        Column::new("roles", "职责", "roles"),
    ];
    Table { name: pick(lang, ("人员", "people")).to_owned(), columns, rows: rows.collect() }
}

fn tablets(reply: PeopleReply, lang: Lang) -> Table {
    let PeopleReply { people, devices, .. } = reply;
    let rows = devices.into_iter().map(|line| {
        let DeviceLine { device, name, person, version, enrolled_ms, seen_ms, unsent, revoked, approved, .. } = line;
        let whose = people.iter().find(|known| known.id == person);
        let whose = whose.map_or_else(|| person.to_string(), |known| known.name.clone());
        let state = match (revoked, approved) {
            (true, _) => ("已收回", "taken away"),
            (false, true) => ("使用中", "in use"),
            (false, false) => ("待批准", "waits"),
        };
        row(vec![
            Cell::text(device.as_str()),
            Cell::text(name),
            Cell::text(whose),
            Cell::text(pick(lang, state)),
            Cell::text(version),
            Cell::Moment(enrolled_ms),
            Cell::moment(seen_ms),
            Cell::Count(unsent.0),
            Cell::Count(unsent.1),
        ])
    });
    let columns = vec![
        Column::new("device", "设备", "device"),
        Column::new("name", "名称", "name"),
        Column::new("person", "使用人", "person"),
        Column::new("state", "状态", "state"),
        Column::new("version", "版本", "version"),
        Column::new("enrolled", "登记时间", "enrolled"),
        Column::new("seen", "最近同步", "last seen"),
        Column::new("unsent_events", "未同步事件", "events not sent"),
        Column::new("unsent_photos", "未同步照片", "photos not sent"),
    ];
    Table { name: pick(lang, ("设备", "tablets")).to_owned(), columns, rows: rows.collect() }
}

fn conflicts(lines: Vec<ConflictLine>, lang: Lang) -> Table {
    let mut rows = Vec::new();
    for ConflictLine { conflict, door, facility } in lines {
        let place = door.map(|door| format!("{} {}", door.estate, door.short)).or_else(|| facility.map(|f| f.short()));
        let noun = pick(
            lang,
            match conflict.noun {
                Noun::Household => ("住户", "household"),
                Noun::Facility => ("设施", "facility"),
                Noun::Plan => ("一户一策", "plan"),
                Noun::Request => ("诉求", "request"),
                Noun::Round => ("排查行动", "round"),
                Noun::Grid => ("网格", "grid"),
                Noun::Rule => ("责任规则", "rule"),
                Noun::Unknown => ("其他", "other"),
            },
        );
        let base = conflict.base.as_ref().map(|base| said(&base.value)).unwrap_or_default();
        for value in &conflict.values {
            rows.push(row(vec![
                Cell::text(place.clone().unwrap_or_default()),
                Cell::text(noun),
                Cell::text(&conflict.field),
                Cell::text(&base),
                Cell::text(said(&value.value)),
                Cell::text(value.person.as_str()),
                Cell::Moment(value.when_ms),
                Cell::text(value.event.to_string()),
            ]));
        }
    }
    let columns = vec![
        Column::new("place", "地点", "place"),
        Column::new("record", "档案", "record"),
        Column::new("field", "字段", "field"),
        Column::new("base", "原值", "before"),
        Column::new("value", "值", "value"),
        Column::new("person", "人员", "person"),
        Column::new("at", "时间", "at"),
        Column::new("event", "事件", "event"),
    ];
    Table { name: pick(lang, ("冲突", "conflicts")).to_owned(), columns, rows }
}

/// A value as text.
fn said(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The facts behind a figure: all of them, not only what a page shows.
async fn facts(asked: &Asked, filter: &Filter) -> Answer<Table> {
    let figure = filter.figure.filter(|figure| figure.is_traced());
    let figure: Figure =
        figure.ok_or_else(|| CallError::new(Code::BadInput).with("field", "figure").with("why", "empty"))?;
    let kind = filter.length.unwrap_or(PeriodKind::Week);
    let scope = Scope { kind, day: filter.day.clone(), grid: filter.grid.clone() };
    let (period, of) = (scope.period(asked.now_ms)?, report::within(asked, filter.grid.as_ref())?);
    let mut conn = asked.conn().await?;
    let names = report::names(&mut conn, asked.now_ms).await?;
    let (_, lines) = report::traces(&mut conn, &of, period, asked.now_ms, figure, MOST_ROWS).await?;
    let rows = lines.into_iter().map(|line| {
        let TraceLine { trace, place, who, outcome, tenths, about, event } = line;
        let page = match &trace.source {
            Source::Visit { site, event } => match site.household() {
                Some(household) => format!("/record/{household}/{event}"),
                None => format!("/{}/{site}", site.noun().as_str()),
            },
            Source::Plan { plan, .. } => format!("/plan/{plan}"),
            Source::Request { request, .. } => format!("/request/{request}"),
        };
        let who = who.map(|who| names.get(&who).cloned().unwrap_or_else(|| who.to_string()));
        row(vec![
            Cell::Moment(trace.when_ms),
            Cell::text(trace.grid.as_str()),
            Cell::text(place),
            cell_of(outcome, filter.lang),
            tenths.map_or(Cell::Empty, |n| Cell::Number(f64::from(n) / 10.0, 1)),
            Cell::text(about),
            Cell::text(who.unwrap_or_default()),
            Cell::Link(event.map(|event| event.to_string()).unwrap_or_default(), page),
        ])
    });
    let columns = vec![
        Column::new("at", "时间", "at"),
        Column::new("grid", "网格", "grid"),
        Column::new("place", "地点", "place"),
        Column::new("outcome", "结果", "outcome"),
        Column::new("lowest_c", "最低室温 ℃", "lowest °C"),
        Column::new("about", "内容", "about"),
        Column::new("who", "经办人", "who"),
        Column::new("event", "事件", "event"),
    ];
    Ok(Table { name: figure.name(filter.lang).replace('/', " "), columns, rows: rows.collect() })
}

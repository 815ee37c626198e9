//! Requests as a table: the least time left first, filters above, and a new one taken down in place.

use huce_core::{
    clock::Millis,
    ids::GridId,
    ipc::{
        Changed,
        household::RequestLine,
        request::{Requests, RequestsReply},
    },
    request::{Category, Mode, Request, RequestState},
};

use super::super::{figures::moment, overview::Clock, shown::Shown};
use crate::{
    here::use_here,
    i18n::*,
    load::load,
    pages::{exports::Exports, request_take::TakeDown, ways},
    parts::{Icon, Pill, Segmented, Sign},
    prelude::*,
    words,
};

/// Which requests by how far they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A clock runs.
    Running,
    /// Resolved, nobody has called back.
    CallBack,
    /// Everything, also what came to its end.
    All,
}

/// What is to be shown.
#[derive(Debug, Clone, PartialEq)]
struct Filter {
    part: Part,
    category: Option<Category>,
    mode: Option<Mode>,
    grid: Option<GridId>,
}

impl Filter {
    fn lets(&self, line: &RequestLine) -> bool {
        let request = &line.request;
        let in_part = match (self.part, request.state(line.satisfied)) {
            (Part::All, _) => true,
            (Part::Running, state) => matches!(state, RequestState::New | RequestState::Answered),
            (Part::CallBack, state) => state == RequestState::Resolved,
        };
        in_part
            && self.category.is_none_or(|c| c == request.category)
            && self.mode.is_none_or(|m| m == request.mode)
            && self.grid.as_ref().is_none_or(|g| *g == request.grid)
    }
}

impl Filter {
    /// The same as the server's files have it.
    fn query(&self) -> String {
        let word = |value: Option<serde_json::Value>| value.and_then(|v| v.as_str().map(str::to_owned));
        let part = match self.part {
            Part::Running => "running=true",
            Part::CallBack => "state=resolved",
            Part::All => "open=false",
        };
        let category = word(self.category.and_then(|c| serde_json::to_value(c).ok())).map(|w| format!("&category={w}"));
        let mode = word(self.mode.and_then(|m| serde_json::to_value(m).ok())).map(|w| format!("&mode={w}"));
        let grid = self.grid.as_ref().map(|grid| format!("&grid={grid}"));
        std::iter::once(part.to_owned()).chain(category).chain(mode).chain(grid).collect()
    }
}

/// Running ones by what is left, then those to call back (oldest first), then the closed (newest first).
fn order(line: &RequestLine) -> (RequestStateRank, Millis) {
    match line.request.state(line.satisfied) {
        RequestState::New | RequestState::Answered => (0, line.request.clock().due_ms),
        RequestState::Resolved => (1, line.request.resolved_ms.unwrap_or_default()),
        RequestState::Closed => (2, -line.request.taken_ms),
    }
}

type RequestStateRank = u8;

const CATEGORIES: [Category; 6] =
    [Category::Cold, Category::Leak, Category::Noise, Category::Account, Category::Equipment, Category::Other];
const MODES: [Mode; 3] = [Mode::Own, Mode::Joint, Mode::Escalated];

/// The page.
#[component]
pub fn RequestsTable() -> impl IntoView {
    let i18n = use_i18n();
    let part = RwSignal::new(Part::Running);
    let filter = RwSignal::new(Filter { part: Part::Running, category: None, mode: None, grid: None });
    Effect::new(move |_| {
        let part = part.get();
        filter.update(|f| f.part = part);
    });
    // Closed ones are asked for only when somebody wants to see them.
    let closed = Memo::new(move |_| part.get() == Part::All);
    let requests = load(&[Changed::Doors], move || Requests { closed: closed.get() });
    let taking = RwSignal::new(ways::request_door().is_some());
    let parts = vec![
        (Part::Running, t!(i18n, console.part_running).into()),
        (Part::CallBack, t!(i18n, console.part_call_back).into()),
        (Part::All, t!(i18n, console.part_all).into()),
    ];
    view! {
        <div class="c-sheet requests-page">
            <header class="c-head">
                <h1>{t!(i18n, console.requests)}</h1>
                <Segmented options=parts value=part label=t!(i18n, console.which_requests)/>
                <span class="grow"></span>
                <Filters requests filter/>
                <Exports table="requests" filter=Signal::derive(move || filter.with(Filter::query)) places=true/>
                <button type="button" class="btn primary" on:click=move |_| taking.set(true)>
                    <Icon sign=Sign::Plus/><span>{t!(i18n, console.take_request)}</span>
                </button>
            </header>
            <Show when=move || taking.get()>
                <TakeDown on_done=move |taken: bool| { taking.set(false); if taken { requests.reload() } }/>
            </Show>
            <Shown of=requests lines=8 let:answer>
                <Table answer filter/>
            </Shown>
        </div>
    }
}

#[component]
fn Filters(requests: crate::load::Loader<RequestsReply>, filter: RwSignal<Filter>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let grids = Memo::new(move |_| {
        let mut all: Vec<GridId> =
            requests.get(|r| r.requests.iter().map(|l| l.request.grid.clone()).collect()).unwrap_or_default();
        all.sort();
        all.dedup();
        all
    });
    let chosen = |event: &leptos::ev::Event| event_target_value(event).parse::<usize>().ok();
    view! {
        <select class="input c-filter" aria-label=t!(i18n, console.category)
            on:change=move |e| filter.update(|f| f.category = chosen(&e).and_then(|n| CATEGORIES.get(n).copied()))>
            <option value="">{t!(i18n, console.every_category)}</option>
            {CATEGORIES.into_iter().enumerate().map(|(n, c)| view! { <option value=n.to_string()>{move || words::category(i18n, c)}</option> }).collect_view()}
        </select>
        <select class="input c-filter" aria-label=t!(i18n, console.mode)
            on:change=move |e| filter.update(|f| f.mode = chosen(&e).and_then(|n| MODES.get(n).copied()))>
            <option value="">{t!(i18n, console.every_mode)}</option>
            {MODES.into_iter().enumerate().map(|(n, m)| view! { <option value=n.to_string()>{move || words::request_mode(i18n, m)}</option> }).collect_view()}
        </select>
        <select class="input c-filter" aria-label=t!(i18n, console.grid)
            on:change=move |e| filter.update(|f| f.grid = GridId::new(event_target_value(&e)).ok())>
            <option value="">{t!(i18n, console.every_grid)}</option>
            {move || grids.get().into_iter().map(|g| {
                let on = filter.with_untracked(|f| f.grid.as_ref() == Some(&g));
                view! { <option value=g.to_string() selected=on>{here.grid_name(&g)}</option> }
            }).collect_view()}
        </select>
    }
}

#[component]
fn Table(answer: Memo<RequestsReply>, filter: RwSignal<Filter>) -> impl IntoView {
    let i18n = use_i18n();
    let rows = Memo::new(move |_| {
        let filter = filter.get();
        let mut rows: Vec<RequestLine> =
            answer.with(|a| a.requests.iter().filter(|l| filter.lets(l)).cloned().collect());
        rows.sort_by_key(order);
        rows
    });
    view! {
        <section class="c-card">
            <Show when=move || rows.with(Vec::is_empty)>
                <p class="c-nothing" role="status">{move || if answer.with(|a| a.requests.is_empty()) {
                    t_string!(i18n, console.no_requests)
                } else {
                    t_string!(i18n, console.no_request_fits)
                }}</p>
            </Show>
            <Show when=move || !rows.with(Vec::is_empty)>
                <div class="c-scroll" tabindex="0" role="region" aria-label=t!(i18n, console.requests)>
                    <table class="c-table">
                        <thead><tr>
                            <th scope="col">{t!(i18n, console.time_left)}</th>
                            <th scope="col">{t!(i18n, console.state)}</th>
                            <th scope="col">{t!(i18n, console.request)}</th>
                            <th scope="col">{t!(i18n, console.grid)}</th>
                            <th scope="col">{t!(i18n, console.mode)}</th>
                            <th scope="col">{t!(i18n, console.channel)}</th>
                            <th scope="col">{t!(i18n, console.taken)}</th>
                        </tr></thead>
                        <tbody>
                            // Equal lines are the same row: a row that changed is drawn anew, the others stay.
                            <For each=move || rows.get() key=|l: &RequestLine| format!("{l:?}") let:line><Line line/></For>
                        </tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn Line(line: RequestLine) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let RequestLine { request, door, facility, satisfied, .. } = line;
    let place = door.map(|d| format!("{} {} ", d.estate, d.short)).or_else(|| facility.map(|f| format!("{} ", f.name)));
    let state = request.state(satisfied);
    let Request { mode, channel, category, severity, taken_ms, .. } = request;
    let runs = matches!(state, RequestState::New | RequestState::Answered);
    let text = request.text.trim().to_owned();
    let (grid, href) = (request.grid.clone(), ways::request(&request.id));
    let request = StoredValue::new(request);
    view! {
        <tr>
            <td>{if runs { view! { <Clock request/> }.into_any() } else { view! { <span class="c-muted">"–"</span> }.into_any() }}</td>
            <td><Pill tone=words::request_tone(state)>{move || words::request_state(i18n, state)}</Pill></td>
            <td class="wide">
                <a class="row-to" href=href>
                    <b>{place}{move || words::category(i18n, category)}</b>
                    {move || (severity == huce_core::request::Severity::Major).then(|| view! { <em class="c-tag bad">{words::severity(i18n, severity)}</em> })}
                    {(!text.is_empty()).then(|| view! { <small>{text}</small> })}
                </a>
            </td>
            <td>{move || here.grid_name(&grid)}</td>
            <td><span class="c-tag">{move || words::request_mode(i18n, mode)}</span></td>
            <td class="c-muted">{move || words::channel(i18n, channel)}</td>
            <td class="c-muted number">{moment(taken_ms, here.now_ms_untracked())}</td>
        </tr>
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use huce_core::{
        ids::RequestId,
        request::{Channel, Severity},
    };

    fn line(id: &str, taken_ms: Millis, resolved_ms: Option<Millis>, satisfied: Option<bool>) -> RequestLine {
        let request = Request {
            id: RequestId::new(id).unwrap(),
            grid: GridId::new("SY").unwrap(),
            household: None,
            facility: None,
            channel: Channel::Desk,
            category: Category::Cold,
            severity: Severity::Small,
            text: String::new(),
            phone: None,
            mode: Mode::Own,
            taken_ms,
            answered_ms: resolved_ms,
            resolved_ms,
            resolution: None,
            assignee: None,
            satisfied: None,
        };
        RequestLine { request, door: None, facility: None, satisfied, unsent: false }
    }

    #[test]
    fn running_first_then_call_backs_then_the_closed_and_filters_agree() {
        let mut all = [
            line("closed", 9, Some(10), Some(true)),
            line("back", 5, Some(6), None),
            line("late", 4, None, None),
            line("soon", 1, None, None),
        ];
        all.sort_by_key(order);
        assert_eq!(all.each_ref().map(|l| l.request.id.as_str()), ["soon", "late", "back", "closed"]);
        let count = |part| {
            let filter = Filter { part, category: Some(Category::Cold), mode: None, grid: None };
            all.iter().filter(|l| filter.lets(l)).count()
        };
        assert_eq!([count(Part::Running), count(Part::CallBack), count(Part::All)], [2, 1, 4]);
        let filter =
            Filter { part: Part::CallBack, category: None, mode: Some(Mode::Joint), grid: GridId::new("SY-1").ok() };
        assert_eq!(filter.query(), "state=resolved&mode=joint&grid=SY-1");
    }
}

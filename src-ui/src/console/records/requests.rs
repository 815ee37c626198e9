//! Requests as a table: the least time left first, filters above that are links, and a new one taken down in place. What is
//! shown is in the address alone, so that a view can be kept, sent and gone back to.

use huce_core::{
    clock::{Millis, china_midnight},
    ids::GridId,
    ipc::{
        Changed,
        household::RequestLine,
        request::{CountRequests, Requests, RequestsReply},
    },
    request::{Category, Mode, Party, Request, RequestFigures, RequestState},
};

use super::super::{
    figures::{moment, percent},
    overview::Clock,
    shown::Shown,
};
use crate::{
    address,
    here::use_here,
    i18n::*,
    load::load,
    pages::{exports::Exports, request_take::TakeDown, ways},
    parts::{Icon, Pill, Sign, Tone},
    prelude::*,
    router::to,
    words,
};

/// Which requests by how far they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// A clock runs.
    #[default]
    Running,
    /// Of which somebody has to be told: the promise is about to break, or did.
    Alarm,
    /// Handed over twice: who is responsible is to be decided.
    Decide,
    /// Resolved, nobody has called back.
    CallBack,
    /// Everything, also what came to its end.
    All,
}

impl Part {
    const ALL: [Self; 5] = [Self::Running, Self::Alarm, Self::Decide, Self::CallBack, Self::All];

    /// Its word in the address.
    fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Alarm => "alarm",
            Self::Decide => "decide",
            Self::CallBack => "call-back",
            Self::All => "all",
        }
    }

    fn word(self, i18n: I18n) -> &'static str {
        match self {
            Self::Running => t_string!(i18n, console.part_running),
            Self::Alarm => t_string!(i18n, console.part_alarm),
            Self::Decide => t_string!(i18n, console.part_decide),
            Self::CallBack => t_string!(i18n, console.part_call_back),
            Self::All => t_string!(i18n, console.part_all),
        }
    }
}

/// What is to be shown.
#[derive(Debug, Clone, PartialEq, Default)]
struct Filter {
    part: Part,
    category: Option<Category>,
    mode: Option<Mode>,
    party: Option<Party>,
    grid: Option<GridId>,
}

impl Filter {
    /// What the address says; `read` gives the value behind a name.
    fn of(read: impl Fn(&str) -> Option<String>) -> Self {
        let part = read("part");
        let (category, mode, party) = (read("category"), read("mode"), read("party"));
        let is = |word: &Option<String>, known: &str| word.as_deref() == Some(known);
        Self {
            part: Part::ALL.into_iter().find(|p| is(&part, p.as_str())).unwrap_or_default(),
            category: CATEGORIES.into_iter().find(|c| is(&category, c.as_str())),
            mode: MODES.into_iter().find(|m| is(&mode, m.as_str())),
            party: Party::ALL.into_iter().find(|p| is(&party, p.as_str())),
            grid: read("grid").and_then(|grid| GridId::new(grid).ok()),
        }
    }

    /// The address that shows it.
    fn address(&self) -> String {
        let part = Some(self.part).filter(|part| *part != Part::default());
        let part = part.map(|part| format!("part={}", part.as_str()));
        let said = part.into_iter().chain(self.said()).collect::<Vec<_>>().join("&");
        let list = to("/requests");
        if said.is_empty() { list } else { format!("{list}?{said}") }
    }

    /// All but the part, as both addresses and files have it.
    fn said(&self) -> impl Iterator<Item = String> {
        let said = [
            ("category", self.category.map(Category::as_str)),
            ("mode", self.mode.map(Mode::as_str)),
            ("party", self.party.map(Party::as_str)),
            ("grid", self.grid.as_ref().map(GridId::as_str)),
        ];
        said.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)))
    }

    fn lets(&self, line: &RequestLine, now_ms: Millis) -> bool {
        let request = &line.request;
        let state = request.state(line.satisfied);
        let in_part = match self.part {
            Part::All => true,
            Part::Running => matches!(state, RequestState::New | RequestState::Answered),
            Part::Alarm => request.escalation(line.satisfied, now_ms).is_some(),
            Part::Decide => state != RequestState::Closed && request.route.needs_decision(),
            Part::CallBack => state == RequestState::Resolved,
        };
        in_part
            && self.category.is_none_or(|c| c == request.category)
            && self.mode.is_none_or(|m| m == request.mode)
            && self.party.is_none_or(|p| p == request.route.party())
            && self.grid.as_ref().is_none_or(|g| *g == request.grid)
    }
}

impl Filter {
    /// The same as the server's files have it.
    fn query(&self) -> String {
        let part = match self.part {
            Part::Running => "running=true",
            Part::Alarm => "alarm=true",
            Part::Decide => "decide=true",
            Part::CallBack => "state=resolved",
            Part::All => "open=false",
        };
        std::iter::once(part.to_owned()).chain(self.said()).collect::<Vec<_>>().join("&")
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
    let filter = Memo::new(|_| Filter::of(address::followed_query));
    // Closed ones are asked for only when somebody wants to see them.
    let closed = Memo::new(move |_| filter.with(|f| f.part == Part::All));
    let requests = load(&[Changed::Doors], move || Requests { closed: closed.get() });
    let taking = RwSignal::new(ways::request_door().is_some());
    let parts = Part::ALL.into_iter().map(move |part| {
        let href = move || Filter { part, ..filter.get() }.address();
        let on = move || filter.with(|f| f.part == part);
        view! {
            <a href=href class:on=on aria-current=move || on().then_some("page")>{live(move || part.word(i18n))}</a>
        }
    });
    view! {
        <div class="c-sheet requests-page">
            <header class="c-head">
                <h1>{t!(i18n, console.requests)}</h1>
                <nav class="segmented" aria-label=t!(i18n, console.which_requests)>{parts.collect_view()}</nav>
                <span class="grow"></span>
                <a class="btn quiet" href=to("/rules")>{t!(i18n, console.rules)}</a>
                <button type="button" class="btn primary" on:click=move |_| taking.set(true)>
                    <Icon sign=Sign::Plus/><span>{t!(i18n, console.take_request)}</span>
                </button>
            </header>
            <div class="c-head">
                <Filters requests filter/>
                <span class="grow"></span>
                <Exports table="requests" filter=Signal::derive(move || filter.with(Filter::query)) places=true/>
            </div>
            <Figures/>
            <Show when=move || taking.get()>
                <TakeDown on_done=move |taken: bool| { taking.set(false); if taken { requests.reload() } }/>
            </Show>
            <Shown of=requests lines=8 let:answer>
                <Table answer filter/>
            </Shown>
        </div>
    }
}

/// The rates of the last 30 days, by the one definition in the core.
#[component]
fn Figures() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let today = here.today();
    let figures = load(&[Changed::Doors], move || {
        let until_ms = china_midnight(today.get() + chrono::Days::new(1));
        CountRequests { from_ms: until_ms - 30 * 24 * 3_600_000, until_ms }
    });
    let rate = move |name: fn() -> &'static str, read: fn(&RequestFigures) -> (u32, u32)| {
        let counts = move || figures.get(read).unwrap_or_default();
        view! {
            <span class="request-figure">
                <b>{live(move || { let (part, all) = counts(); percent(part, all) })}</b>" "{live(name)}" "
                <small>{live(move || { let (part, all) = counts(); t_string!(i18n, console.rate_of, part = part, all = all) })}</small>
            </span>
        }
    };
    view! {
        <section class="request-figures" aria-label=t!(i18n, console.figures_30d)>
            <span class="request-figure">{t!(i18n, console.figures_30d)}</span>
            {rate(t!(i18n, console.closing_rate), |f| (f.closed, f.taken))}
            {rate(t!(i18n, console.on_time_rate), |f| (f.solved_on_time, f.solutions))}
            {rate(t!(i18n, console.call_back_rate), |f| (f.called_back_on_time, f.call_backs))}
            {rate(t!(i18n, console.satisfied_rate), |f| (f.satisfied, f.asked))}
            <span class="request-figure"><b>{live(move || figures.get(|f| f.repeats).unwrap_or_default().to_string())}</b>" "{t!(i18n, console.repeats)}</span>
        </section>
    }
}

/// Choices of what is shown: each leads to the address that shows it.
#[component]
fn Filters(requests: crate::load::Loader<RequestsReply>, filter: Memo<Filter>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let grids = Memo::new(move |_| {
        let mut all: Vec<GridId> =
            requests.get(|r| r.requests.iter().map(|l| l.request.grid.clone()).collect()).unwrap_or_default();
        // The one that the address names is there, whether it has requests or not.
        all.extend(filter.with(|f| f.grid.clone()));
        all.sort();
        all.dedup();
        all
    });
    let go = move |change: &dyn Fn(&mut Filter)| {
        let mut wanted = filter.get_untracked();
        change(&mut wanted);
        address::go(&wanted.address());
    };
    let category = move |e: leptos::ev::Event| {
        let word = event_target_value(&e);
        go(&|f| f.category = CATEGORIES.into_iter().find(|c| c.as_str() == word));
    };
    let mode = move |e: leptos::ev::Event| {
        let word = event_target_value(&e);
        go(&|f| f.mode = MODES.into_iter().find(|m| m.as_str() == word));
    };
    let party = move |e: leptos::ev::Event| {
        let word = event_target_value(&e);
        go(&|f| f.party = Party::ALL.into_iter().find(|p| p.as_str() == word));
    };
    let grid = move |e: leptos::ev::Event| {
        let grid = GridId::new(event_target_value(&e)).ok();
        go(&|f| f.grid.clone_from(&grid));
    };
    let categories = CATEGORIES.map(|c| (c.as_str(), words::category(i18n, c))).to_vec();
    let modes = MODES.map(|m| (m.as_str(), words::request_mode(i18n, m))).to_vec();
    let parties = Party::ALL.map(|p| (p.as_str(), words::party(i18n, p))).to_vec();
    view! {
        <select class="input c-filter" aria-label=t!(i18n, console.category) on:change=category>
            <option value="">{t!(i18n, console.every_category)}</option>
            {choices(categories, move || filter.with(|f| f.category.map(Category::as_str)))}
        </select>
        <select class="input c-filter" aria-label=t!(i18n, console.mode) on:change=mode>
            <option value="">{t!(i18n, console.every_mode)}</option>
            {choices(modes, move || filter.with(|f| f.mode.map(Mode::as_str)))}
        </select>
        <select class="input c-filter" aria-label=t!(i18n, console.responsible) on:change=party>
            <option value="">{t!(i18n, console.every_party)}</option>
            {choices(parties, move || filter.with(|f| f.party.map(Party::as_str)))}
        </select>
        <select class="input c-filter" aria-label=t!(i18n, console.grid) on:change=grid>
            <option value="">{t!(i18n, console.every_grid)}</option>
            {move || grids.get().into_iter().map(|g| {
                let on = filter.with(|f| f.grid.as_ref() == Some(&g));
                view! { <option value=g.to_string() selected=on>{here.grid_name(&g)}</option> }
            }).collect_view()}
        </select>
    }
}

/// What can be chosen; what the address names is chosen.
fn choices(
    all: Vec<(&'static str, &'static str)>,
    chosen: impl Fn() -> Option<&'static str> + Copy + Send + Sync + 'static,
) -> AnyView {
    let option = move |(name, word): (&'static str, &'static str)| {
        view! { <option value=name prop:selected=move || chosen() == Some(name)>{word}</option> }
    };
    all.into_iter().map(option).collect_view().into_any()
}

#[component]
fn Table(answer: Memo<RequestsReply>, filter: Memo<Filter>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    // What has become pressing shows without anything having happened: looked at every ten seconds.
    let tens = Memo::new(move |_| here.now_ms() / 10_000 * 10_000);
    let rows = Memo::new(move |_| {
        let (filter, now_ms) = (filter.get(), tens.get());
        let mut rows: Vec<RequestLine> =
            answer.with(|a| a.requests.iter().filter(|l| filter.lets(l, now_ms)).cloned().collect());
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
                            <th scope="col">{t!(i18n, console.responsible)}</th>
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
    let (party, undecided) = (request.route.party(), request.route.needs_decision());
    let Request { mode, channel, category, severity, taken_ms, .. } = request;
    let runs = matches!(state, RequestState::New | RequestState::Answered);
    let text = request.text.trim().to_owned();
    let (grid, href) = (request.grid.clone(), ways::request(&request.id));
    let request = StoredValue::new(request);
    let told = move || request.with_value(|r| r.escalation(satisfied, here.now_ms()));
    view! {
        <tr>
            <td>{if runs { view! { <Clock request/> }.into_any() } else { view! { <span class="c-muted">"–"</span> }.into_any() }}</td>
            <td><Pill tone=words::request_tone(state)>{move || words::request_state(i18n, state)}</Pill>
                {live(move || told().map(|who| view! { " "<Pill tone=Tone::Warn>{words::escalation(i18n, who)}</Pill> }))}</td>
            <td class="wide">
                <a class="row-to" href=href>
                    <b>{place}{move || words::category(i18n, category)}</b>
                    {move || (severity == huce_core::request::Severity::Major).then(|| view! { <em class="c-tag bad">{words::severity(i18n, severity)}</em> })}
                    {(!text.is_empty()).then(|| view! { <small>{text}</small> })}
                </a>
            </td>
            <td>{move || here.grid_name(&grid)}</td>
            <td><span class=if undecided { "c-tag bad" } else { "c-tag" }>{move || words::party(i18n, party)}</span></td>
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
    use huce_core::{ids::RequestId, sample};

    fn line(id: &str, taken_ms: Millis, resolved_ms: Option<Millis>, satisfied: Option<bool>) -> RequestLine {
        let opened = sample::request(RequestId::new(id).unwrap(), GridId::new("SY").unwrap(), taken_ms);
        let request = Request { answered_ms: resolved_ms, resolved_ms, ..opened };
        RequestLine { request, door: None, facility: None, satisfied, satisfied_ms: None, unsent: false }
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
            let filter = Filter { part, category: Some(Category::Cold), ..Filter::default() };
            all.iter().filter(|l| filter.lets(l, 0)).count()
        };
        assert_eq!([count(Part::Running), count(Part::CallBack), count(Part::All)], [2, 1, 4]);
        assert_eq!(count(Part::Decide), 0);
    }

    #[test]
    fn an_address_is_a_filter() {
        let said = [("part", "decide"), ("party", "property"), ("grid", "SY-1"), ("mode", "?")];
        let filter = Filter::of(|name| said.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()));
        let wanted = Filter {
            part: Part::Decide,
            party: Some(Party::Property),
            grid: GridId::new("SY-1").ok(),
            ..Filter::default()
        };
        assert_eq!(filter, wanted);
        assert_eq!(Filter::of(|_| None), Filter::default());
    }

    #[test]
    fn files_have_the_filter_of_the_list() {
        let filter = Filter {
            part: Part::CallBack,
            mode: Some(Mode::Joint),
            grid: GridId::new("SY-1").ok(),
            ..Filter::default()
        };
        assert_eq!(filter.query(), "state=resolved&mode=joint&grid=SY-1");
        let filter = Filter { part: Part::Decide, party: Some(Party::Property), ..Filter::default() };
        assert_eq!(filter.query(), "decide=true&party=property");
    }
}

//! The dialog of the acts on grids. What moves households is looked at first: the server says who would go where, and only
//! then the button that does it can be pressed.

use huce_core::{
    assign::By,
    grid::{Grid, Level},
    ids::GridId,
    ipc::{
        Call, CallError, Code,
        grid::{CutGrid, GridLine, MergeGrids, Moved, Part, SaveGrid, SortDoors, SplitGrid},
        household::GridFigures,
    },
    shape::Rings,
};
use leptos::{ev, task::spawn_local};

use super::{
    Page,
    covers::{covers_of, covers_text},
};
use crate::{
    backend,
    form::text,
    i18n::*,
    pages::say::say,
    parts::{Dialog, PickMap, Tone, use_toasts},
    prelude::*,
    words,
};

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Open a grid, below this one.
    New(Option<GridId>),
    /// Change one.
    Edit(GridId),
    /// Split a part off.
    Split(GridId),
    /// Merge it into another one.
    Merge(GridId),
    /// Bring its households where addresses and places say.
    Sort(GridId),
}

/// Why the server did not take it, in words.
fn fault_text(i18n: I18n, error: &CallError) -> String {
    let param = |name: &str| error.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if error.code != Code::BadInput {
        return say(i18n, error);
    }
    match (param("field").unwrap_or_default(), param("why").unwrap_or_default()) {
        ("name", _) => text!(i18n, grids.bad_name),
        ("code", _) => text!(i18n, grids.bad_code),
        ("covers", _) => text!(i18n, grids.bad_covers),
        ("polygon", _) => text!(i18n, grids.bad_polygon),
        (_, "closed") => text!(i18n, grids.bad_closed),
        (_, "circle") => text!(i18n, grids.bad_circle),
        (_, "level" | "children") => text!(i18n, grids.bad_level),
        (_, "no_parent") => text!(i18n, grids.bad_parent),
        _ => say(i18n, error),
    }
}

/// What a form waits for.
#[derive(Clone, Copy)]
struct Doing {
    busy: RwSignal<bool>,
    fault: RwSignal<Option<CallError>>,
}

impl Doing {
    fn new() -> Self {
        Self { busy: RwSignal::new(false), fault: RwSignal::new(None) }
    }

    fn run<C: Call>(self, call: C, then: impl FnOnce(C::Reply) + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.fault.set(None);
        spawn_local(async move {
            let done = backend::call(call).await;
            let _closed = self.busy.try_set(false);
            match done {
                Ok(reply) => then(reply),
                Err(error) => drop(self.fault.try_set(Some(error))),
            }
        });
    }
}

/// The dialog; open while there is an act.
#[component]
pub fn ActDialog(page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let open = RwSignal::new(false);
    effect(move || open.set(page.act.with(Option::is_some)));
    effect(move || {
        if !open.get() && page.act.with_untracked(Option::is_some) {
            page.act.set(None);
        }
    });
    let title = move || match page.act.get() {
        Some(Act::Edit(_)) => text!(i18n, grids.edit),
        Some(Act::Split(_)) => text!(i18n, grids.split),
        Some(Act::Merge(_)) => text!(i18n, grids.merge),
        Some(Act::Sort(_)) => text!(i18n, grids.sort),
        Some(Act::New(_)) | None => text!(i18n, grids.add),
    };
    view! {
        <Dialog open title=title class="edit-dialog">
            {move || page.act.get().map(|act| match act {
                Act::New(above) => {
                    let level = above.as_ref().and_then(|id| page.peek(id)).map_or(Level::Street, |line| line.grid.level.below());
                    view! { <GridForm start=None level above page/> }
                }
                Act::Edit(id) => match page.peek(&id) {
                    Some(line) => {
                        let (level, above) = (line.grid.level, line.grid.parent.clone());
                        view! { <GridForm start=Some(line.grid) level above page/> }
                    }
                    None => ().into_any(),
                },
                Act::Split(id) => page.peek(&id).map_or_else(|| ().into_any(), |line| view! { <SplitForm line page/> }),
                Act::Merge(id) => view! { <MergeForm id page/> },
                Act::Sort(id) => view! {
                    <MoveForm page what=t_string!(i18n, grids.sort_what).to_owned()
                        make=Callback::new(move |dry_run| Ok(Moving::Sort(SortDoors { grid: id.clone(), dry_run })))/>
                },
            })}
        </Dialog>
    }
}

/// A field of a form: its label, and a line below it.
fn field(label: AnyView, control: AnyView, hint: AnyView) -> AnyView {
    view! { <label class="field"><span class="field-label">{label}</span>{control}<span class="field-hint">{hint}</span></label> }
}

fn line_input(name: &'static str, value: RwSignal<String>, readonly: bool) -> AnyView {
    view! {
        <input class="input" name=name autocomplete="off" spellcheck="false" readonly=readonly
            prop:value=move || value.get() on:input=move |e| value.set(event_target_value(&e))/>
    }
}

fn lines_input(name: &'static str, value: RwSignal<String>) -> AnyView {
    view! {
        <textarea class="input" name=name rows="4" spellcheck="false"
            prop:value=move || value.get() on:input=move |e| value.set(event_target_value(&e))></textarea>
    }
}

/// Grids to choose from.
fn grid_select(name: &'static str, lines: Vec<GridLine>, value: RwSignal<Option<GridId>>, none: AnyView) -> AnyView {
    let options = lines.into_iter().map(|line| {
        let chosen = value.get_untracked().as_ref() == Some(&line.grid.id);
        let label = format!("{}{} · {}", "\u{3000}".repeat(line.depth as usize), line.grid.name, line.grid.id);
        view! { <option value=line.grid.id.to_string() selected=chosen>{label}</option> }
    });
    view! {
        <select class="input" name=name on:change=move |e| value.set(GridId::new(event_target_value(&e)).ok())>
            <option value="" selected=move || value.with(Option::is_none)>{none}</option>
            {options.collect_view()}
        </select>
    }
}

/// What is wrong, and the buttons.
fn foot(doing: Doing, page: Page, ready: Signal<bool>, word: fn(I18n) -> &'static str) -> AnyView {
    let i18n = use_i18n();
    view! {
        {live(move || doing.fault.get().map(|error| view! { <p class="c-said bad" role="alert">{fault_text(i18n, &error)}</p> }))}
        <div class="dialog-foot">
            <button type="button" class="btn" on:click=move |_| page.act.set(None)>{t!(i18n, people.cancel)}</button>
            <button type="submit" class="btn primary" disabled=move || doing.busy.get() || !ready.get()>{live(move || word(i18n))}</button>
        </div>
    }
}

/// Opens a grid, or changes one.
#[component]
fn GridForm(start: Option<Grid>, level: Level, above: Option<GridId>, page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let is_new = start.is_none();
    let of = |get: fn(&Grid) -> String| RwSignal::new(start.as_ref().map(get).unwrap_or_default());
    let (code, name) = (of(|grid| grid.id.to_string()), of(|grid| grid.name.clone()));
    let (community, covers) =
        (of(|grid| grid.community.clone().unwrap_or_default()), of(|grid| covers_text(&grid.covers)));
    let (level, parent) = (RwSignal::new(level), RwSignal::new(above));
    let polygon = StoredValue::new(start.map(|grid| grid.polygon).unwrap_or_default());
    let doing = Doing::new();
    let save = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Ok(id) = GridId::new(code.get_untracked().trim()) else {
            return doing.fault.set(Some(CallError::new(Code::BadInput).with("field", "code")));
        };
        let grid = Grid {
            polygon: polygon.get_value(),
            community: Some(community.get_untracked().trim().to_owned()).filter(|text| !text.is_empty()),
            covers: covers_of(&covers.get_untracked()),
            ..Grid::new(id.clone(), name.get_untracked(), level.get_untracked(), parent.get_untracked())
        };
        let said = grid.name.clone();
        doing.run(SaveGrid { grid, new: is_new }, move |_| {
            toasts.say(Tone::Good, text!(i18n, grids.saved, name = said));
            page.selected.set(Some(id));
            page.grids.reload();
            page.act.set(None);
        });
    };
    let levels = Level::ALL.into_iter().map(|of| {
        view! { <option value=of.as_str() selected=of == level.get_untracked()>{live(move || words::level(i18n, of))}</option> }
    });
    let levels = levels.collect_view();
    let choose_level = move |e: ev::Event| {
        let word = event_target_value(&e);
        if let Some(chosen) = Level::ALL.into_iter().find(|level| level.as_str() == word) {
            level.set(chosen);
        }
    };
    let lines = page.grids.peek(|reply| reply.grids.iter().filter(|l| l.grid.is_open()).cloned().collect::<Vec<_>>());
    let select = view! { <select class="input" name="grid-level" on:change=choose_level>{levels}</select> };
    let top = t!(i18n, grids.top).into_any();
    view! {
        <form class="edit-form" on:submit=save>
            {field(t!(i18n, grids.code).into_any(), line_input("grid-code", code, !is_new), t!(i18n, grids.code_hint).into_any())}
            {field(t!(i18n, grids.name).into_any(), line_input("grid-name", name, false), ().into_any())}
            {field(t!(i18n, grids.level).into_any(), select, ().into_any())}
            {field(t!(i18n, grids.parent).into_any(), grid_select("grid-parent", lines.unwrap_or_default(), parent, top), ().into_any())}
            {field(t!(i18n, grids.community).into_any(), line_input("grid-community", community, false), ().into_any())}
            {field(t!(i18n, grids.covers).into_any(), lines_input("grid-covers", covers), t!(i18n, grids.covers_hint).into_any())}
            {foot(doing, page, Signal::derive(|| true), |i| t_string!(i, people.save))}
        </form>
    }
}

/// A call that moves households.
#[derive(Clone)]
enum Moving {
    Split(SplitGrid),
    Merge(MergeGrids),
    Sort(SortDoors),
}

/// What moves, looked at and then done. `make` makes the call of what is typed: only looking, or not.
#[component]
fn MoveForm(
    page: Page,
    what: String,
    make: Callback<bool, Result<Moving, CallError>>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let doing = Doing::new();
    let seen = RwSignal::new(None::<Moved>);
    let send = move |dry_run: bool, then: fn(RwSignal<Option<Moved>>, Page, Moved)| {
        let call = match make.run(dry_run) {
            Ok(call) => call,
            Err(error) => return doing.fault.set(Some(error)),
        };
        let then = move |moved: Moved| {
            if !dry_run {
                let n: u32 = moved.households.iter().map(|(.., n)| n).sum();
                toasts.say(Tone::Good, text!(i18n, grids.moved, n = n));
            }
            then(seen, page, moved);
        };
        match call {
            Moving::Split(call) => doing.run(call, then),
            Moving::Merge(call) => doing.run(call, then),
            Moving::Sort(call) => doing.run(call, then),
        }
    };
    let look = move |_| send(true, |seen, _, moved| drop(seen.try_set(Some(moved))));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        send(false, |_, page, _| {
            page.grids.reload();
            page.act.set(None);
        });
    };
    let name = move |id: &GridId| page.peek(id).map_or_else(|| id.to_string(), |line| line.grid.name);
    let told = move || {
        let moved = seen.get()?;
        let rows = moved.households.iter().map(|(from, to, by, n)| {
            let by = match by {
                By::Address => t_string!(i18n, grids.by_address),
                By::Place => t_string!(i18n, grids.by_place),
                By::Merged => t_string!(i18n, grids.by_merged),
            };
            view! { <tr><td>{name(from)}</td><td>{name(to)}</td><td>{by}</td><td class="num">{*n}</td></tr> }
        });
        let rows = rows.collect_view();
        let (stayed, facilities) = (moved.stayed, moved.facilities);
        Some(view! {
            <table class="c-table"><tbody>{rows}</tbody></table>
            <p class="c-muted">{text!(i18n, grids.stay, stayed = stayed, facilities = facilities)}</p>
        })
    };
    let ready = Signal::derive(move || seen.with(Option::is_some));
    view! {
        <form class="edit-form" on:submit=submit on:input=move |_| seen.set(None)>
            <p class="c-muted">{what}</p>
            {children.map(|children| children())}
            <button type="button" class="btn" disabled=move || doing.busy.get() on:click=look>{t!(i18n, grids.look)}</button>
            {live(told)}
            {foot(doing, page, ready, |i| t_string!(i, grids.do_it))}
        </form>
    }
}

#[component]
fn MergeForm(id: GridId, page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let into = RwSignal::new(None::<GridId>);
    let grid = id.clone();
    let lines = page.grids.peek(|reply| {
        let others = reply.grids.iter().filter(|line| line.grid.is_open() && line.may_edit && line.grid.id != id);
        others.cloned().collect::<Vec<_>>()
    });
    let make = Callback::new(move |dry_run| match into.get_untracked() {
        Some(into) => Ok(Moving::Merge(MergeGrids { grids: vec![grid.clone()], into, dry_run })),
        None => Err(CallError::new(Code::BadInput).with("field", "into").with("why", "no_parent")),
    });
    let none = t!(i18n, people.choose_grid).into_any();
    let select = grid_select("merge-into", lines.unwrap_or_default(), into, none);
    view! {
        <MoveForm page what=t_string!(i18n, grids.merge_what).to_owned() make>
            {field(t!(i18n, grids.into).into_any(), select, ().into_any())}
        </MoveForm>
    }
}

#[component]
fn SplitForm(line: GridLine, page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let grid = line.grid;
    let id = grid.id.clone();
    let (code, name) = (RwSignal::new(format!("{id}-")), RwSignal::new(String::new()));
    let (covers, beside) = (RwSignal::new(String::new()), RwSignal::new(false));
    // The line along which it is cut, and which side is split off.
    let points = RwSignal::new(Vec::<[f64; 2]>::new());
    let (halves, right) = (RwSignal::new(None::<(Rings, Rings)>), RwSignal::new(false));
    let doing = Doing::new();
    let cut = id.clone();
    let picked = Callback::new(move |point: [f64; 2]| {
        points.update(|all| all.push(point));
        let line = points.get_untracked();
        if line.len() > 1 {
            doing.run(CutGrid { grid: cut.clone(), line }, move |cut| drop(halves.try_set(cut)));
        }
    });
    let of = id.clone();
    let make = Callback::new(move |dry_run| {
        let bad = || CallError::new(Code::BadInput).with("field", "code");
        let code = GridId::new(code.get_untracked().trim().trim_end_matches('-')).map_err(|_| bad())?;
        if code == of {
            return Err(bad());
        }
        let side = |(left, other): (Rings, Rings)| if right.get_untracked() { other } else { left };
        let polygon = halves.get_untracked().map(side).unwrap_or_default();
        let covers = covers_of(&covers.get_untracked());
        let part = Part { code, name: name.get_untracked(), polygon, covers };
        let (grid, beside) = (of.clone(), beside.get_untracked());
        Ok(Moving::Split(SplitGrid { grid, parts: vec![part], beside, dry_run }))
    });
    let figures = GridFigures {
        grid: grid.clone(),
        households: 0,
        visited: 0,
        measured: 0,
        cold: 0,
        mean_c: None,
        open_requests: 0,
        open_plans: 0,
    };
    let again = move |_| {
        points.set(Vec::new());
        halves.set(None);
    };
    let check = move |name: &'static str, value: RwSignal<bool>, label: AnyView| {
        view! {
            <label class="check"><input type="checkbox" name=name prop:checked=move || value.get()
                on:change=move |e| value.set(event_target_checked(&e))/><span>{label}</span></label>
        }
    };
    view! {
        <MoveForm page what=t_string!(i18n, grids.split_what).to_owned() make>
            {field(t!(i18n, grids.code).into_any(), line_input("part-code", code, false), ().into_any())}
            {field(t!(i18n, grids.name).into_any(), line_input("part-name", name, false), ().into_any())}
            {field(t!(i18n, grids.covers).into_any(), lines_input("part-covers", covers), t!(i18n, grids.covers_hint).into_any())}
            {check("part-beside", beside, t!(i18n, grids.beside).into_any())}
            {(!grid.polygon.is_empty()).then(|| view! {
                <fieldset class="edit-roles">
                    <legend class="field-label">{t!(i18n, grids.cut)}</legend>
                    <PickMap grids=vec![figures] points=points on_pick=picked locked=false/>
                    {live(move || match (points.with(Vec::len), halves.with(Option::is_some)) {
                        (0 | 1, _) => view! { <span class="field-hint">{t!(i18n, grids.cut_hint)}</span> },
                        (_, true) => check("part-right", right, t!(i18n, grids.right_side).into_any()),
                        (_, false) => view! { <span class="field-error" role="alert">{t!(i18n, grids.cut_beside)}</span> },
                    })}
                    <button type="button" class="btn quiet" on:click=again>{t!(i18n, grids.cut_again)}</button>
                </fieldset>
            })}
        </MoveForm>
    }
}

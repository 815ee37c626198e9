//! Drawing a round up: where, which doors, with what form, when, who. How many doors it has stands beside before it is made.

use huce_core::{
    clock::china_date,
    facility::heating_year_ms,
    household::HeatingMode,
    ids::{FormId, GridId, PersonId},
    ipc::{
        CallError,
        round::{CountRound, DrawRound, RoundSize},
    },
    round::{Period, Place, Query},
};
use leptos::{ev, task::spawn_local, text_prop::TextProp};

use crate::{
    address, backend,
    here::use_here,
    i18n::*,
    load::{load_some, show},
    pages::{say::say, ways},
    parts::{Button, Empty, Field, Sign, TextField, Tone, use_toasts},
    prelude::*,
    words,
};

const MODES: [HeatingMode; 3] = [HeatingMode::Series, HeatingMode::Parallel, HeatingMode::Individual];

/// A key and its words.
type Options = Vec<(String, String)>;

/// One of a list.
#[component]
fn Choice(
    /// What is asked.
    #[prop(into)]
    label: TextProp,
    /// What can be chosen.
    options: Memo<Options>,
    /// The key of what is chosen.
    value: RwSignal<String>,
    /// Its name for forms and tests.
    name: &'static str,
) -> impl IntoView {
    view! {
        <Field label>
            <select class="input" name=name on:change=move |e| value.set(event_target_value(&e))>
                {move || options.get().into_iter().map(|(key, word)| {
                    let on = value.with_untracked(|v| *v == key);
                    view! { <option value=key selected=on>{word}</option> }
                }).collect_view()}
            </select>
        </Field>
    }
}

/// A condition that is asked or not, with what it means.
#[component]
fn Condition(
    /// Its name.
    #[prop(into)]
    label: TextProp,
    /// What it means.
    #[prop(into)]
    hint: TextProp,
    /// Is it asked?
    value: RwSignal<bool>,
    /// Its name for forms and tests.
    name: &'static str,
) -> impl IntoView {
    view! {
        <label class="c-check">
            <input type="checkbox" name=name prop:checked=move || value.get() on:change=move |e| value.set(event_target_checked(&e))/>
            <span><b>{live(move || label.get())}</b><small>{live(move || hint.get())}</small></span>
        </label>
    }
}

/// The form.
#[component]
pub fn DrawForm(
    /// Grids to choose from.
    grids: Vec<(GridId, String)>,
    /// Forms to choose from.
    forms: Vec<(FormId, (String, String))>,
    /// Closed.
    #[prop(into)]
    on_done: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let toasts = use_toasts();
    let now_ms = here.now_ms_untracked();
    let today = china_date(now_ms);
    let text = |value: String| RwSignal::new(value);
    let name = text(String::new());
    let grid = text(grids.first().map(|(id, _)| id.to_string()).unwrap_or_default());
    // The usual one is called so in every district; where it is not, the first.
    let usual = forms.iter().find(|(id, _)| id.as_str() == "heating-visit").or(forms.first());
    let form = text(usual.map(|(id, _)| id.to_string()).unwrap_or_default());
    let from = text(today.to_string());
    let until = text((today + chrono::Days::new(13)).to_string());
    let (estate, building, floors, mode, care) =
        (text(String::new()), text(String::new()), text(String::new()), text(String::new()), text(String::new()));
    let (cold, unvisited) = (RwSignal::new(false), RwSignal::new(false));
    let people = RwSignal::new(Vec::<PersonId>::new());
    let (busy, failed) = (RwSignal::new(false), RwSignal::new(None::<CallError>));
    let winter = StoredValue::new(Period::last_winter(today));
    let since = StoredValue::new(china_date(heating_year_ms(now_ms)).to_string());
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let query = Memo::new(move |_| Query {
        places: some(estate.get()).map(|estate| Place { estate, building: some(building.get()) }).into_iter().collect(),
        top_floors: floors.get().parse().ok(),
        modes: MODES.into_iter().filter(|m| mode.get() == mode_key(*m)).collect(),
        care: match care.get().as_str() {
            "" => None,
            ANY => Some(Vec::new()),
            tag => Some(vec![tag.to_owned()]),
        },
        cold: cold.get().then(|| winter.get_value()),
        unvisited_since: unvisited.get().then(|| since.get_value()),
    });
    let size = load_some(&[], move || Some(CountRound { grid: GridId::new(grid.get()).ok()?, query: query.get() }));
    // What can be chosen stays while the next number of doors is on its way.
    let known = RwSignal::new((Vec::<(String, Vec<String>)>::new(), Vec::<(String, u32)>::new()));
    effect(move || {
        if let Some(here) = size.get(|s| (s.places.clone(), s.tags.clone())) {
            known.set(here);
        }
    });
    let grid_options =
        Memo::new(move |_| grids.iter().map(|(id, name)| (id.to_string(), name.clone())).collect::<Options>());
    let form_options = Memo::new(move |_| {
        let title = |(zh, en): &(String, String)| match i18n.get_locale() {
            Locale::zh => zh.clone(),
            Locale::en => en.clone(),
        };
        forms.iter().map(|(id, titles)| (id.to_string(), title(titles))).collect::<Options>()
    });
    let none = move |word: &str| vec![(String::new(), word.to_owned())];
    let estates = Memo::new(move |_| {
        let mut options = none(t_string!(i18n, round.every_estate));
        let all = known.with(|(places, _)| places.iter().map(|(estate, _)| estate.clone()).collect::<Vec<_>>());
        options.extend(all.into_iter().map(|estate| (estate.clone(), estate)));
        options
    });
    let buildings = Memo::new(move |_| {
        let mut options = none(t_string!(i18n, round.every_building));
        let estate = estate.get();
        let all = known.with(|(places, _)| places.iter().find(|(name, _)| *name == estate).map(|(_, all)| all.clone()));
        let word = |building: String| {
            let word = t_string!(i18n, round.building_n, building = building.as_str());
            (building, word)
        };
        options.extend(all.unwrap_or_default().into_iter().map(word));
        options
    });
    // A building of another estate is none.
    effect(move || {
        estate.track();
        building.set(String::new());
    });
    let floor_options = Memo::new(move |_| {
        let mut options = none(t_string!(i18n, round.every_floor));
        options.push(("1".to_owned(), t_string!(i18n, round.top_floor).to_owned()));
        options.extend([2, 3].map(|n| (n.to_string(), t_string!(i18n, round.top_floors, n = n))));
        options
    });
    let mode_options = Memo::new(move |_| {
        let mut options = none(t_string!(i18n, round.every_mode));
        options.extend(MODES.map(|m| (mode_key(m).to_owned(), words::heating_mode(i18n, m).to_owned())));
        options
    });
    let care_options = Memo::new(move |_| {
        let mut options = none(t_string!(i18n, round.any_or_none));
        options.push((ANY.to_owned(), t_string!(i18n, round.any_tag).to_owned()));
        let tags = known.with(|(_, tags)| tags.clone());
        options.extend(tags.into_iter().map(|(tag, n)| {
            let word = t_string!(i18n, round.tag_n, tag = tag.as_str(), n = n);
            (tag, word)
        }));
        options
    });
    let ready = move || !name.with(|n| n.trim().is_empty()) && size.get(|s| s.doors > 0).unwrap_or(false);
    let draw = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let (Ok(grid), Ok(form)) = (GridId::new(grid.get_untracked()), FormId::new(form.get_untracked())) else {
            return;
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let call = DrawRound {
            name: name.get_untracked(),
            grid,
            query: query.get_untracked(),
            form,
            from: from.get_untracked(),
            until: until.get_untracked(),
            people: people.get_untracked(),
        };
        spawn_local(async move {
            let drawn = backend::call(call).await;
            let _gone = busy.try_set(false);
            match drawn {
                Ok(drive) => {
                    toasts.say(Tone::Good, t_string!(i18n, round.drawn));
                    on_done.try_run(());
                    address::go(&ways::round(&drive));
                }
                Err(error) => drop(failed.try_set(Some(error))),
            }
        });
    };
    let cold_hint = move || {
        let Period { from, until } = winter.get_value();
        t_string!(i18n, round.cold_hint, from = from, until = until)
    };
    let unvisited_hint = move || t_string!(i18n, round.unvisited_hint, day = since.get_value());
    view! {
        <form class="c-card draw-round" on:submit=draw>
            <h2>{t!(i18n, round.draw_title)}</h2>
            <div class="draw-fields">
                <TextField label=t!(i18n, round.name) hint=t!(i18n, round.name_hint) value=name name="round-name"/>
                <Choice label=t!(i18n, round.grid) options=grid_options value=grid name="round-grid"/>
                <Choice label=t!(i18n, round.form) options=form_options value=form name="round-form"/>
                <TextField label=t!(i18n, round.from) value=from kind="date" name="round-from"/>
                <TextField label=t!(i18n, round.until) value=until kind="date" name="round-until"/>
                <Choice label=t!(i18n, round.estate) options=estates value=estate name="round-estate"/>
                <Choice label=t!(i18n, round.building) options=buildings value=building name="round-building"/>
                <Choice label=t!(i18n, round.floors) options=floor_options value=floors name="round-floors"/>
                <Choice label=t!(i18n, round.mode) options=mode_options value=mode name="round-mode"/>
                <Choice label=t!(i18n, round.care) options=care_options value=care name="round-care"/>
                <Condition label=t!(i18n, round.cold) hint=cold_hint value=cold name="round-cold"/>
                <Condition label=t!(i18n, round.unvisited) hint=unvisited_hint value=unvisited name="round-unvisited"/>
            </div>
            <People chosen=people/>
            <div class="draw-size" role="status">
                {show(size, move |size| view! { <Size size=size.clone()/> })}
            </div>
            {live(move || failed.get().map(|error| view! { <p class="c-said bad" role="alert">{say(i18n, &error)}</p> }))}
            <div class="dialog-foot">
                <Button on_press=move |()| on_done.run(())>{t!(i18n, round.cancel)}</Button>
                <button type="submit" class="btn primary" disabled=move || busy.get() || !ready()>{t!(i18n, round.give_out)}</button>
            </div>
        </form>
    }
}

/// Any care tag, as a key of the list; no tag is written so.
const ANY: &str = "*";

fn mode_key(mode: HeatingMode) -> &'static str {
    match mode {
        HeatingMode::Series => "series",
        HeatingMode::Parallel => "parallel",
        HeatingMode::Individual => "individual",
    }
}

/// How many doors, where.
#[component]
fn Size(size: RoundSize) -> impl IntoView {
    let i18n = use_i18n();
    let RoundSize { doors, of, stairwells, grids, estates, .. } = size;
    if doors == 0 {
        return view! { <Empty sign=Sign::Door title=t!(i18n, round.size_none) text=t!(i18n, round.size_none_do)/> };
    }
    let n = grids.len();
    let estates = estates.into_iter().map(|(estate, doors)| view! { <li>{estate}" "<b>{doors}</b></li> });
    view! {
        <p><b class="figure-number">{live(move || t_string!(i18n, round.size, doors = doors, stairwells = stairwells))}</b></p>
        <p class="c-muted">
            {live(move || t_string!(i18n, round.size_of, of = of))}" · "{live(move || t_string!(i18n, round.size_grids, n = n))}
        </p>
        <ul class="draw-estates">{estates.collect_view()}</ul>
    }
}

/// Who goes.
#[component]
fn People(chosen: RwSignal<Vec<PersonId>>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let all = here.ready(|r| r.people.clone()).unwrap_or_default();
    let boxes = all.into_iter().map(|person| {
        let id = StoredValue::new(person.id);
        let set = move |on: bool| {
            chosen.update(|people| {
                people.retain(|p| id.with_value(|id| p != id));
                if on {
                    people.push(id.get_value());
                }
            });
        };
        view! {
            <label class="c-check">
                <input type="checkbox" prop:checked=move || chosen.with(|people| people.contains(&id.get_value()))
                    on:change=move |e| set(event_target_checked(&e))/>
                <span>{person.name}</span>
            </label>
        }
    });
    view! {
        <fieldset class="draw-people">
            <legend class="field-label">{t!(i18n, round.people)}" · "{t!(i18n, round.people_hint)}</legend>
            {boxes.collect_view()}
        </fieldset>
    }
}

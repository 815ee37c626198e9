//! Answers out of a long list: a field that opens a sheet with a search and the list. Of a list that did not come with
//! its question whole, what is looked for is found where the form is (`FindChoices`). One page of rows is drawn at a
//! time, however long the list.

use huce_core::{
    form::{Choice, view::MOST_CHOICES},
    ipc::{CallError, visit::FoundChoices},
};
use leptos::{html, task::spawn_local};

use super::{
    asked::Asked,
    choices::{OptionButton, chosen, move_focus},
};
use crate::{
    i18n::*,
    parts::{Dialog, Icon, Sign},
    prelude::*,
};

/// The field, and the sheet that it opens.
#[component]
pub fn LookUp(
    /// The question.
    asked: Asked,
    /// Any number of them, else one.
    many: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let open = RwSignal::new(false);
    let picked = Memo::new(move |_| {
        let value = asked.value.get();
        asked.read(|n| value.split_whitespace().map(|name| of_name(&n.choices, name)).collect::<Vec<_>>())
    });
    let shown = move || match picked.with(Vec::len) {
        0 => t_string!(i18n, answer.choose).to_owned(),
        1 => picked.with(|p| p.iter().map(|c| c.label.clone()).collect()),
        n => text!(i18n, answer.n_chosen, n = n),
    };
    view! {
        <div class="look-up">
            <button type="button" class="look-up-field" id=asked.id() class:unset=move || picked.with(Vec::is_empty)
                aria-haspopup="dialog" aria-labelledby=format!("{} {}", asked.label_id(), asked.id())
                aria-describedby=asked.described_by() disabled=asked.locked
                on:click=move |_| open.set(true)>
                <span>{live(shown)}</span><Icon sign=Sign::Search/>
            </button>
            <Show when=move || many && picked.with(|p| !p.is_empty())>
                <div class="picked">
                    <For each=move || picked.get() key=|c| (c.value.clone(), c.label.clone()) let(choice)>
                        {
                            let Choice { value, label, .. } = choice;
                            let spoken = label.clone();
                            view! {
                                <button type="button" class="chip on" disabled=asked.locked
                                    aria-label=move || text!(i18n, answer.remove_it, title = spoken)
                                    on:click=move |_| asked.answer(&chosen(&asked.value.get_untracked(), &value, true))>
                                    <b>{label}</b><Icon sign=Sign::Close/>
                                </button>
                            }
                        }
                    </For>
                </div>
            </Show>
            <Dialog open title=move || asked.read(|n| n.label.clone()) class="look-up-sheet">
                <Sheet asked many open/>
            </Dialog>
        </div>
    }
}

/// The search and what it finds.
#[component]
fn Sheet(asked: Asked, many: bool, open: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let text = RwSignal::new(String::new());
    let skip = RwSignal::new(0_usize);
    let found = RwSignal::new(Ok::<_, CallError>(FoundChoices { choices: Vec::new(), found: 0 }));
    let asking = RwSignal::new(false);
    let list = NodeRef::<html::Div>::new();
    let latest = StoredValue::new(0_u32);
    let look = move || {
        let (wanted, from) = (text.get(), skip.get());
        let number = latest.with_value(|n| n.wrapping_add(1));
        latest.set_value(number);
        let whole = untrack(|| asked.read(|n| (n.offered <= n.choices.len()).then(|| n.choices.clone())));
        if let Some(all) = whole {
            found.set(Ok(within(&all, &wanted, from)));
            return;
        }
        let asked_for = asked.filling.keeper().behind().find_choices(asked.reference(), wanted, from);
        asking.set(true);
        spawn_local(async move {
            let reply = asked_for.await;
            // Only what was looked for last is shown.
            if latest.try_get_value() == Some(number) {
                asking.set(false);
                found.set(reply);
            }
        });
    };
    effect(look);
    let search = NodeRef::<html::Input>::new();
    request_animation_frame(move || {
        if let Some(search) = search.try_get_untracked().flatten() {
            let _ = search.focus();
        }
    });
    let turn = move |to: usize| {
        skip.set(to);
        if let Some(list) = list.get_untracked() {
            list.set_scroll_top(0);
        }
    };
    let pick = move |name: &str| {
        asked.answer(&chosen(&asked.value.get_untracked(), name, many));
        if !many {
            open.set(false);
        }
    };
    let rows = move || found.with(|f| f.as_ref().map(|f| f.choices.clone()).unwrap_or_default());
    let count = move || found.with(|f| f.as_ref().map(|f| f.found).unwrap_or_default());
    let here = move || found.with(|f| f.as_ref().map(|f| f.choices.len()).unwrap_or_default());
    view! {
        <div class="look-up-search">
            <Icon sign=Sign::Search/>
            <input type="search" class="input" node_ref=search autocomplete="off" aria-label=t!(i18n, answer.search)
                placeholder=t!(i18n, answer.search) prop:value=move || text.get()
                on:input=move |ev| {
                    skip.set(0);
                    text.set(event_target_value(&ev));
                }/>
        </div>
        <p class="look-up-count" role="status">
            {live(move || match (asking.get(), found.with(Result::is_err), count()) {
                (true, ..) => text!(i18n, answer.looking),
                (_, true, _) => text!(i18n, answer.not_looked_up),
                (_, _, 0) => text!(i18n, answer.none_found),
                (_, _, n) if n > here() => text!(i18n, answer.part_found, from = skip.get() + 1, to = skip.get() + here(), n = n),
                (_, _, n) => text!(i18n, answer.n_found, n = n),
            })}
        </p>
        <Show when=move || found.with(Result::is_err)>
            <button type="button" class="btn" on:click=move |_| untrack(look)>{t!(i18n, visit.retry)}</button>
        </Show>
        <div class="look-up-list" node_ref=list role="listbox" aria-multiselectable=many.to_string()
            aria-labelledby=asked.label_id() on:keydown=move_focus>
            <For each=rows key=|c| (c.value.clone(), c.label.clone()) let(choice)>
                {
                    let name = StoredValue::new(choice.value);
                    let on = Memo::new(move |_| asked.value.with(|v| name.with_value(|n| v.split_whitespace().any(|w| w == n))));
                    view! {
                        <OptionButton role="option" many on label=choice.label locked=asked.locked
                            on_tap=move |()| name.with_value(|n| pick(n))/>
                    }
                }
            </For>
        </div>
        <footer class="look-up-foot">
            <Show when=move || { skip.get() > 0 }>
                <button type="button" class="btn" on:click=move |_| turn(skip.get_untracked().saturating_sub(MOST_CHOICES))>
                    "← "{t!(i18n, answer.earlier)}
                </button>
            </Show>
            <Show when=move || { skip.get() + here() < count() }>
                <button type="button" class="btn" on:click=move |_| turn(skip.get_untracked() + MOST_CHOICES)>
                    {t!(i18n, answer.further)}" →"
                </button>
            </Show>
            <span class="grow"></span>
            <button type="button" class="btn primary" on:click=move |_| open.set(false)>{t!(i18n, answer.done)}</button>
        </footer>
    }
}

/// The choice of this name; a name that was chosen a moment ago may not have its label yet.
fn of_name(choices: &[Choice], name: &str) -> Choice {
    let known = choices.iter().find(|c| c.value == name).cloned();
    known.unwrap_or_else(|| Choice::new(name, name))
}

/// What `FindChoices` would find, in a list that is here whole.
fn within(all: &[Choice], text: &str, skip: usize) -> FoundChoices {
    let text = text.trim().to_lowercase();
    let holds = |within: &str| within.to_lowercase().contains(&text);
    let found: Vec<&Choice> = all.iter().filter(|c| holds(&c.label) || holds(&c.value)).collect();
    let choices = found.iter().skip(skip).take(MOST_CHOICES).map(|&c| c.clone()).collect();
    FoundChoices { choices, found: found.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_searched_by_label_and_name() {
        let choice = |value: &str, label: &str| Choice::new(value, label);
        let all = [choice("valve", "阀门"), choice("pump", "Pump 水泵"), choice("pipe", "管道")];
        let names = |text| within(&all, text, 0).choices.into_iter().map(|c| c.value).collect::<Vec<_>>();
        assert_eq!(names(" 水泵"), ["pump"]);
        assert_eq!(names("P"), ["pump", "pipe"]);
        assert_eq!(within(&all, "", 2), FoundChoices { choices: vec![all[2].clone()], found: 3 });
        assert_eq!(of_name(&all, "new").label, "new");
    }
}

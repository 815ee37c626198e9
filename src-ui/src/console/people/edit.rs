//! Adding somebody, or changing name, roles and password.

use huce_core::{
    ids::{GridId, PersonId},
    ipc::{
        CallError, Code,
        console::{PeopleReply, ROLES, SavePerson},
    },
    person::{Person, Role, RoleIn},
};
use leptos::{ev, task::spawn_local};

use crate::{
    backend,
    form::text,
    i18n::*,
    load::Loader,
    pages::say::say,
    parts::{Dialog, Icon, Sign, Tone, use_toasts},
    prelude::*,
    words,
};

/// The server takes no shorter one.
const SHORTEST_PASSWORD: usize = 8;

/// Who is edited.
#[derive(Debug, Clone, PartialEq)]
pub enum Editing {
    /// Somebody new.
    Somebody,
    /// This person.
    Known(Person),
}

/// A role in a grid that is still to be chosen.
type Chosen = (Role, Option<GridId>);

/// Which field cannot be used.
#[derive(Debug, Clone, PartialEq)]
enum Fault {
    Login,
    LoginTaken,
    Name,
    Roles,
    Password,
    Server(CallError),
}

impl Fault {
    fn of(error: CallError) -> Self {
        let field = error.params.iter().find(|(name, _)| name == "field").map(|(_, value)| value.as_str());
        match (error.code, field) {
            (Code::BadInput, Some("login")) => Self::Login,
            (Code::BadInput, Some("name")) => Self::Name,
            (Code::BadInput, Some("roles")) => Self::Roles,
            (Code::BadInput, Some("password")) => Self::Password,
            _ => Self::Server(error),
        }
    }

    fn words(&self, i18n: I18n) -> String {
        match self {
            Self::Login => text!(i18n, people.bad_login),
            Self::LoginTaken => text!(i18n, people.login_taken),
            Self::Name => text!(i18n, people.bad_name),
            Self::Roles => text!(i18n, people.bad_roles),
            Self::Password => text!(i18n, people.bad_password, n = SHORTEST_PASSWORD),
            Self::Server(error) => say(i18n, error),
        }
    }
}

/// What is typed, checked.
fn checked(
    editing: &Editing,
    login: &str,
    name: &str,
    roles: &[Chosen],
    password: &str,
    known: &[Person],
) -> Result<SavePerson, Fault> {
    let login = PersonId::new(login.trim()).map_err(|_| Fault::Login)?;
    let is_new = *editing == Editing::Somebody;
    if is_new && known.iter().any(|p| p.id == login) {
        return Err(Fault::LoginTaken);
    }
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 40 {
        return Err(Fault::Name);
    }
    let roles = roles.iter().map(|(role, grid)| Some(RoleIn { role: *role, grid: grid.clone()? }));
    let mut roles: Vec<RoleIn> = roles.collect::<Option<_>>().ok_or(Fault::Roles)?;
    roles.sort_by(|a, b| (a.role, &a.grid).cmp(&(b.role, &b.grid)));
    roles.dedup();
    if is_new && roles.is_empty() {
        return Err(Fault::Roles);
    }
    let is_short = password.chars().count() < SHORTEST_PASSWORD;
    // Somebody without a password is an inspector who only uses a tablet.
    if !password.is_empty() && is_short {
        return Err(Fault::Password);
    }
    Ok(SavePerson { login, name, roles, password: (!password.is_empty()).then(|| password.to_owned()) })
}

/// The dialog; open while somebody is edited.
#[component]
pub fn EditDialog(
    /// Who.
    editing: RwSignal<Option<Editing>>,
    /// People and grids to choose from; asked again afterwards.
    people: Loader<PeopleReply>,
) -> impl IntoView {
    let i18n = use_i18n();
    let open = RwSignal::new(false);
    let title = move || match editing.get() {
        Some(Editing::Known(person)) => text!(i18n, people.edit_of, name = person.name),
        _ => text!(i18n, people.add),
    };
    Effect::new(move |_| open.set(editing.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && editing.with_untracked(Option::is_some) {
            editing.set(None);
        }
    });
    view! {
        <Dialog open title=title class="edit-dialog">
            {move || editing.get().map(|who| view! { <Form who open people/> })}
        </Dialog>
    }
}

#[component]
fn Form(who: Editing, open: RwSignal<bool>, people: Loader<PeopleReply>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let is_new = who == Editing::Somebody;
    let (start_login, start_name, start_roles) = match &who {
        Editing::Known(p) => {
            (p.id.to_string(), p.name.clone(), p.roles.iter().map(|r| (r.role, Some(r.grid.clone()))).collect())
        }
        Editing::Somebody => (String::new(), String::new(), vec![(Role::Inspector, None)]),
    };
    let (login, name, password) = (RwSignal::new(start_login), RwSignal::new(start_name), RwSignal::new(String::new()));
    let roles = RwSignal::<Vec<Chosen>>::new(start_roles);
    let fault = RwSignal::new(None::<Fault>);
    let saving = RwSignal::new(false);
    let who = StoredValue::new(who);
    let grids = StoredValue::new(people.peek(|p| p.grids.clone()).unwrap_or_default());
    let is_fault = move |of: fn(&Fault) -> bool| fault.with(|f| f.as_ref().is_some_and(of));
    let save = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if saving.get_untracked() {
            return;
        }
        let known = people.peek(|p| p.people.clone()).unwrap_or_default();
        let call = who.with_value(|who| {
            let roles = roles.get_untracked();
            checked(who, &login.get_untracked(), &name.get_untracked(), &roles, &password.get_untracked(), &known)
        });
        let call = match call {
            Ok(call) => call,
            Err(wrong) => return fault.set(Some(wrong)),
        };
        fault.set(None);
        saving.set(true);
        spawn_local(async move {
            let saved = backend::call(call).await;
            let _closed = saving.try_set(false);
            match saved {
                Ok(person) => {
                    toasts.say(Tone::Good, text!(i18n, people.saved, name = person.name));
                    people.reload();
                    let _closed = open.try_set(false);
                }
                Err(error) => drop(fault.try_set(Some(Fault::of(error)))),
            }
        });
    };
    let wrong = move |of: fn(&Fault) -> bool| {
        move || {
            is_fault(of)
                .then(|| fault.get().map(|f| view! { <span class="field-error" role="alert">{f.words(i18n)}</span> }))
        }
    };
    view! {
        <form class="edit-form" on:submit=save>
            <label class="field" class:wrong=move || is_fault(|f| matches!(f, Fault::Login | Fault::LoginTaken))>
                <span class="field-label">{t!(i18n, people.login)}</span>
                <input class="input" name="new-login" autocomplete="off" autocapitalize="off" spellcheck="false" readonly=!is_new
                    prop:value=move || login.get() on:input=move |e| login.set(event_target_value(&e))/>
                <span class="field-hint">{move || if is_new { t_string!(i18n, people.login_hint) } else { t_string!(i18n, people.login_stays) }}</span>
                {wrong(|f| matches!(f, Fault::Login | Fault::LoginTaken))}
            </label>
            <label class="field" class:wrong=move || is_fault(|f| *f == Fault::Name)>
                <span class="field-label">{t!(i18n, people.name)}</span>
                <input class="input" name="new-name" autocomplete="off" prop:value=move || name.get() on:input=move |e| name.set(event_target_value(&e))/>
                {wrong(|f| *f == Fault::Name)}
            </label>
            <fieldset class="edit-roles" class:wrong=move || is_fault(|f| *f == Fault::Roles)>
                <legend class="field-label">{t!(i18n, people.roles)}</legend>
                {move || roles.get().into_iter().enumerate().map(|(i, (role, grid))| view! { <RoleLine i role grid roles grids/> }).collect_view()}
                <button type="button" class="btn quiet" on:click=move |_| roles.update(|r| r.push((Role::Inspector, None)))>
                    <Icon sign=Sign::Plus/><span>{t!(i18n, people.add_role)}</span>
                </button>
                {move || roles.with(Vec::is_empty).then(|| view! { <span class="field-hint">{t_string!(i18n, people.no_role_hint)}</span> })}
                {wrong(|f| *f == Fault::Roles)}
            </fieldset>
            <label class="field" class:wrong=move || is_fault(|f| *f == Fault::Password)>
                <span class="field-label">{move || if is_new { t_string!(i18n, people.password) } else { t_string!(i18n, people.new_password) }}</span>
                <input class="input" name="new-password" type="text" autocomplete="new-password" autocapitalize="off" spellcheck="false"
                    prop:value=move || password.get() on:input=move |e| password.set(event_target_value(&e))/>
                <span class="field-hint">{move || if is_new { t_string!(i18n, people.password_hint) } else { t_string!(i18n, people.password_stays) }}</span>
                {wrong(|f| *f == Fault::Password)}
            </label>
            {move || is_fault(|f| matches!(f, Fault::Server(_))).then(|| fault.get().map(|f| view! { <p class="c-said bad" role="alert">{f.words(i18n)}</p> }))}
            <div class="dialog-foot">
                <button type="button" class="btn" on:click=move |_| open.set(false)>{t!(i18n, people.cancel)}</button>
                <button type="submit" class="btn primary" disabled=move || saving.get()>{move || if saving.get() { t_string!(i18n, people.saving) } else { t_string!(i18n, people.save) }}</button>
            </div>
        </form>
    }
}

/// One role in one grid.
#[component]
fn RoleLine(
    i: usize,
    role: Role,
    grid: Option<GridId>,
    roles: RwSignal<Vec<Chosen>>,
    grids: StoredValue<Vec<(GridId, String, huce_core::grid::Level)>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let change = move |change: &dyn Fn(&mut Chosen)| {
        roles.update(|all| {
            if let Some(line) = all.get_mut(i) {
                change(line);
            }
        });
    };
    let is_none = grid.is_none();
    view! {
        <div class="role-line">
            <select class="input" aria-label=t!(i18n, people.role)
                on:change=move |e| {
                    let chosen = event_target_value(&e).parse::<usize>().ok().and_then(|n| ROLES.get(n).copied());
                    if let Some(role) = chosen { change(&|line| line.0 = role) }
                }>
                {ROLES.into_iter().enumerate().map(|(n, of)| view! {
                    <option value=n.to_string() selected=of == role>{move || words::role(i18n, of)}</option>
                }).collect_view()}
            </select>
            <select class="input" aria-label=t!(i18n, people.grid)
                on:change=move |e| {
                    let chosen = GridId::new(event_target_value(&e)).ok();
                    change(&|line| line.1 = chosen.clone());
                }>
                <option value="" selected=is_none>{t!(i18n, people.choose_grid)}</option>
                {grids.get_value().into_iter().map(|(id, name, level)| {
                    let chosen = grid.as_ref() == Some(&id);
                    let value = id.to_string();
                    let said = value.clone();
                    view! { <option value=said selected=chosen>{move || format!("{name} · {} {value}", words::level(i18n, level))}</option> }
                }).collect_view()}
            </select>
            <button type="button" class="btn quiet icon-only" aria-label=t!(i18n, people.drop_role)
                on:click=move |_| roles.update(|all| if i < all.len() { all.remove(i); })><Icon sign=Sign::Close/></button>
        </div>
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_would_refuse_is_said_at_its_field() {
        let known = [Person { id: PersonId::new("admin").unwrap(), name: "管".into(), roles: vec![] }];
        let grid = GridId::new("SY").unwrap();
        let one = [(Role::Inspector, Some(grid.clone())), (Role::Inspector, Some(grid))];
        let check =
            |login, name, roles: &[_], password| checked(&Editing::Somebody, login, name, roles, password, &known);
        assert_eq!(check("a b", "N", &one, "").unwrap_err(), Fault::Login);
        assert_eq!(check("admin", "N", &one, "").unwrap_err(), Fault::LoginTaken);
        assert_eq!(check("new", " ", &one, "").unwrap_err(), Fault::Name);
        assert_eq!(check("new", "N", &[(Role::Inspector, None)], "").unwrap_err(), Fault::Roles);
        assert_eq!(check("new", "N", &one, "short").unwrap_err(), Fault::Password);
        let saved = check(" new ", "N", &one, "").unwrap();
        assert_eq!((saved.login.as_str(), saved.roles.len(), saved.password), ("new", 1, None));
    }
}

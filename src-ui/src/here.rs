//! Who is here, and what time it is by the clock that promises run by.

use huce_core::{
    clock::Millis,
    grid::Grid,
    ids::{GridId, PersonId},
    ipc::{
        Changed,
        session::{Now, Ready, Session, WhoAmI},
    },
};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, closure::Closure};

use crate::{
    backend::call,
    load::{Loader, load},
};

/// In the context of every page.
#[derive(Clone, Copy)]
pub struct Here {
    /// Who.
    pub session: Loader<Session>,
    now: RwSignal<Millis>,
}

/// Asks who is here and starts the clock. Once, when the app starts or the pages of an annex are opened.
pub fn provide_here() -> Here {
    let here = Here { session: load(&[Changed::Session], || WhoAmI {}), now: RwSignal::new(device_ms()) };
    let offset = RwSignal::new(device_ms() - passed_ms());
    let ask = move || {
        spawn_local(async move {
            if let Ok(reply) = call(Now {}).await {
                offset.set(reply.now_ms - passed_ms());
                here.now.set(reply.now_ms);
            }
        });
    };
    ask();
    let tick = Closure::<dyn Fn()>::new(move || here.now.set(passed_ms() + offset.get_untracked()));
    let ticking = window().set_interval_with_callback_and_timeout_and_arguments_0(tick.as_ref().unchecked_ref(), 1000);
    let tick = StoredValue::new_local(Some(tick));
    on_cleanup(move || {
        if let Ok(ticking) = ticking {
            window().clear_interval_with_handle(ticking);
        }
        drop(tick.try_update_value(Option::take));
    });
    let listener = crate::backend::on_changed(move |noun| {
        if noun == Changed::Sync {
            ask();
        }
    });
    on_cleanup(move || crate::backend::changed::forget(listener));
    provide_context(here);
    here
}

/// Who is here and what time it is.
pub fn use_here() -> Here {
    use_context().unwrap_or_else(provide_here)
}

impl Here {
    /// The promises' clock; follows it each second.
    pub fn now_ms(&self) -> Millis {
        self.now.get()
    }

    /// The promises' clock, not followed.
    pub fn now_ms_untracked(&self) -> Millis {
        self.now.get_untracked()
    }

    /// The day in China; changes at midnight only.
    pub fn today(&self) -> Memo<chrono::NaiveDate> {
        let now = self.now;
        Memo::new(move |_| huce_core::clock::china_date(now.get()))
    }

    /// Reads who is here, and follows it.
    pub fn ready<R>(&self, read: impl FnOnce(&Ready) -> R) -> Option<R> {
        self.session.with(|s| match s.ready() {
            Some(Session::Ready(ready)) => Some(read(ready)),
            _ => None,
        })
    }

    /// A person's name to show.
    pub fn name_of(&self, person: &PersonId) -> String {
        self.ready(|r| r.name_of(person).to_owned()).unwrap_or_else(|| person.to_string())
    }

    /// A grid's name to show.
    pub fn grid_name(&self, grid: &GridId) -> String {
        let find = |all: &[Grid]| all.iter().find(|g| g.id == *grid).map(|g| g.name.clone());
        self.ready(|r| find(&r.grids).or_else(|| find(&r.above))).flatten().unwrap_or_else(|| grid.to_string())
    }
}

/// Milliseconds since the app began, which only go forward whatever is done to the device's clock.
fn passed_ms() -> Millis {
    let performance = js_sys::Reflect::get(&window(), &"performance".into()).ok();
    let now = performance.as_ref().and_then(|p| js_sys::Reflect::get(p, &"now".into()).ok());
    let called =
        now.and_then(|now| now.dyn_into::<js_sys::Function>().ok()?.call0(performance.as_ref()?).ok()?.as_f64());
    called.unwrap_or_else(js_sys::Date::now) as Millis
}

/// The device's own clock.
pub fn device_ms() -> Millis {
    js_sys::Date::now() as Millis
}

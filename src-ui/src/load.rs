//! What a page shows of a call: nothing yet, the reply, or why there is none. Asked again when a signal that the call
//! is made from changes, and when the backend says that something changed; the old reply stays until the new one is
//! there, and an equal one changes nothing, so that a page is not drawn again under the finger.

use std::{cell::Cell, rc::Rc};

use huce_core::ipc::{Call, CallError, Changed, Code};
use leptos::{prelude::*, reactive::owner::LocalStorage, task::spawn_local};

use crate::{
    backend::{call_text, changed, on_changed},
    parts::state::{Failed, Waiting},
};

/// A reply on its way.
#[derive(Debug, Clone, PartialEq)]
pub enum Loaded<T> {
    /// Not there yet.
    Loading,
    /// There.
    Ready(T),
    /// Why not.
    Failed(CallError),
}

impl<T> Loaded<T> {
    /// The reply, when there.
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            _ => None,
        }
    }
}

/// A call that is asked again when it must be. Copied freely.
pub struct Loader<T: 'static> {
    value: RwSignal<Loaded<T>, LocalStorage>,
    again: RwSignal<u32>,
}

impl<T> Clone for Loader<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Loader<T> {}

impl<T: 'static> Loader<T> {
    /// Reads what is there, and follows it.
    pub fn with<R>(&self, read: impl FnOnce(&Loaded<T>) -> R) -> R {
        self.value.with(read)
    }

    /// Reads a part of the reply, and follows it; none while there is no reply.
    pub fn get<R>(&self, read: impl FnOnce(&T) -> R) -> Option<R> {
        self.value.with(|v| v.ready().map(read))
    }

    /// Reads a part of the reply without following it.
    pub fn peek<R>(&self, read: impl FnOnce(&T) -> R) -> Option<R> {
        self.value.with_untracked(|v| v.ready().map(read))
    }

    /// Puts in a reply that another call has given.
    pub fn put(&self, reply: T) {
        self.value.set(Loaded::Ready(reply));
    }

    /// Asks again.
    pub fn reload(&self) {
        self.again.update(|n| *n = n.wrapping_add(1));
    }
}

/// Loads the reply to `make()`. `make` may read signals; the call is made again when they change, and when the
/// backend tells one of `nouns`.
pub fn load<C: Call>(nouns: &'static [Changed], make: impl Fn() -> C + 'static) -> Loader<C::Reply> {
    load_some(nouns, move || Some(make()))
}

/// Like [`load`]; while `make()` gives none, nothing is asked.
pub fn load_some<C: Call>(nouns: &'static [Changed], make: impl Fn() -> Option<C> + 'static) -> Loader<C::Reply> {
    let loader = Loader { value: RwSignal::new_local(Loaded::Loading), again: RwSignal::new(0) };
    let number = Rc::new(Cell::new(0_u32));
    // The call that the shown reply belongs to, and that reply, as JSON.
    let shown = Rc::new(std::cell::RefCell::new((String::new(), String::new())));
    let listener = on_changed(move |noun| {
        if nouns.contains(&noun) {
            let _ = loader.again.try_update(|n| *n = n.wrapping_add(1));
        }
    });
    on_cleanup(move || changed::forget(listener));
    Effect::new(move |_| {
        loader.again.track();
        let Some(call) = make() else { return };
        let asked = serde_json::to_string(&call).unwrap_or_default();
        let mine = number.get().wrapping_add(1);
        number.set(mine);
        if shown.borrow().0 != asked {
            if !loader.value.with_untracked(|v| matches!(v, Loaded::Loading)) {
                loader.value.set(Loaded::Loading);
            }
            *shown.borrow_mut() = (asked, String::new());
        }
        let (number, shown) = (number.clone(), shown.clone());
        spawn_local(async move {
            let text = call_text(&call).await;
            if number.get() != mine {
                return; // a newer question is on its way
            }
            let reply = text.and_then(|text| {
                if shown.borrow().1 == text {
                    return Ok(None);
                }
                let reply = serde_json::from_str::<C::Reply>(&text)
                    .map_err(|e| CallError::new(Code::NotHuce).with("what", format!("{}: {e}", C::NAME)))?;
                shown.borrow_mut().1 = text;
                Ok(Some(reply))
            });
            match reply {
                Ok(None) => {}
                Ok(Some(reply)) => drop(loader.value.try_set(Loaded::Ready(reply))),
                Err(error) => {
                    // What is shown stays while the server is away; the header says that it is.
                    let keep = error.code == Code::Offline
                        && loader.value.try_with_untracked(|v| matches!(v, Loaded::Ready(_))).unwrap_or(true);
                    if !keep {
                        shown.borrow_mut().1.clear();
                        let _ = loader.value.try_set(Loaded::Failed(error));
                    }
                }
            }
        });
    });
    loader
}

/// Draws a reply, and the states of a page before it is there or when it does not come.
pub fn show<T: 'static>(loader: Loader<T>, draw: impl Fn(&T) -> AnyView + 'static + Send) -> impl IntoView {
    move || {
        loader.with(|value| match value {
            Loaded::Loading => view! { <Waiting/> }.into_any(),
            Loaded::Failed(error) => {
                view! { <Failed error=error.clone() on_retry=Callback::new(move |()| loader.reload())/> }.into_any()
            }
            Loaded::Ready(reply) => draw(reply),
        })
    }
}

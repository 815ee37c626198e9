//! What a page shows of a call: nothing yet, the reply, or why there is none. Asked again when a signal that the call
//! is made from changes, and when the backend says that something changed; the old reply stays until the new one is
//! there, and an equal one changes nothing, so that a page is not drawn again under the finger.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    marker::PhantomData,
    rc::Rc,
};

use huce_core::ipc::{Call, CallError, Changed, Code};
use leptos::{reactive::owner::LocalStorage, task::spawn_local};

use crate::{
    backend::{ask, changed, on_changed, question, understand},
    parts::state::{Failed, Waiting},
    prelude::*,
};

/// A reply on its way.
#[derive(Debug, PartialEq)]
pub enum Loaded<'a, T> {
    /// Not there yet.
    Loading,
    /// There.
    Ready(&'a T),
    /// Why not.
    Failed(&'a CallError),
}

impl<'a, T> Loaded<'a, T> {
    /// The reply, when there.
    pub fn ready(&self) -> Option<&'a T> {
        match self {
            Self::Ready(value) => Some(value),
            _ => None,
        }
    }
}

/// The same for replies of every type, so that signals, effects and futures are made once and not for each call.
#[derive(Clone)]
enum State {
    Loading,
    Ready(Rc<dyn Any>),
    Failed(CallError),
}

impl State {
    fn loaded<T: 'static>(&self) -> Loaded<'_, T> {
        match self {
            Self::Loading => Loaded::Loading,
            // A loader puts in replies of its own type only.
            Self::Ready(reply) => reply.downcast_ref().map_or(Loaded::Loading, Loaded::Ready),
            Self::Failed(error) => Loaded::Failed(error),
        }
    }
}

/// What a [`Loader`] of every type holds.
#[derive(Clone, Copy)]
struct Seat {
    state: RwSignal<State, LocalStorage>,
    again: RwSignal<u32>,
}

impl Seat {
    fn reload(self) {
        let _ = self.again.try_update(|n| *n = n.wrapping_add(1));
    }
}

/// A call that is asked again when it must be. Copied freely.
pub struct Loader<T: 'static> {
    seat: Seat,
    reply: PhantomData<fn() -> T>,
}

impl<T> Clone for Loader<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Loader<T> {}

impl<T: 'static> Loader<T> {
    /// Reads what is there, and follows it.
    pub fn with<R>(&self, read: impl FnOnce(Loaded<'_, T>) -> R) -> R {
        read(self.seat.state.get().loaded())
    }

    /// Reads a part of the reply, and follows it; none while there is no reply.
    pub fn get<R>(&self, read: impl FnOnce(&T) -> R) -> Option<R> {
        self.seat.state.get().loaded().ready().map(read)
    }

    /// Reads a part of the reply without following it.
    pub fn peek<R>(&self, read: impl FnOnce(&T) -> R) -> Option<R> {
        self.seat.state.get_untracked().loaded().ready().map(read)
    }

    /// Puts in a reply that another call has given.
    pub fn put(&self, reply: T) {
        self.seat.state.set(State::Ready(Rc::new(reply)));
    }

    /// Asks again.
    pub fn reload(&self) {
        self.seat.reload();
    }
}

/// Loads the reply to `make()`. `make` may read signals; the call is made again when they change, and when the
/// backend tells one of `nouns`.
pub fn load<C: Call>(nouns: &'static [Changed], make: impl Fn() -> C + 'static) -> Loader<C::Reply> {
    load_some(nouns, move || Some(make()))
}

/// Like [`load`]; while `make()` gives none, nothing is asked.
pub fn load_some<C: Call>(nouns: &'static [Changed], make: impl Fn() -> Option<C> + 'static) -> Loader<C::Reply> {
    let seat = follow(Asked {
        nouns,
        name: C::NAME,
        question: Box::new(move || make().map(|call| question(&call))),
        understand: |text| Ok(Rc::new(understand::<C::Reply>(C::NAME, text)?)),
    });
    Loader { seat, reply: PhantomData }
}

/// A call of whatever type.
struct Asked {
    nouns: &'static [Changed],
    name: &'static str,
    question: Box<dyn Fn() -> Option<String>>,
    understand: fn(&str) -> Result<Rc<dyn Any>, CallError>,
}

fn follow(call: Asked) -> Seat {
    let Asked { nouns, name, question, understand } = call;
    let seat = Seat { state: RwSignal::new_local(State::Loading), again: RwSignal::new(0) };
    let number = Rc::new(Cell::new(0_u32));
    // The call that the shown reply belongs to, and that reply, as JSON.
    let shown = Rc::new(RefCell::new((String::new(), String::new())));
    let listener = on_changed(move |noun| {
        if nouns.contains(&noun) {
            seat.reload();
        }
    });
    on_cleanup(move || changed::forget(listener));
    Effect::new(move |_| {
        seat.again.track();
        let Some(question) = question() else { return };
        let mine = number.get().wrapping_add(1);
        number.set(mine);
        if shown.borrow().0 != question {
            if !seat.state.with_untracked(|s| matches!(s, State::Loading)) {
                seat.state.set(State::Loading);
            }
            *shown.borrow_mut() = (question.clone(), String::new());
        }
        let (number, shown) = (number.clone(), shown.clone());
        spawn_local(async move {
            let text = ask(name, question).await;
            if number.get() != mine {
                return; // a newer question is on its way
            }
            let reply = text.and_then(|text| {
                if shown.borrow().1 == text {
                    return Ok(None);
                }
                let reply = understand(&text)?;
                shown.borrow_mut().1 = text;
                Ok(Some(reply))
            });
            match reply {
                Ok(None) => {}
                Ok(Some(reply)) => drop(seat.state.try_set(State::Ready(reply))),
                Err(error) => {
                    // What is shown stays while the server is away; the header says that it is.
                    let keep = error.code == Code::Offline
                        && seat.state.try_with_untracked(|s| matches!(s, State::Ready(_))).unwrap_or(true);
                    if !keep {
                        shown.borrow_mut().1.clear();
                        let _ = seat.state.try_set(State::Failed(error));
                    }
                }
            }
        });
    });
    seat
}

/// Draws a reply, and the states of a page before it is there or when it does not come.
pub fn show<T: 'static>(loader: Loader<T>, draw: impl Fn(&T) -> AnyView + 'static + Send) -> AnyView {
    draw_state(
        loader.seat,
        Box::new(move |state| match state.loaded() {
            Loaded::Ready(reply) => draw(reply),
            _ => ().into_any(),
        }),
    )
}

fn draw_state(seat: Seat, draw: Box<dyn Fn(&State) -> AnyView + Send>) -> AnyView {
    let drawn = move || match seat.state.get() {
        State::Loading => view! { <Waiting/> }.into_any(),
        State::Failed(error) => view! { <Failed error on_retry=Callback::new(move |()| seat.reload())/> }.into_any(),
        ready @ State::Ready(_) => draw(&ready),
    };
    drawn.into_any()
}

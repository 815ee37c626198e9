//! A list whose rows stay, with what was typed in them and the keyboard's focus, while other rows come, go or move.

use std::{
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash},
    sync::Arc,
};

use leptos::prelude::{AnyView, For as Keyed, IntoAny, IntoView, component, view};

/// A row that is drawn when it is new: its key, and how.
type Row = (u64, Box<dyn FnOnce() -> AnyView + Send>);

/// Leptos's `For`, whose comparing and moving of rows is made once for lists of everything.
#[component]
pub fn For<T, I, K, V, E, F, D>(
    /// What is in the list.
    each: E,
    /// What tells a row from others, and from the same row when it shows something else.
    key: F,
    /// Draws a row.
    children: D,
) -> impl IntoView
where
    E: Fn() -> I + Send + Sync + 'static,
    I: IntoIterator<Item = T> + 'static,
    T: Send + 'static,
    F: Fn(&T) -> K + Send + Sync + 'static,
    K: Hash + 'static,
    D: Fn(T) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let draw = Arc::new(children);
    // The same hash for the same key in every run of the list; two keys of one hash are not to be expected.
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    rows(Box::new(move || {
        let row = |item: T| -> Row {
            let (key, draw) = (hasher.hash_one(key(&item)), draw.clone());
            (key, Box::new(move || draw(item).into_any()))
        };
        each().into_iter().map(row).collect()
    }))
}

fn rows(each: Box<dyn Fn() -> Vec<Row> + Send + Sync>) -> AnyView {
    view! { <Keyed each key=|row: &Row| row.0 children=|row: Row| (row.1)()/> }.into_any()
}

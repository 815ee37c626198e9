//! What a question shows and plays beside its text: pictures, sounds and films that came with the form.

use super::asked::Asked;
use crate::prelude::*;

/// The files of a question's label; nothing where it has none.
#[component]
pub fn QuestionMedia(
    /// The question.
    asked: Asked,
) -> impl IntoView {
    let media = Memo::new(move |_| asked.read(|n| n.media.clone()));
    let url = move |name: &str| asked.filling.file_url(name);
    live(move || {
        let media = media.get();
        (!media.is_empty()).then(|| {
            let some = |name: &str| (!name.is_empty()).then(|| url(name));
            view! {
                <div class="question-media">
                    {some(&media.image).map(|src| view! { <img src=src alt=""/> })}
                    {some(&media.audio).map(|src| view! { <audio src=src controls preload="none"></audio> })}
                    {some(&media.video).map(|src| view! { <video src=src controls preload="metadata"></video> })}
                </div>
            }
        })
    })
}

//! Texts in several languages, and everything that is no plain text: media, guidance, choices that say them.

use super::Maker;
use super::node::Tag;
use super::path::Context;
use crate::form::xlsform::choices::Choice;
use crate::form::xlsform::draft::Kind;
use crate::form::xlsform::problem::Code;
use crate::form::xlsform::reference;
use crate::form::xlsform::tree::{Element, ElementId};
use crate::form::xlsform::value::{Fields, Value};
use std::collections::HashMap;

/// Texts by language, in order of first use.
#[derive(Debug, Default)]
pub(super) struct Translations {
    languages: Vec<(String, Texts)>,
}

/// Texts of a language by id, in order of first use.
#[derive(Debug, Default)]
struct Texts {
    at: HashMap<String, usize>,
    texts: Vec<(String, Vec<Form>)>,
}

/// A form of a text: long, guidance, image, …
#[derive(Debug, Clone)]
struct Form {
    name: String,
    text: String,
    context: Option<ElementId>,
}

/// What stands for a text that a language does not have.
const MISSING: &str = "-";

impl Texts {
    fn set(&mut self, id: &str, form: Form) {
        let next = self.texts.len();
        let at = *self.at.entry(id.to_owned()).or_insert(next);
        if at == next {
            self.texts.push((id.to_owned(), Vec::new()));
        }
        let Some((_, forms)) = self.texts.get_mut(at) else { return };
        match forms.iter_mut().find(|f| f.name == form.name) {
            Some(old) => *old = form,
            None => forms.push(form),
        }
    }

    fn has(&self, id: &str, form: &str) -> bool {
        let forms = self.at.get(id).and_then(|at| self.texts.get(*at));
        forms.is_some_and(|(_, forms)| forms.iter().any(|f| f.name == form))
    }
}

impl Translations {
    fn set(&mut self, language: &str, id: &str, name: &str, text: &str, context: Option<ElementId>) {
        let form = Form { name: name.to_owned(), text: text.to_owned(), context };
        if let Some((_, texts)) = self.languages.iter_mut().find(|(l, _)| l == language) {
            texts.set(id, form);
            return;
        }
        let mut texts = Texts::default();
        texts.set(id, form);
        self.languages.push((language.to_owned(), texts));
    }

    /// Sets the texts of all languages; one without language is the default language's.
    fn set_all(&mut self, value: &Value, default: &str, id: &str, name: &str, context: Option<ElementId>) {
        match value {
            Value::Text(text) => self.set(default, id, name, text, context),
            Value::Map(map) => {
                for (language, text) in map.iter() {
                    if let Some(text) = text.as_text() {
                        self.set(language, id, name, text, context);
                    }
                }
            }
        }
    }

    /// Every language gets every text in every form, so that clients need not look elsewhere.
    fn complete(&mut self) {
        if self.languages.len() < 2 {
            return;
        }
        let mut all = Texts::default();
        for (id, form) in
            self.languages.iter().flat_map(|(_, t)| &t.texts).flat_map(|(id, f)| f.iter().map(move |f| (id, f)))
        {
            if !all.has(id, &form.name) {
                all.set(id, Form { text: MISSING.to_owned(), context: None, ..form.clone() });
            }
        }
        for (_, texts) in &mut self.languages {
            for (id, forms) in &all.texts {
                for form in forms {
                    if !texts.has(id, &form.name) {
                        texts.set(id, form.clone());
                    }
                }
            }
        }
    }
}

/// Whether a label stands among the translations.
pub(super) fn label_is_translated(element: &Element) -> bool {
    matches!(element.label, Some(Value::Map(_))) || element.media.is_some()
}

impl Maker<'_> {
    /// Collects all translations.
    pub(super) fn translations(&self) -> Translations {
        let mut all = Translations::default();
        let default = self.settings.language.as_str();
        for list in self.choices.iter().filter(|l| l.translated) {
            for (at, choice) in list.rows.iter().enumerate() {
                set_choice(&mut all, choice, &format!("{}-{at}", list.name), default);
            }
        }
        let shown =
            |e: &Element| matches!(e.kind, Kind::Group | Kind::Repeat | Kind::Loop | Kind::Question | Kind::Entity);
        for (id, element) in self.tree.all().filter(|(_, e)| shown(e)) {
            set_element(&mut all, id, element, default);
        }
        for (_, element) in self.tree.all().filter(|(_, e)| shown(e)) {
            self.set_media(&mut all, element);
        }
        all.complete();
        all
    }

    fn set_media(&self, all: &mut Translations, element: &Element) {
        let Some(media) = &element.media else { return };
        // Media without language next to others with one may stand under "default" as a whole.
        let media = media.map("default").unwrap_or(media);
        let id = format!("{}:label", element.path);
        for (kind, value) in media.iter() {
            if !matches!(kind, "image" | "big-image" | "audio" | "video") {
                let message = (
                    format!("there is no medium \"{kind}\": there are image, big-image, audio and video"),
                    format!("没有媒体“{kind}”，可以用的有：image、big-image、audio、video。"),
                );
                self.wrong(element, &["media", kind], Code::MediaUnknown, message);
                continue;
            }
            all.set_all(value, &self.settings.language, &id, kind, None);
        }
    }

    pub(super) fn itext(&self, all: &Translations) -> Option<Tag> {
        if all.languages.is_empty() {
            return None;
        }
        let mut itext = Tag::new("itext");
        for (language, texts) in &all.languages {
            let mut translation = Tag::new("translation").with("lang", language);
            if *language == self.settings.language {
                translation.set("default", "true()");
            }
            for (id, forms) in &texts.texts {
                let hint = id.split_once(':').is_some_and(|(_, kind)| kind == "hint");
                let mut text = Tag::new("text").with("id", id);
                for form in forms {
                    if let Some(value) = self.form(form, hint) {
                        text.push(value);
                    }
                }
                translation.push(text);
            }
            itext.push(translation);
        }
        Some(itext)
    }

    fn form(&self, form: &Form, hint: bool) -> Option<Tag> {
        let context = Context { element: form.context, ..Context::default() };
        let value = Tag::new("value");
        if !self.spend(form.text.len() + 16) {
            return None;
        }
        match form.name.as_str() {
            "guidance" if hint => Some(self.with_outputs(value.with("form", "guidance"), &form.text, context)),
            "long" => Some(self.with_outputs(value, &form.text, context)),
            _ if form.text == MISSING => None,
            name => {
                let folder = if matches!(name, "image" | "big-image") { "images" } else { name };
                let file = format!("jr://{folder}/{}", form.text);
                Some(self.with_outputs(value.with("form", name), &file, context))
            }
        }
    }
}

fn set_choice(all: &mut Translations, choice: &Choice, id: &str, default: &str) {
    if let Some(label) = choice.fields.get("label") {
        all.set_all(label, default, id, "long", None);
        // A heading with three parts, `label::form::language`, is taken for a form of the text.
        for (form, texts) in label.as_map().into_iter().flat_map(Fields::iter) {
            if texts.as_map().is_some() {
                all.set_all(texts, default, id, form, None);
            }
        }
    }
    for (kind, value) in choice.fields.map("media").into_iter().flat_map(Fields::iter) {
        all.set_all(value, default, id, kind, None);
    }
}

fn set_element(all: &mut Translations, id: ElementId, element: &Element, default: &str) {
    let bind = |key: &str| element.bind.as_ref().and_then(|b| b.get(key));
    for key in ["jr:constraintMsg", "jr:requiredMsg", "jr:noAppErrorString"] {
        let Some(message) = bind(key) else { continue };
        let refers = key != "jr:noAppErrorString" && message.as_text().is_some_and(reference::has);
        if refers || message.as_map().is_some() {
            all.set_all(message, default, &format!("{}:{key}", element.path), "long", Some(id));
        }
    }
    if let Some(label) = element.label.as_ref().filter(|_| label_is_translated(element)) {
        all.set_all(label, default, &format!("{}:label", element.path), "long", Some(id));
    }
    // Groups have no hints that are shown, but what is translated is there.
    let question = element.kind == Kind::Question;
    let guidance = element.guidance.as_ref().filter(|_| question);
    if let Some(hint) = &element.hint
        && (hint.as_map().is_some() || guidance.is_some())
    {
        all.set_all(hint, default, &format!("{}:hint", element.path), "long", Some(id));
    }
    if let Some(guidance) = guidance {
        all.set_all(guidance, default, &format!("{}:hint", element.path), "guidance", Some(id));
    }
}

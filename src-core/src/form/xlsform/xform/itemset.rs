//! Where the choices of a question come from, as an itemset.

use super::Maker;
use super::node::Tag;
use super::path::Context;
use crate::form::xlsform::reference;
use crate::form::xlsform::survey::{EXTENSIONS, split_extension};
use crate::form::xlsform::tree::{Element, ElementId};
use crate::form::xlsform::types::Class;

struct Itemset {
    value: String,
    label: String,
    nodeset: String,
    filter: Option<String>,
}

impl Maker<'_> {
    pub(super) fn itemset(&self, id: ElementId, element: &Element, itemset: &str) -> Tag {
        let of_repeat = reference::has(itemset);
        let mut set = if element.class == Class::Range {
            self.of_list(itemset)
        } else if let Some(set) = of_file(element, itemset) {
            set
        } else if of_repeat {
            self.of_repeat(id, element, itemset)
        } else {
            self.of_list(itemset)
        };
        if element.class != Class::Range {
            if let Some(filter) = &element.choice_filter {
                let context = Context { element: Some(id), current: true, to_parent: of_repeat };
                let mut filter = self.expand(filter, context);
                if of_repeat {
                    filter = filter.replace(&format!("current()/{}", set.nodeset), ".").replace(&set.nodeset, ".");
                }
                set.filter = Some(filter);
            }
            if let Some(filter) = &set.filter {
                set.nodeset = format!("{}[{filter}]", set.nodeset);
            }
            if element.parameters.get("randomize") == Some("true") {
                set.nodeset = match element.parameters.get("seed") {
                    Some(seed) => {
                        format!("randomize({}, {})", set.nodeset, self.expand(seed, Context::of(id)).trim())
                    }
                    None => format!("randomize({})", set.nodeset),
                };
            }
        }
        Tag::new("itemset")
            .with("nodeset", set.nodeset)
            .and(Tag::new("value").with("ref", set.value))
            .and(Tag::new("label").with("ref", set.label))
    }

    fn of_list(&self, list: &str) -> Itemset {
        let translated = self.choices.get(list).is_some_and(|l| l.translated);
        Itemset {
            value: "name".to_owned(),
            label: if translated { "jr:itext(itextId)" } else { "label" }.to_owned(),
            nodeset: format!("instance('{list}')/root/item"),
            filter: None,
        }
    }

    /// The answers in a repeat, those that are not empty; for places the repeat with its geometries.
    fn of_repeat(&self, id: ElementId, element: &Element, itemset: &str) -> Itemset {
        let path = self.expand(itemset, Context { element: Some(id), current: false, to_parent: true });
        let path = path.trim();
        let (nodeset, last) = match element.class {
            Class::Geo => (path, "geometry"),
            _ => path.rsplit_once('/').unwrap_or(("", path)),
        };
        Itemset {
            value: last.to_owned(),
            label: last.to_owned(),
            nodeset: nodeset.to_owned(),
            filter: Some(format!("./{last} != ''")),
        }
    }
}

fn of_file(element: &Element, itemset: &str) -> Option<Itemset> {
    let (stem, extension) = split_extension(itemset);
    if !EXTENSIONS.contains(&extension) {
        return None;
    }
    let (value, label) = if extension == ".geojson" { ("id", "title") } else { ("name", "label") };
    let parameters = Some(&element.parameters).filter(|_| element.class == Class::Select);
    let of = |key: &str, default: &str| parameters.and_then(|p| p.get(key)).unwrap_or(default).to_owned();
    Some(Itemset {
        value: of("value", value),
        label: of("label", label),
        nodeset: format!("instance('{stem}')/root/item"),
        filter: None,
    })
}

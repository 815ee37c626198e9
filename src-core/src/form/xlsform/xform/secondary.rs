//! Secondary instances: choices, files, the record saved last.

use super::Maker;
use super::node::Tag;
use crate::form::xlsform::choices::List;
use crate::form::xlsform::draft::Kind;
use crate::form::xlsform::problem::{Code, Place, Problem};
use crate::form::xlsform::reference;
use crate::form::xlsform::survey::{EXTENSIONS, split_extension};
use crate::form::xlsform::tree::Element;
use crate::form::xlsform::types::Class;
use crate::form::xlsform::value::Value;
use std::collections::HashMap;

/// An instance and where it comes from.
struct Source<'a> {
    name: String,
    /// `None` for choices, which stand in the form.
    uri: Option<String>,
    row: Option<u32>,
    list: Option<&'a List>,
    /// Declared by a row of its own.
    declared: bool,
}

/// Expressions that may use `pulldata()` and the record saved last.
const EXPRESSIONS: [&str; 5] = ["calculate", "constraint", "readonly", "required", "relevant"];

impl Maker<'_> {
    pub(super) fn secondary(&self) -> Vec<Tag> {
        let mut sources: Vec<Source> = Vec::new();
        let mut last_saved = false;
        for (_, element) in self.tree.all() {
            self.sources_of(element, &mut sources);
            last_saved |= element.kind == Kind::Question && expressions(element).any(reference::has_last_saved);
        }
        if last_saved {
            let uri = Some("jr://instance/last-saved".to_owned());
            sources.push(Source { name: "__last-saved".to_owned(), uri, row: None, list: None, declared: false });
        }
        for list in self.choices.iter().filter(|l| !self.searched.contains(&l.name)) {
            sources.push(Source { name: list.name.clone(), uri: None, row: None, list: Some(list), declared: false });
        }
        self.unique(sources)
    }

    fn sources_of(&self, element: &Element, sources: &mut Vec<Source>) {
        let row = element.row;
        let file = |name: &str, uri: String| Source {
            name: name.to_owned(),
            uri: Some(uri),
            row,
            list: None,
            declared: false,
        };
        if let Kind::External(extension) = element.kind {
            let folder = if extension == "csv" { "file-csv" } else { "file" };
            let uri = format!("jr://{folder}/{}.{extension}", element.name);
            sources.push(Source { declared: true, ..file(&element.name, uri) });
            return;
        }
        // Of entities only the questions' expressions are looked through.
        if matches!(element.kind, Kind::Attribute | Kind::EntityLabel) {
            return;
        }
        for expression in expressions(element) {
            for name in pulled(expression) {
                let uri = format!("jr://file-csv/{name}.csv");
                sources.push(file(&name, uri));
            }
        }
        if element.class == Class::Select
            && let Some(itemset) = &element.itemset
        {
            let (stem, extension) = split_extension(itemset);
            if EXTENSIONS.contains(&extension) {
                let folder = if extension == ".csv" { "file-csv" } else { "file" };
                sources.push(file(stem, format!("jr://{folder}/{itemset}")));
            }
        }
    }

    /// Instances of one name are the same file, or an error.
    fn unique(&self, sources: Vec<Source>) -> Vec<Tag> {
        let mut tags = Vec::new();
        let mut seen: HashMap<String, (Option<String>, bool)> = HashMap::new();
        for source in sources {
            let place = match (source.row, source.list) {
                (Some(row), _) => Place::row("survey", row),
                (None, Some(list)) => {
                    let row = list.rows.first().map(|c| c.row);
                    Place { sheet: Some("choices".into()), row, column: Some("list_name".into()) }
                }
                (None, None) => Place::sheet("survey"),
            };
            if let Some((uri, declared)) = seen.get(&source.name) {
                if *declared && source.declared {
                    let message = (
                        format!("the external instance \"{}\" is declared twice", source.name),
                        format!("外部数据“{}”写了两次。", source.name),
                    );
                    self.error(Problem::new(Code::ExternalInstanceTwice, place, message));
                } else if *uri != source.uri {
                    let (name, uris) = (&source.name, [uri, &source.uri]);
                    let [one, other] = uris.map(|uri| uri.as_deref().unwrap_or("the sheet choices"));
                    let [one_zh, other_zh] = uris.map(|uri| uri.as_deref().unwrap_or("choices 工作表"));
                    let message = (
                        format!("the name \"{name}\" stands for two things: {one} and {other}"),
                        format!("名称“{name}”指的是两样东西：{one_zh} 和 {other_zh}。"),
                    );
                    self.error(Problem::new(Code::InstanceTaken, place, message));
                }
                continue;
            }
            seen.insert(source.name.clone(), (source.uri.clone(), source.declared));
            let mut tag = Tag::new("instance").with("id", &source.name);
            if let Some(uri) = &source.uri {
                tag.set("src", uri);
            }
            if let Some(list) = source.list {
                tag.push(self.items(list));
            }
            tags.push(tag);
        }
        tags
    }

    fn items(&self, list: &List) -> Tag {
        let mut root = Tag::new("root");
        for (at, choice) in list.rows.iter().enumerate() {
            let mut item = Tag::new("item");
            if list.translated {
                item.push(Tag::new("itextId").text(format!("{}-{at}", list.name)));
            }
            item.push(Tag::new("name").text(choice.name()));
            if let Some(label) = choice.fields.text("label").filter(|_| !list.translated) {
                item.push(Tag::new("label").text(label));
            }
            for (column, value) in choice.fields.iter() {
                let own = matches!(column, "name" | "label" | "media" | "sms_option");
                if let Value::Text(text) = value
                    && !own
                {
                    item.push(Tag::named(column).text(text));
                }
            }
            if let Some(option) = choice.fields.text("sms_option") {
                item.push(Tag::new("sms_option").text(option));
            }
            root.push(item);
        }
        root
    }
}

/// The expressions of an element that may need an instance.
fn expressions(element: &Element) -> impl Iterator<Item = &str> {
    let bind = EXPRESSIONS.iter().filter_map(|key| element.bind.as_ref().and_then(|b| b.text(key)));
    let own = [element.choice_filter.as_deref(), element.default.as_deref()];
    bind.chain(own.into_iter().flatten().filter(|_| element.kind == Kind::Question))
}

/// First arguments of `pulldata()`.
fn pulled(expression: &str) -> Vec<String> {
    let mut names = Vec::new();
    if !expression.contains("pulldata(") {
        return names;
    }
    let mut rest = expression;
    while let Some((_, after)) = rest.split_once("pulldata") {
        rest = after;
        let Some(inside) = after.trim_start().strip_prefix('(') else { continue };
        let line_ends = inside.trim_start();
        let Some((argument, after)) = line_ends.split_once(',') else { continue };
        if argument.contains('\n') {
            continue;
        }
        names.push(argument.replace(['\'', '"'], "").trim().to_owned());
        rest = after;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_pulldata() {
        assert_eq!(pulled("pulldata('a', 'b', 'c', ${d}) + pulldata( \"e\",'f','g',1)"), ["a", "e"]);
        assert!(pulled("concat('a', 'b')").is_empty());
    }
}

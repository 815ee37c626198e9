//! The sections of a form, for the list at the left: each top-level group or repeat is one; questions that
//! stand outside of groups make one together with their neighbours.

use super::{Role, Session};
use crate::form::model::Kind;
use serde::{Deserialize, Serialize};

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageKind {
    /// Loose questions.
    Questions,
    /// A group.
    Group,
    /// A repeat; its instances are the chips on top.
    Repeat,
}

/// One instance of a repeat, as a chip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// `/data/rooms[1]`
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is called: its first answered choice or text (客厅), else the repeat's label and its number.
    pub title: String,
    /// Its first answered number with its unit (14.6 °C); "" when there is none.
    pub detail: String,
    /// Questions that are relevant and answered.
    pub answered: usize,
    /// Questions that are relevant.
    pub total: usize,
    /// Rules broken: required answers that are missing, and wrong answers.
    pub violations: usize,
}

impl Instance {
    /// Nothing is missing or wrong.
    pub fn is_complete(&self) -> bool {
        self.violations == 0 && self.answered > 0
    }
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Of the group or repeat; of the first question for loose questions.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is called.
    pub label: String,
    /// What it holds.
    pub kind: PageKind,
    /// False: leave it out.
    pub relevant: bool,
    /// References of the nodes to show, in order, groups before what they hold; empty for repeats. Not sent: screens
    /// say what stands where.
    #[serde(skip)]
    pub nodes: Vec<String>,
    /// For repeats.
    pub instances: Vec<Instance>,
    /// Instances can be added and removed by hand.
    pub can_add: bool,
    /// Questions that are relevant and answered.
    pub answered: usize,
    /// Questions that are relevant.
    pub total: usize,
    /// Rules broken.
    pub violations: usize,
}

impl Page {
    /// Nothing is missing or wrong, and something was answered.
    pub fn is_complete(&self) -> bool {
        self.violations == 0 && self.answered > 0
    }
}

#[derive(Default)]
struct Tally {
    answered: usize,
    total: usize,
    violations: usize,
}

impl Session {
    /// All sections in order, relevant or not, without those that hold nothing to see.
    pub fn pages(&self) -> Vec<Page> {
        let mut pages: Vec<Page> = Vec::new();
        let mut loose: Vec<u32> = Vec::new();
        for child in self.children_of(0).to_vec() {
            let Some(node) = self.node_at(child) else { continue };
            let kind = match node.role {
                Role::Leaf => {
                    let unseen = self.form().item(node.item).is_some_and(|i| i.kind.is_unseen());
                    if !unseen {
                        loose.push(child);
                    }
                    continue;
                }
                Role::Range => PageKind::Repeat,
                _ => PageKind::Group,
            };
            self.close_loose(&mut loose, &mut pages);
            let page = self.page(child, kind);
            // The group `meta` and its like hold nothing to see.
            if kind == PageKind::Repeat || !page.nodes.is_empty() {
                pages.push(page);
            }
        }
        self.close_loose(&mut loose, &mut pages);
        pages
    }

    fn close_loose(&self, loose: &mut Vec<u32>, pages: &mut Vec<Page>) {
        let Some(first) = loose.first() else { return };
        let mut tally = Tally::default();
        loose.iter().for_each(|id| self.tally(*id, &mut tally));
        pages.push(Page {
            reference: self.reference(*first),
            label: self.form().title.get(self.language).to_owned(),
            kind: PageKind::Questions,
            relevant: loose.iter().any(|id| self.node_at(*id).is_some_and(|n| n.relevant)),
            nodes: loose.iter().map(|id| self.reference(*id)).collect(),
            instances: Vec::new(),
            can_add: false,
            answered: tally.answered,
            total: tally.total,
            violations: tally.violations,
        });
        loose.clear();
    }

    fn page(&self, id: u32, kind: PageKind) -> Page {
        let mut tally = Tally::default();
        self.tally(id, &mut tally);
        let mut nodes = Vec::new();
        let mut instances = Vec::new();
        if kind == PageKind::Repeat {
            instances = self.children_of(id).iter().map(|i| self.instance_of(*i)).collect();
        } else {
            self.each(id, &mut |n| {
                let seen = self.node_at(n).and_then(|n| self.form().item(n.item)).is_some_and(|i| !i.kind.is_unseen());
                if n != id && seen {
                    nodes.push(self.reference(n));
                }
            });
        }
        let mut label = self.text_of(id, |c| &c.label);
        if label.is_empty() {
            label = self.inner_label(id);
        }
        Page {
            reference: self.reference(id),
            label,
            kind,
            relevant: self.node_at(id).is_some_and(|n| n.relevant),
            nodes,
            instances,
            can_add: kind == PageKind::Repeat && !self.is_counted(id),
            answered: tally.answered,
            total: tally.total,
            violations: tally.violations,
        }
    }

    /// A repeat without a label is called as the group in it, or by its name.
    fn inner_label(&self, id: u32) -> String {
        self.node_at(id).and_then(|n| self.form().item(n.item)).map_or(String::new(), |i| i.name.clone())
    }

    fn instance_of(&self, id: u32) -> Instance {
        let mut tally = Tally::default();
        self.tally(id, &mut tally);
        let (mut title, mut detail) = (String::new(), String::new());
        self.each(id, &mut |n| {
            let Some(node) = self.node_at(n).filter(|n| n.relevant && !n.value.is_empty()) else { return };
            let Some(item) = self.form().item(node.item) else { return };
            match item.kind {
                Kind::SelectOne | Kind::Text if title.is_empty() => title = self.shown(n, &node.value),
                Kind::Decimal | Kind::Integer if detail.is_empty() => {
                    detail = format!("{} {}", node.value, item.unit).trim_end().to_owned();
                }
                _ => {}
            }
        });
        if title.is_empty() {
            let range = self.node_at(id).and_then(|n| n.parent).unwrap_or(0);
            let place = self.children_of(range).iter().position(|c| *c == id).map_or(0, |p| p + 1);
            title = format!("{} {place}", self.text_of(id, |c| &c.label)).trim_start().to_owned();
        }
        Instance {
            reference: self.reference(id),
            title,
            detail,
            answered: tally.answered,
            total: tally.total,
            violations: tally.violations,
        }
    }

    fn tally(&self, from: u32, tally: &mut Tally) {
        self.each(from, &mut |id| {
            let Some(node) = self.node_at(id).filter(|n| n.relevant && n.role == Role::Leaf) else { return };
            if !self.form().item(node.item).is_some_and(|i| i.kind.is_question()) || node.read_only {
                return;
            }
            tally.total += 1;
            tally.answered += usize::from(!node.value.is_empty());
            tally.violations += usize::from(self.violation(id).is_some());
        });
    }
}

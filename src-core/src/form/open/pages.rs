//! The sections of a form, for the list at the left: each top-level group or repeat is one; questions that stand outside
//! of groups make one together with their neighbours. And the screens that they are cut into.

use super::{Line, OpenForm, shown, violation};
use crate::form::engine::NodeKind;
use crate::form::model::{Kind, path_of};
use crate::form::screens::{self, Block, Screen, tone};
use crate::form::view::{Instance, Page, PageKind};

#[derive(Default)]
struct Tally {
    answered: usize,
    total: usize,
    violations: usize,
}

/// A section before it is told: where its nodes are among the lines.
#[derive(Debug)]
pub(super) struct Section {
    kind: PageKind,
    /// The group or repeat, or the first loose question.
    top: usize,
    /// All that belongs to it, `top` included.
    end: usize,
}

impl OpenForm {
    /// Cuts the form into sections anew, relevant or not, without those that hold nothing to see, and tells all of them.
    pub(super) fn cut_pages(&mut self) {
        let told = self.cut_sections().into_iter().filter_map(|section| Some((self.page(&section)?, section)));
        (self.pages, self.sections) = told.collect();
    }

    /// Tells again the sections in which these lines stand; those that are otherwise now.
    pub(super) fn tell_pages(&mut self, lines: &[usize]) -> Vec<Page> {
        let mut touched: Vec<usize> =
            lines.iter().filter_map(|line| self.sections.partition_point(|s| s.top <= *line).checked_sub(1)).collect();
        touched.sort_unstable();
        touched.dedup();
        let mut changed = Vec::new();
        for at in touched {
            let page = self.sections.get(at).and_then(|section| self.page(section));
            if let (Some(page), Some(known)) = (page, self.pages.get_mut(at))
                && page != *known
            {
                *known = page.clone();
                changed.push(page);
            }
        }
        changed
    }

    fn cut_sections(&self) -> Vec<Section> {
        let mut sections: Vec<Section> = Vec::new();
        let mut at = 1;
        while let Some(line) = self.lines.get(at) {
            let end = self.end_of(at);
            let kind = match line.state.kind {
                NodeKind::Group => Some(PageKind::Group),
                NodeKind::ControlledRange | NodeKind::UncontrolledRange => Some(PageKind::Repeat),
                NodeKind::ModelValue => None,
                _ => Some(PageKind::Questions),
            };
            match (kind, sections.last_mut()) {
                // Loose questions join those before them; what nobody sees does not part them.
                (Some(PageKind::Questions) | None, Some(last)) if last.kind == PageKind::Questions => last.end = end,
                (Some(kind), _) => sections.push(Section { kind, top: at, end }),
                (None, _) => {}
            }
            at = end;
        }
        sections
    }

    /// The place after a node and all that it holds.
    fn end_of(&self, at: usize) -> usize {
        let Some(top) = self.lines.get(at) else { return at };
        let top = &top.state.reference;
        let within = |line: &&Line| {
            line.state.reference.strip_prefix(top.as_str()).is_some_and(|rest| rest.starts_with(['/', '[']))
        };
        at + 1 + self.lines.iter().skip(at + 1).take_while(within).count()
    }

    fn of(&self, from: usize, to: usize) -> &[Line] {
        self.lines.get(from..to).unwrap_or_default()
    }

    fn page(&self, section: &Section) -> Option<Page> {
        let lines = self.of(section.top, section.end);
        let top = lines.first()?;
        let seen = |line: &Line| !matches!(line.state.kind, NodeKind::ModelValue | NodeKind::Group);
        if section.kind == PageKind::Group && !lines.iter().skip(1).any(seen) {
            return None;
        }
        let tally = self.tally(lines);
        let label = match section.kind {
            PageKind::Questions => self.form.title(self.language()).to_owned(),
            _ => self.heading(top),
        };
        Some(Page {
            reference: top.state.reference.clone(),
            label,
            kind: section.kind,
            relevant: match section.kind {
                PageKind::Questions => lines.iter().any(|l| l.state.relevant && seen(l)),
                _ => top.state.relevant,
            },
            instances: match section.kind {
                PageKind::Repeat => self.instances(section),
                _ => Vec::new(),
            },
            can_add: top.state.kind == NodeKind::UncontrolledRange,
            answered: tally.answered,
            total: tally.total,
            violations: tally.violations,
        })
    }

    /// The label of a node, or its name.
    pub(super) fn heading(&self, line: &Line) -> String {
        match shown(line.state.label.as_deref()) {
            none if none.is_empty() => line.state.reference.rsplit('/').next().unwrap_or_default().to_owned(),
            label => label,
        }
    }

    fn instances(&self, section: &Section) -> Vec<Instance> {
        let Some(range) = self.lines.get(section.top) else { return Vec::new() };
        let mut found = Vec::new();
        let mut at = section.top + 1;
        while at < section.end {
            let end = self.end_of(at);
            found.push(self.instance(range, found.len() + 1, self.of(at, end)));
            at = end;
        }
        found
    }

    fn instance(&self, range: &Line, number: usize, lines: &[Line]) -> Instance {
        let tally = self.tally(lines);
        let (mut title, mut detail) = (String::new(), String::new());
        for line in lines {
            let value = line.state.value.as_deref().unwrap_or_default();
            if !line.state.relevant || value.is_empty() {
                continue;
            }
            match self.question(line).kind {
                Kind::SelectOne | Kind::Text if title.is_empty() => {
                    let label = line.state.choices.as_ref().and_then(|all| all.label(value));
                    title = label.unwrap_or(value).to_owned();
                }
                Kind::Decimal | Kind::Integer if detail.is_empty() => {
                    detail = format!("{value} {}", self.question(line).unit).trim_end().to_owned();
                }
                _ => {}
            }
        }
        if title.is_empty() {
            title = format!("{} {number}", self.heading(range));
        }
        let reference = lines.first().map(|line| line.state.reference.clone()).unwrap_or_default();
        Instance {
            reference,
            title,
            detail,
            answered: tally.answered,
            total: tally.total,
            violations: tally.violations,
        }
    }

    fn tally(&self, lines: &[Line]) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            let asked = line.state.relevant && !line.state.readonly && self.question(line).kind.is_question();
            if asked {
                tally.total += 1;
                tally.answered += usize::from(line.state.value.as_ref().is_some_and(|v| !v.is_empty()));
            }
            tally.violations += usize::from(violation(&line.state).is_some());
        }
        tally
    }

    /// All screens in order, seen or not.
    pub(super) fn screens(&self) -> Vec<Screen> {
        let mut all = Vec::new();
        for section in &self.sections {
            let Some(page) = self.lines.get(section.top).map(|line| line.state.reference.clone()) else { continue };
            let first = section.top + 1;
            match section.kind {
                PageKind::Questions => self.cut(&page, None, section.top, section.end, &mut all),
                PageKind::Group => self.cut(&page, None, first, section.end, &mut all),
                PageKind::Repeat if first == section.end => {
                    all.push(Screen { page, instance: None, blocks: Vec::new() });
                }
                PageKind::Repeat => {
                    let mut at = first;
                    while at < section.end {
                        let end = self.end_of(at);
                        let instance = self.lines.get(at).map(|line| &line.state.reference);
                        self.cut(&page, instance, at + 1, end, &mut all);
                        at = end;
                    }
                }
            }
        }
        all
    }

    fn cut(&self, page: &str, instance: Option<&String>, from: usize, to: usize, all: &mut Vec<Screen>) {
        let mut cutter = screens::Cutter::new(page, instance, self.is_field_list(page), all);
        // Groups that stand on one screen as a whole: where they end.
        let mut together = Vec::new();
        for (at, line) in (from..).zip(self.of(from, to)) {
            while together.last().is_some_and(|end| at >= *end) {
                together.pop();
                cutter.together(!together.is_empty());
            }
            let state = &line.state;
            let reference = state.reference.clone();
            let depends = self.question(line).depends;
            match state.kind {
                NodeKind::Group => {
                    let field_list = self.is_field_list(&state.reference);
                    cutter.heading(Block::Heading(reference), field_list);
                    if field_list {
                        together.push(self.end_of(at));
                        cutter.together(true);
                    }
                }
                NodeKind::RepeatInstance => cutter.heading(Block::Instance(reference), false),
                NodeKind::UncontrolledRange | NodeKind::ControlledRange => {
                    cutter.heading(Block::Repeat(reference), false);
                }
                NodeKind::Note => {
                    let verdict = tone(&self.question(line).appearance).is_some();
                    let is_number = |main: &str| self.line(main).is_some_and(|l| self.question(l).kind.is_number());
                    cutter.note(reference, depends, verdict, is_number);
                }
                NodeKind::ModelValue | NodeKind::Root => {}
                _ => cutter.question(reference, depends),
            }
        }
        cutter.close();
    }

    fn is_field_list(&self, reference: &str) -> bool {
        let question = self.form.place(&path_of(reference)).and_then(|at| self.form.questions.get(at));
        question.is_some_and(|q| screens::word(&q.appearance, "field-list"))
    }
}

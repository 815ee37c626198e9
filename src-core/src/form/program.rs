//! A form made ready to run: every expression parsed, every `${name}` found, and for every item the
//! list of what depends on it, so that an answer recomputes only what it touches.

use super::expr::ast::{Expr, Start};
use super::expr::{ParseError, parse};
use super::model::{Form, Item, ItemId, Kind, Text};
use super::names::Names;
use super::reads::Reads;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What of an item is computed. The order is that of evaluation where nothing else decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Whether it is relevant.
    Relevant,
    /// How many instances a repeat has.
    Count,
    /// The value.
    Value,
    /// Which choices are offered.
    Choices,
    /// Whether it can be changed.
    ReadOnly,
    /// Whether it must be answered.
    Required,
    /// Whether the answer is right.
    Constraint,
    /// Label, hint and messages.
    Texts,
}

/// Why a form cannot be run. `read_form` never makes such a form; one from elsewhere may be broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenForm {
    /// An expression cannot be parsed.
    #[error("{item}, {column}: {error}")]
    Expression {
        /// Name of the item.
        item: String,
        /// Column of the survey sheet.
        column: &'static str,
        /// What is wrong.
        error: ParseError,
    },
    /// A `${name}` names nothing, or several things of which none is nearest.
    #[error("{item}, {column}: {problem}")]
    Reference {
        /// Name of the item.
        item: String,
        /// Column of the survey sheet.
        column: &'static str,
        /// The name in `${}`.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// The items are not a tree in preorder.
    #[error("the items of the form are not in order")]
    Shape,
}

/// Piece of a label: text, or an expression whose value stands there.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Plain(String),
    Value(Expr),
}

/// A text per language, in pieces.
pub(super) type Template = Vec<Vec<Piece>>;

/// An expression, or what it always is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Flag {
    Always(bool),
    When(Expr),
}

#[derive(Debug, Clone)]
pub(super) struct Compiled {
    pub relevant: Flag,
    pub required: Flag,
    pub read_only: Flag,
    pub constraint: Flag,
    pub calculation: Option<Expr>,
    pub default: Option<Expr>,
    pub choice_filter: Option<Expr>,
    pub count: Option<Expr>,
    pub label: Template,
    pub hint: Template,
    pub constraint_message: Template,
    pub required_message: Template,
    /// One past the last item below this one.
    pub end: ItemId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dependent {
    pub item: ItemId,
    pub part: Part,
    /// Only in the same instance of the repeats that both are in.
    pub scoped: bool,
}

/// A form made ready to run.
#[derive(Debug, Clone)]
pub struct Program {
    pub(super) form: Arc<Form>,
    pub(super) items: Vec<Compiled>,
    pub(super) dependents: Vec<Vec<Dependent>>,
    pub(super) ranks: HashMap<(ItemId, Part), u32>,
    /// Choice lists by document number - 1.
    pub(super) lists: Vec<String>,
}

impl Program {
    /// Parses and resolves all expressions; the first thing that is wrong is the error.
    pub fn compile(form: Arc<Form>) -> Result<Program, BrokenForm> {
        let (program, problems) = Program::compile_all(form)?;
        match problems.into_iter().next() {
            None => Ok(program),
            Some((_, problem)) => Err(problem),
        }
    }

    /// The form that it was made of.
    pub fn form(&self) -> &Arc<Form> {
        &self.form
    }

    /// As `compile`, but goes on after an error, so that an author sees all of them at once.
    pub(super) fn compile_all(form: Arc<Form>) -> Result<(Program, Vec<(ItemId, BrokenForm)>), BrokenForm> {
        let ends = ends(&form)?;
        let mut problems = Vec::new();
        let names = Names::new(&form);
        let mut items = Vec::with_capacity(form.items.len());
        for (id, item) in form.items.iter().enumerate() {
            let mut maker = Maker { form: &form, names: &names, id, item, problems: &mut problems };
            items.push(maker.make(ends.get(id).copied().unwrap_or(id + 1)));
        }
        let lists = form.lists.keys().cloned().collect();
        let mut program = Program { form, items, dependents: Vec::new(), ranks: HashMap::new(), lists };
        program.link();
        Ok((program, problems))
    }

    /// Parses one more expression as seen from an item (rules of the sheet `plan`).
    pub fn compile_expr(&self, text: &str, from: ItemId) -> Result<Expr, BrokenForm> {
        let names = Names::new(&self.form);
        let mut problems = Vec::new();
        let item = self.form.item(from).ok_or(BrokenForm::Shape)?;
        let expr =
            Maker { form: &self.form, names: &names, id: from, item, problems: &mut problems }.expr("when", Some(text));
        match (expr, problems.into_iter().next()) {
            (_, Some((_, problem))) => Err(problem),
            (Some(expr), None) => Ok(expr),
            (None, None) => Ok(Expr::Literal(String::new())),
        }
    }

    /// A text with `${name}` as seen from an item.
    pub(super) fn compile_text(&self, text: &Text, from: ItemId) -> Result<Template, BrokenForm> {
        let names = Names::new(&self.form);
        let mut problems = Vec::new();
        let item = self.form.item(from).ok_or(BrokenForm::Shape)?;
        let template =
            Maker { form: &self.form, names: &names, id: from, item, problems: &mut problems }.template("why", text);
        problems.into_iter().next().map_or(Ok(template), |(_, problem)| Err(problem))
    }

    /// The item of this name that is nearest to `from`.
    pub fn find(&self, name: &str, from: ItemId) -> Option<ItemId> {
        Names::new(&self.form).nearest(&self.form, name, from).ok()
    }

    pub(super) fn is_above(&self, above: ItemId, below: ItemId) -> bool {
        above <= below && self.items.get(above).is_some_and(|c| below < c.end)
    }

    /// The expressions of an item, by part.
    pub(super) fn expressions(&self, id: ItemId) -> Vec<(Part, &Expr)> {
        let Some(c) = self.items.get(id) else { return Vec::new() };
        let mut found = Vec::new();
        for (part, flag) in [
            (Part::Relevant, &c.relevant),
            (Part::Required, &c.required),
            (Part::ReadOnly, &c.read_only),
            (Part::Constraint, &c.constraint),
        ] {
            if let Flag::When(expr) = flag {
                found.push((part, expr));
            }
        }
        for (part, expr) in [(Part::Value, &c.calculation), (Part::Choices, &c.choice_filter), (Part::Count, &c.count)]
        {
            found.extend(expr.iter().map(|e| (part, e)));
        }
        for template in [&c.label, &c.hint, &c.constraint_message, &c.required_message] {
            for piece in template.iter().flatten() {
                if let Piece::Value(expr) = piece {
                    found.push((Part::Texts, expr));
                }
            }
        }
        found
    }

    fn link(&mut self) {
        let count = self.items.len();
        let mut dependents: Vec<BTreeSet<Dependent>> = vec![BTreeSet::new(); count];
        let mut needs: HashMap<(ItemId, Part), BTreeSet<ItemId>> = HashMap::new();
        for item in 0..count {
            for (part, expr) in self.expressions(item) {
                let mut reads = Reads { form: &self.form, host: item, found: BTreeSet::new() };
                // A choice filter's `.` is a choice: relative paths in it lead to columns, not items.
                let context = if part == Part::Choices { Vec::new() } else { vec![item] };
                reads.expr(expr, &context);
                for (read, scoped) in reads.found {
                    if read == item && part == Part::Value {
                        continue; // `once(…)` and the like read their own value
                    }
                    needs.entry((item, part)).or_default().insert(read);
                    if let Some(set) = dependents.get_mut(read) {
                        set.insert(Dependent { item, part, scoped });
                    }
                }
            }
        }
        self.dependents = dependents.into_iter().map(|set| set.into_iter().collect()).collect();
        let mut order = Order { program: self, needs: &needs, ranks: HashMap::new(), next: 0 };
        for item in 0..count {
            for part in PARTS {
                order.visit(item, part, 0);
            }
        }
        self.ranks = order.ranks;
    }

    /// Names of items whose values or relevance depend on themselves, one list per cycle.
    pub(super) fn cycles(&self) -> Vec<Vec<ItemId>> {
        let mut edges: Vec<BTreeSet<ItemId>> = vec![BTreeSet::new(); self.items.len()];
        for item in 0..self.items.len() {
            for (part, expr) in self.expressions(item) {
                if !matches!(part, Part::Value | Part::Relevant) {
                    continue;
                }
                let mut reads = Reads { form: &self.form, host: item, found: BTreeSet::new() };
                reads.expr(expr, &[item]);
                for (read, _) in reads.found {
                    let Some(target) = self.form.item(read) else { continue };
                    // A container read is its structure (`position(..)`, `count()`), not its contents.
                    if target.kind.is_container() || (read == item && part == Part::Value) {
                        continue;
                    }
                    if let Some(set) = edges.get_mut(item) {
                        set.insert(read);
                    }
                }
            }
            if let (Some(parent), Some(set)) = (self.form.item(item).and_then(|i| i.parent), edges.get_mut(item)) {
                set.insert(parent);
            }
        }
        cycles_in(&edges)
    }
}

const PARTS: [Part; 8] = [
    Part::Relevant,
    Part::Count,
    Part::Value,
    Part::Choices,
    Part::ReadOnly,
    Part::Required,
    Part::Constraint,
    Part::Texts,
];

/// Depth-first order: what is read comes before what reads it. A loop is cut where it is met.
struct Order<'a> {
    program: &'a Program,
    needs: &'a HashMap<(ItemId, Part), BTreeSet<ItemId>>,
    ranks: HashMap<(ItemId, Part), u32>,
    next: u32,
}

impl Order<'_> {
    fn visit(&mut self, item: ItemId, part: Part, depth: usize) {
        if self.ranks.contains_key(&(item, part)) || depth > 2_000 {
            return;
        }
        self.ranks.insert((item, part), u32::MAX);
        let above = self.program.form.item(item).and_then(|i| i.parent);
        if part != Part::Relevant {
            self.visit(item, Part::Relevant, depth + 1);
        } else if let Some(parent) = above {
            self.visit(parent, Part::Relevant, depth + 1);
            self.visit(parent, Part::Count, depth + 1);
        }
        for read in self.needs.get(&(item, part)).into_iter().flatten().copied() {
            self.visit(read, Part::Relevant, depth + 1);
            self.visit(read, Part::Count, depth + 1);
            self.visit(read, Part::Choices, depth + 1);
            self.visit(read, Part::Value, depth + 1);
        }
        self.ranks.insert((item, part), self.next);
        self.next += 1;
    }
}

fn cycles_in(edges: &[BTreeSet<ItemId>]) -> Vec<Vec<ItemId>> {
    let mut state = vec![0u8; edges.len()];
    let mut cycles = Vec::new();
    for start in 0..edges.len() {
        if state.get(start) != Some(&0) {
            continue;
        }
        // An explicit stack: forms may chain thousands of calculates.
        let mut path: Vec<(ItemId, Vec<ItemId>)> = Vec::new();
        let open = |id: ItemId| edges.get(id).map(|s| s.iter().copied().collect()).unwrap_or_default();
        path.push((start, open(start)));
        if let Some(s) = state.get_mut(start) {
            *s = 1;
        }
        while let Some((id, rest)) = path.last_mut() {
            let id = *id;
            match rest.pop() {
                None => {
                    if let Some(s) = state.get_mut(id) {
                        *s = 2;
                    }
                    path.pop();
                }
                Some(next) => match state.get(next) {
                    Some(0) => {
                        if let Some(s) = state.get_mut(next) {
                            *s = 1;
                        }
                        path.push((next, open(next)));
                    }
                    Some(1) => {
                        let from = path.iter().position(|(p, _)| *p == next).unwrap_or(0);
                        cycles.push(path.iter().skip(from).map(|(p, _)| *p).collect());
                    }
                    _ => {}
                },
            }
        }
    }
    cycles
}

fn ends(form: &Form) -> Result<Vec<ItemId>, BrokenForm> {
    let count = form.items.len();
    let mut ends: Vec<ItemId> = (1..=count).collect();
    if count == 0 || form.languages.is_empty() || form.items.first().is_some_and(|r| r.kind != Kind::Group) {
        return Err(BrokenForm::Shape);
    }
    // Last first, so that a child's end is known before its parent's.
    for (id, item) in form.items.iter().enumerate().rev() {
        let mut expected = id + 1;
        for child in &item.children {
            if *child != expected || form.item(*child).and_then(|c| c.parent) != Some(id) {
                return Err(BrokenForm::Shape);
            }
            expected = ends.get(*child).copied().ok_or(BrokenForm::Shape)?;
        }
        if (item.parent.is_none()) != (id == 0) || (!item.kind.is_container() && !item.children.is_empty()) {
            return Err(BrokenForm::Shape);
        }
        if let Some(end) = ends.get_mut(id) {
            *end = expected;
        }
    }
    if ends.first() == Some(&count) { Ok(ends) } else { Err(BrokenForm::Shape) }
}

struct Maker<'a> {
    form: &'a Form,
    names: &'a Names<'a>,
    id: ItemId,
    item: &'a Item,
    problems: &'a mut Vec<(ItemId, BrokenForm)>,
}

impl Maker<'_> {
    fn make(&mut self, end: ItemId) -> Compiled {
        let item = self.item;
        let default = if item.default_is_expr { self.expr("default", item.default.as_deref()) } else { None };
        Compiled {
            relevant: self.flag("relevant", item.relevant.as_deref(), true),
            required: self.flag("required", item.required.as_deref(), false),
            read_only: self.flag("read_only", item.read_only.as_deref(), false),
            constraint: self.flag("constraint", item.constraint.as_deref(), true),
            calculation: self.expr("calculation", item.calculation.as_deref()),
            default,
            choice_filter: self.expr("choice_filter", item.choice_filter.as_deref()),
            count: self.expr("repeat_count", item.repeat_count.as_deref()),
            label: self.template("label", &item.label),
            hint: self.template("hint", &item.hint),
            constraint_message: self.template("constraint_message", &item.constraint_message),
            required_message: self.template("required_message", &item.required_message),
            end,
        }
    }

    fn flag(&mut self, column: &'static str, text: Option<&str>, otherwise: bool) -> Flag {
        match self.expr(column, text) {
            None => Flag::Always(otherwise),
            Some(Expr::Call(name, args)) if args.is_empty() && (name == "true" || name == "false") => {
                Flag::Always(name == "true")
            }
            Some(expr) => Flag::When(expr),
        }
    }

    fn expr(&mut self, column: &'static str, text: Option<&str>) -> Option<Expr> {
        let text = text?.trim();
        if text.is_empty() {
            return None;
        }
        match parse(text) {
            Ok(mut expr) => {
                self.resolve(column, &mut expr, false);
                Some(expr)
            }
            Err(error) => {
                self.problems.push((self.id, BrokenForm::Expression { item: self.item.name.clone(), column, error }));
                None
            }
        }
    }

    fn resolve(&mut self, column: &'static str, expr: &mut Expr, anywhere: bool) {
        match expr {
            Expr::Reference(name) => match self.names.nearest(self.form, name, self.id) {
                Ok(item) => *expr = Expr::Field { item, anywhere },
                Err(problem) => {
                    let hint = self.names.similar(name).map(|s| format!("; did you mean `${{{s}}}`?"));
                    let problem = problem + &hint.unwrap_or_default();
                    let name = name.clone();
                    self.problems
                        .push((self.id, BrokenForm::Reference { item: self.item.name.clone(), column, name, problem }));
                    *expr = Expr::Literal(String::new());
                }
            },
            Expr::Or(a, b) | Expr::And(a, b) | Expr::Compare(_, a, b) | Expr::Arith(_, a, b) | Expr::Union(a, b) => {
                self.resolve(column, a, anywhere);
                self.resolve(column, b, anywhere);
            }
            Expr::Negate(a) => self.resolve(column, a, anywhere),
            Expr::Path(start, steps) => {
                if let Start::From(from, predicates) = start {
                    self.resolve(column, from, anywhere);
                    predicates.iter_mut().for_each(|p| self.resolve(column, p, anywhere));
                }
                for step in steps {
                    step.predicates.iter_mut().for_each(|p| self.resolve(column, p, anywhere));
                }
            }
            Expr::Call(name, args) => {
                let indexed = name == "indexed-repeat";
                for (i, arg) in args.iter_mut().enumerate() {
                    // The question and the repeats are meant wherever they are; the indexes are seen from here.
                    let wide = indexed && (i == 0 || !i.is_multiple_of(2));
                    self.resolve(column, arg, wide);
                }
            }
            Expr::Number(_) | Expr::Literal(_) | Expr::Field { .. } => {}
        }
    }

    fn template(&mut self, column: &'static str, text: &Text) -> Template {
        text.0.iter().map(|t| self.pieces(column, t)).collect()
    }

    fn pieces(&mut self, column: &'static str, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            if !before.is_empty() {
                pieces.push(Piece::Plain(before.to_owned()));
            }
            let mut expr = Expr::Reference(name.trim().to_owned());
            self.resolve(column, &mut expr, false);
            pieces.push(Piece::Value(expr));
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Plain(rest.to_owned()));
        }
        pieces
    }
}

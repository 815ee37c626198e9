//! Which group holds which entity. An entity stands in the deepest repeat that it refers to, as near to what it saves
//! as possible, and no group holds two; scopes are the survey and its repeats.

use super::{Entities, MANY_ENTITIES, ONE_ENTITY, References, Source, Step, Target};
use crate::form::xlsform::draft::{Action, Draft, Kind, NEW_REPEAT};
use crate::form::xlsform::problem::{Code, Place, Problem, Problems};
use std::collections::HashMap;

/// Where an entity wants to be.
struct Request {
    dataset: String,
    row: u32,
    scope: Vec<Step>,
    wanted: Vec<Step>,
    /// Groups that hold what it saves.
    lineages: Vec<Vec<Step>>,
}

/// The part of a path up to its nearest repeat, or the survey.
fn scope_of(path: &[Step]) -> &[Step] {
    let end = path.iter().rposition(|s| matches!(s.kind, Kind::Repeat | Kind::Survey));
    path.get(..=end.unwrap_or_default()).unwrap_or_default()
}

fn repeats(path: &[Step]) -> usize {
    path.iter().skip(1).filter(|s| s.kind == Kind::Repeat).count()
}

/// Groups below the nearest repeat.
fn below(path: &[Step]) -> usize {
    path.len() - scope_of(path).len()
}

fn written(path: &[Step]) -> String {
    path.iter().map(|s| format!("/{}", s.name)).collect()
}

/// The deepest of several sources, by the scope and then by the groups below.
#[derive(Default, Clone, Copy)]
struct Deepest<'a> {
    source: Option<&'a Source>,
    below: usize,
}

impl<'a> Deepest<'a> {
    fn set(&mut self, source: &'a Source) {
        *self = Deepest { source: Some(source), below: below(&source.path) };
    }
}

impl References {
    fn request(&self) -> Result<Request, Problem> {
        let (mut scope, mut scope_source): (&[Step], Option<&Source>) = (&[], None);
        let (mut container, mut saved) = (Deepest::default(), Deepest::default());
        let mut lineages: Vec<Vec<Step>> = Vec::new();
        for source in &self.sources {
            let own = scope_of(&source.path);
            let saves = matches!(source.target, Target::Property(_));
            if scope_source.is_none() || repeats(own) > repeats(scope) {
                container.set(source);
                if saves {
                    saved.set(source);
                }
                (scope, scope_source) = (own, Some(source));
            }
            let deeper = |than: &Deepest| than.source.is_none() || (own == scope && below(&source.path) > than.below);
            if deeper(&container) {
                container.set(source);
            }
            if saves {
                if !lineages.contains(&source.path) {
                    lineages.push(source.path.clone());
                }
                if deeper(&saved) {
                    saved.set(source);
                }
            }
        }
        let nearest = saved.source.or(container.source).map(|s| s.path.as_slice()).unwrap_or_default();
        let wanted = match lineages.as_slice() {
            [] => nearest,
            [only] => only,
            [first, ..] => {
                let shortest = lineages.iter().map(Vec::len).min().unwrap_or_default();
                let differs = |i: &usize| lineages.iter().any(|l| l.get(*i) != first.get(*i));
                let common = first.get(..(0..shortest).rfind(differs).unwrap_or(shortest)).unwrap_or_default();
                let own = scope_of(nearest);
                if (repeats(common), below(common)) > (repeats(own), below(own)) { common } else { own }
            }
        };
        self.check(scope, scope_source, wanted)?;
        Ok(Request {
            dataset: self.dataset.clone(),
            row: self.row,
            scope: scope.to_vec(),
            wanted: wanted.to_vec(),
            lineages: lineages.clone(),
        })
    }

    /// All that an entity refers to must be reachable from where it stands.
    fn check(&self, scope: &[Step], deepest: Option<&Source>, wanted: &[Step]) -> Result<(), Problem> {
        let other = deepest.map(|s| written(&s.path)).unwrap_or_default();
        for source in &self.sources {
            let own = scope_of(&source.path);
            let reachable = scope.starts_with(own);
            match &source.target {
                Target::Variable(question) if !reachable => {
                    let (dataset, from) = (&self.dataset, written(&source.path));
                    let message = (
                        format!(
                            "the list \"{dataset}\" is filled in {other}, from where ${{{question}}} in {from} cannot \
                             be reached"
                        ),
                        format!("实体表“{dataset}”在 {other} 里填写，从那里引用不到 {from} 里的 ${{{question}}}。"),
                    );
                    return Err(Problem::new(Code::EntityScope, Place::row("entities", self.row), message));
                }
                Target::Property(property) if !reachable || scope_of(wanted) != own => {
                    let (dataset, from) = (&self.dataset, written(&source.path));
                    let filled = if reachable { written(wanted) } else { other };
                    let message = (
                        format!(
                            "the list \"{dataset}\" is filled in {filled}, so that \"{property}\" cannot be saved from \
                             {from}"
                        ),
                        format!("实体表“{dataset}”在 {filled} 里填写，{from} 里的答案存不进它的属性“{property}”。"),
                    );
                    let place = Place::row("survey", source.row).column("save_to");
                    return Err(Problem::new(Code::SaveToScope, place, message));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Entities {
    /// Puts the declarations into the survey's groups; gives the version of the specification that this takes.
    pub fn place(&mut self, survey: &mut Draft, problems: &mut Problems) -> Option<&'static str> {
        if self.declarations.is_empty() {
            return None;
        }
        let places = self.allocate(problems);
        let version = if self.declarations.len() > 1 || places.keys().any(|path| repeats(path) > 0) {
            MANY_ENTITIES
        } else {
            ONE_ENTITY
        };
        let mut path = vec![Step { name: "survey".to_owned(), kind: Kind::Survey }];
        self.inject(survey, &places, &mut path, false);
        Some(version)
    }

    fn allocate(&self, problems: &mut Problems) -> HashMap<Vec<Step>, String> {
        let survey = vec![Step { name: "survey".to_owned(), kind: Kind::Survey }];
        let mut requests = Vec::new();
        for references in &self.references {
            match references.request() {
                Ok(request) => requests.push(request),
                Err(problem) => problems.error(problem),
            }
        }
        for declaration in &self.declarations {
            if !self.references.iter().any(|r| r.dataset == declaration.dataset) {
                requests.push(Request {
                    dataset: declaration.dataset.clone(),
                    row: declaration.row,
                    scope: survey.clone(),
                    wanted: survey.clone(),
                    lineages: Vec::new(),
                });
            }
        }
        // A single entity of the survey stands at its top.
        if let [only] = requests.as_slice()
            && only.scope == survey
        {
            return HashMap::from([(survey, only.dataset.clone())]);
        }
        let mut taken = HashMap::new();
        let mut reserved = HashMap::new();
        let mut scopes: Vec<Vec<Step>> = Vec::new();
        for request in &requests {
            if !scopes.contains(&request.scope) {
                scopes.push(request.scope.clone());
            }
        }
        for scope in scopes {
            let mut of_scope: Vec<&Request> = requests.iter().filter(|r| r.scope == scope).collect();
            of_scope.sort_by_key(|r| r.row);
            for request in of_scope {
                if let Some(holder) = take(request, &mut taken, &mut reserved) {
                    let row = self.declaration(&holder).map_or(0, |d| d.row);
                    let (dataset, scope) = (&request.dataset, written(&scope));
                    let message = (
                        format!(
                            "a group holds one entity only, and the groups that could hold \"{dataset}\" in {scope} are \
                             taken by the entity of row {row}"
                        ),
                        format!("一个分组只能放一个实体：{scope} 里能放“{dataset}”的分组，已被第 {row} 行的实体占用。"),
                    );
                    problems.error(Problem::new(Code::EntityPlaceTaken, Place::row("entities", request.row), message));
                }
            }
        }
        taken
    }

    fn inject(&mut self, node: &mut Draft, places: &HashMap<Vec<Step>, String>, path: &mut Vec<Step>, in_repeat: bool) {
        if let Some(dataset) = places.get(path)
            && let Some(declaration) = self.declarations.iter().find(|d| d.dataset == *dataset)
        {
            let mut draft = declaration.draft.clone();
            if in_repeat {
                for id in draft.children.iter_mut().filter(|c| c.name() == "id") {
                    if let [first] = id.actions.as_slice() {
                        let again = Action { value: first.value.clone(), ..Action::new("setvalue", NEW_REPEAT) };
                        id.actions.push(again);
                    }
                }
            }
            node.children.push(Draft::meta(vec![draft]));
        }
        let mut in_repeat = in_repeat;
        for child in &mut node.children {
            if !matches!(child.kind, Kind::Group | Kind::Repeat) {
                continue;
            }
            // Groups after a repeat count as within one, as pyxform has it.
            in_repeat |= child.kind == Kind::Repeat;
            path.push(Step { name: child.name().to_owned(), kind: child.kind });
            if places.keys().any(|p| p.starts_with(path)) {
                self.inject(child, places, path, in_repeat);
            }
            path.pop();
        }
    }
}

/// Takes the deepest free group of a request; gives who holds them when none is free.
fn take(
    request: &Request,
    taken: &mut HashMap<Vec<Step>, String>,
    reserved: &mut HashMap<Vec<Step>, String>,
) -> Option<String> {
    let mut holder = None;
    for depth in (request.scope.len()..=request.wanted.len()).rev() {
        let here = request.wanted.get(..depth).unwrap_or_default();
        holder = taken.get(here).or_else(|| reserved.get(here)).cloned();
        if holder.is_some() {
            // What it saves stands in groups of another entity.
            if let Some(other) = request.lineages.iter().find_map(|l| reserved.get(l)) {
                return Some(other.clone());
            }
            continue;
        }
        taken.insert(here.to_vec(), request.dataset.clone());
        reserved.insert(here.to_vec(), request.dataset.clone());
        for lineage in &request.lineages {
            for end in here.len()..=lineage.len() {
                reserved.insert(lineage.get(..end).unwrap_or_default().to_vec(), request.dataset.clone());
            }
        }
        return None;
    }
    holder
}

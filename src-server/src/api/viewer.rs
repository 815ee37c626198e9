//! Who asks, and what they may: a role holds for its grid and everything below it.

use std::collections::BTreeSet;

use huce_core::{
    clock::Millis,
    ids::{GridId, PersonId},
    ipc::{CallError, Code},
    person::{Person, Role},
};

use crate::store::{Conn, Result, grids::Tree, people};

/// Everybody who works in a grid reads it and writes requests, plans and households there.
pub const WORKERS: [Role; 5] =
    [Role::Inspector, Role::Coordinator, Role::CrewLead, Role::Dispatcher, Role::Administrator];
pub use huce_core::person::LEADERS;
/// Who decides who is responsible for a request.
pub const DECIDERS: [Role; 2] = [Role::Dispatcher, Role::Administrator];
/// Who imports registers.
pub const IMPORTERS: [Role; 2] = [Role::Dispatcher, Role::Administrator];
/// Who adds people, makes codes and takes tablets away.
pub const ADMINISTRATORS: [Role; 1] = [Role::Administrator];

/// Somebody who is signed in, with what they may see now.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Who, with the roles that hold now.
    pub person: Person,
    /// All grids.
    pub tree: Tree,
    /// The grids that they see: the subtrees of their roles.
    pub grids: BTreeSet<GridId>,
}

impl Viewer {
    /// Reads what somebody may. A person who is gone sees nothing.
    pub async fn load(conn: &mut Conn, id: &PersonId, now_ms: Millis) -> Result<Option<Self>> {
        let Some(person) = people::person(conn, id, now_ms).await? else { return Ok(None) };
        let tree = Tree::load(conn).await?;
        let grids = tree.below(&person.roles.iter().map(|r| r.grid.clone()).collect());
        Ok(Some(Self { person, tree, grids }))
    }

    /// The tops of the subtrees in which they have one of these roles.
    pub fn tops(&self, roles: &[Role]) -> BTreeSet<GridId> {
        self.person.roles.iter().filter(|r| roles.contains(&r.role)).map(|r| r.grid.clone()).collect()
    }

    /// Have they one of these roles anywhere?
    pub fn is_one_of(&self, roles: &[Role]) -> bool {
        self.person.roles.iter().any(|r| roles.contains(&r.role))
    }

    /// Have they one of these roles in this grid?
    pub fn may(&self, roles: &[Role], grid: &GridId) -> bool {
        self.tree.has(grid) && self.tree.is_within(grid, &self.tops(roles))
    }

    /// Refuses what [`Self::may`] denies.
    pub fn must(&self, roles: &[Role], grid: &GridId) -> std::result::Result<(), CallError> {
        if self.may(roles, grid) { Ok(()) } else { Err(CallError::new(Code::NoRight)) }
    }

    /// Refuses what they do not see.
    pub fn must_see(&self, grid: &GridId) -> std::result::Result<(), CallError> {
        if self.grids.contains(grid) { Ok(()) } else { Err(CallError::new(Code::NoRight)) }
    }
}

//! Who may record in which grid.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    clock::Millis,
    ids::{GridId, PersonId},
    person::{LEADERS, Role},
};

use crate::store::{
    Conn, Result,
    grids::Tree,
    people::{self, Held},
};

/// Whoever was moved to other grids still hands in what they recorded before, for so long.
pub const GRACE_MS: Millis = 30 * 24 * 3_600_000;

/// The roles of the people of one batch.
pub struct Rights {
    roles: BTreeMap<PersonId, Vec<Held>>,
    now_ms: Millis,
}

impl Rights {
    /// Reads them.
    pub async fn load(conn: &mut Conn, people: impl Iterator<Item = &PersonId>, now_ms: Millis) -> Result<Self> {
        let mut roles = BTreeMap::new();
        for person in people.collect::<BTreeSet<_>>() {
            roles.insert(person.clone(), people::roles(conn, person).await?);
        }
        Ok(Self { roles, now_ms })
    }

    /// May they record in this grid? With a role there (or above) that holds now; or that held when the event says
    /// that it was recorded, as long as that role did not end more than [`GRACE_MS`] ago.
    pub fn may_record(&self, tree: &Tree, person: &PersonId, grid: &GridId, when_ms: Millis) -> bool {
        self.within(tree, person, grid, |held| self.held_then(held, when_ms))
    }

    /// The same for what only those record who lead: rounds.
    pub fn leads(&self, tree: &Tree, person: &PersonId, grid: &GridId, when_ms: Millis) -> bool {
        let holds = |held: &Held| LEADERS.contains(&held.role.role) && self.held_then(held, when_ms);
        self.within(tree, person, grid, holds)
    }

    fn held_then(&self, held: &Held, when_ms: Millis) -> bool {
        let recent = held.until_ms.is_some_and(|until| self.now_ms.saturating_sub(until) < GRACE_MS);
        held.is_valid(self.now_ms) || (recent && held.is_valid(when_ms))
    }

    /// Do they administer this grid now?
    pub fn is_administrator(&self, tree: &Tree, person: &PersonId, grid: &GridId) -> bool {
        self.has(tree, person, grid, &[Role::Administrator])
    }

    /// Do they decide who is responsible in this grid?
    pub fn decides(&self, tree: &Tree, person: &PersonId, grid: &GridId) -> bool {
        self.has(tree, person, grid, &[Role::Dispatcher, Role::Administrator])
    }

    fn has(&self, tree: &Tree, person: &PersonId, grid: &GridId, roles: &[Role]) -> bool {
        self.within(tree, person, grid, |held| roles.contains(&held.role.role) && held.is_valid(self.now_ms))
    }

    fn within(&self, tree: &Tree, person: &PersonId, grid: &GridId, holds: impl Fn(&Held) -> bool) -> bool {
        let roles = self.roles.get(person).into_iter().flatten();
        let tops: BTreeSet<GridId> = roles.filter(|r| holds(r)).map(|r| r.role.grid.clone()).collect();
        tree.is_within(grid, &tops)
    }
}

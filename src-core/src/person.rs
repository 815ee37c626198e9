//! A person 人员 and what they may do. People and their roles are administered on the server and handed to
//! tablets with the profile; they are not events, because passwords must not travel.

use serde::{Deserialize, Serialize};

use crate::ids::{GridId, PersonId};

/// What somebody does; what it allows is decided by the server on every call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 专管员
    Inspector,
    /// 协管员
    Coordinator,
    /// 班长
    CrewLead,
    /// 调度员
    Dispatcher,
    /// 管理员
    Administrator,
}

/// Who sees people and tablets, draws rounds up and says who takes which stairwell.
pub const LEADERS: [Role; 3] = [Role::CrewLead, Role::Dispatcher, Role::Administrator];

/// A role in a grid; it holds for everything below that grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleIn {
    /// The role.
    pub role: Role,
    /// The top of the subtree.
    pub grid: GridId,
}

/// Somebody, as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The login name.
    pub id: PersonId,
    /// The name to show.
    pub name: String,
    /// Roles.
    pub roles: Vec<RoleIn>,
}

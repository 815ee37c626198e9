//! People, their roles and their sessions in the console.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    clock::Millis,
    ids::{GridId, PersonId},
    person::{Person, Role, RoleIn},
};
use sqlx::Row;

use super::{Conn, Result, SqlRow, StoreError, from_word, word};

/// A role with its period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The role and the top of its subtree.
    pub role: RoleIn,
    /// From when.
    pub from_ms: Millis,
    /// Until when; none: until further notice.
    pub until_ms: Option<Millis>,
}

impl Held {
    /// Does it hold at this instant?
    pub fn is_valid(&self, at_ms: Millis) -> bool {
        self.from_ms <= at_ms && self.until_ms.is_none_or(|until| at_ms < until)
    }
}

/// All roles that somebody has or had.
pub async fn roles(conn: &mut Conn, person: &PersonId) -> Result<Vec<Held>> {
    let rows = sqlx::query("SELECT role, grid, from_ms, until_ms FROM role WHERE person = $1 ORDER BY grid, role")
        .bind(person.as_str())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| held(row, 0)).collect()
}

fn held(row: &SqlRow, at: usize) -> Result<Held> {
    Ok(Held {
        role: RoleIn {
            role: from_word::<Role>(row.try_get::<&str, _>(at)?)?,
            grid: GridId::new(row.try_get::<String, _>(at + 1)?).map_err(|_| StoreError::damaged("a role's grid"))?,
        },
        from_ms: row.try_get(at + 2)?,
        until_ms: row.try_get(at + 3)?,
    })
}

/// Everybody, with the roles that hold now, by login.
pub async fn list(conn: &mut Conn, now_ms: Millis) -> Result<Vec<Person>> {
    let rows = sqlx::query("SELECT login, name FROM person ORDER BY login").fetch_all(&mut *conn).await?;
    let mut people = BTreeMap::new();
    for row in rows {
        let id = PersonId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a person"))?;
        people.insert(id.clone(), Person { id, name: row.try_get(1)?, roles: Vec::new() });
    }
    let rows = sqlx::query("SELECT person, role, grid, from_ms, until_ms FROM role ORDER BY person, grid, role")
        .fetch_all(conn)
        .await?;
    for row in rows {
        let held = held(&row, 1)?;
        let id = PersonId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a person"))?;
        if let Some(person) = people.get_mut(&id).filter(|_| held.is_valid(now_ms)) {
            person.roles.push(held.role);
        }
    }
    Ok(people.into_values().collect())
}

/// Somebody, with the roles that hold now.
pub async fn person(conn: &mut Conn, id: &PersonId, now_ms: Millis) -> Result<Option<Person>> {
    let name: Option<String> = sqlx::query_scalar("SELECT name FROM person WHERE login = $1")
        .bind(id.as_str())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(name) = name else { return Ok(None) };
    let roles = roles(conn, id).await?.into_iter().filter(|r| r.is_valid(now_ms)).map(|r| r.role).collect();
    Ok(Some(Person { id: id.clone(), name, roles }))
}

/// Adds somebody, or changes name and roles. Roles that are not in the list end now. A password (already hashed)
/// replaces the old one and ends every session; none leaves it.
pub async fn save(conn: &mut Conn, person: &Person, password: Option<&str>, now_ms: Millis) -> Result<()> {
    sqlx::query(
        "INSERT INTO person (login, name, password, added_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (login) DO UPDATE SET name = excluded.name,
         password = COALESCE(excluded.password, person.password)",
    )
    .bind(person.id.as_str())
    .bind(&person.name)
    .bind(password)
    .bind(now_ms)
    .execute(&mut *conn)
    .await?;
    if password.is_some() {
        sqlx::query("DELETE FROM session WHERE person = $1").bind(person.id.as_str()).execute(&mut *conn).await?;
    }
    let now: BTreeSet<(String, GridId)> =
        roles(conn, &person.id).await?.into_iter().filter(|r| r.is_valid(now_ms)).map(|r| of(&r.role)).collect();
    let wanted: BTreeSet<(String, GridId)> = person.roles.iter().map(of).collect();
    for (role, grid) in now.difference(&wanted) {
        sqlx::query(
            "UPDATE role SET until_ms = $4 WHERE person = $1 AND role = $2 AND grid = $3
             AND from_ms <= $4 AND (until_ms IS NULL OR until_ms > $4)",
        )
        .bind(person.id.as_str())
        .bind(role)
        .bind(grid.as_str())
        .bind(now_ms)
        .execute(&mut *conn)
        .await?;
    }
    for (role, grid) in wanted.difference(&now) {
        sqlx::query(
            "INSERT INTO role (person, role, grid, from_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (person, role, grid, from_ms) DO UPDATE SET until_ms = NULL",
        )
        .bind(person.id.as_str())
        .bind(role)
        .bind(grid.as_str())
        .bind(now_ms)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

fn of(role: &RoleIn) -> (String, GridId) {
    (word(&role.role), role.grid.clone())
}

/// The password's hash; none when there is no such person or no password.
pub async fn password(conn: &mut Conn, login: &str) -> Result<Option<String>> {
    let hash: Option<Option<String>> =
        sqlx::query_scalar("SELECT password FROM person WHERE login = $1").bind(login).fetch_optional(conn).await?;
    Ok(hash.flatten())
}

/// Keeps a session by the hash of its cookie; old ones go.
pub async fn add_session(
    conn: &mut Conn,
    hash: &str,
    person: &PersonId,
    until_ms: Millis,
    now_ms: Millis,
) -> Result<()> {
    sqlx::query("DELETE FROM session WHERE until_ms <= $1").bind(now_ms).execute(&mut *conn).await?;
    sqlx::query("INSERT INTO session (hash, person, made_ms, until_ms) VALUES ($1, $2, $3, $4)")
        .bind(hash)
        .bind(person.as_str())
        .bind(now_ms)
        .bind(until_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whose session it is.
pub async fn session(conn: &mut Conn, hash: &str, now_ms: Millis) -> Result<Option<PersonId>> {
    let person: Option<String> = sqlx::query_scalar("SELECT person FROM session WHERE hash = $1 AND until_ms > $2")
        .bind(hash)
        .bind(now_ms)
        .fetch_optional(conn)
        .await?;
    person.map(|p| PersonId::new(p).map_err(|_| StoreError::damaged("a person"))).transpose()
}

/// Ends a session.
pub async fn end_session(conn: &mut Conn, hash: &str) -> Result<()> {
    sqlx::query("DELETE FROM session WHERE hash = $1").bind(hash).execute(conn).await?;
    Ok(())
}

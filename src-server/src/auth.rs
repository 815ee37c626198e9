//! Who is asking: passwords, sessions of the console, tokens of tablets.
//!
//! Secrets are kept as hashes only: Argon2id for passwords, BLAKE3 for codes, tokens and cookies (they are random,
//! so that guessing is hopeless and stretching would bring nothing). A token or cookie is looked up on every request:
//! taking a role or a device away holds at once.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    sync::OnceLock,
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use axum::{
    extract::{ConnectInfo, FromRequestParts, Request},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use data_encoding::BASE64URL_NOPAD;
use huce_core::{
    clock::Millis,
    ids::{DeviceId, GridId, PersonId},
    ipc::{CallError, Code},
};
use tokio::sync::Semaphore;

use crate::{
    app::App,
    routes::Fault,
    store::{
        self, Conn, devices,
        failures::{self, Try},
        grids::Tree,
        people,
    },
};

/// How long a console session lasts: a shift.
pub const SESSION_MS: Millis = 12 * 3_600_000;
/// How long a tablet's token lasts.
pub const TOKEN_MS: Millis = 3_600_000;
/// How long a challenge can be answered.
pub const CHALLENGE_MS: Millis = 60_000;
/// How long an enrolment code can be used.
pub const CODE_MS: Millis = 10 * 60_000;
/// The shortest password, in characters.
pub const SHORTEST_PASSWORD: usize = 8;
/// Longer ones are refused before they are hashed.
const LONGEST_PASSWORD_BYTES: usize = 1024;
/// The cookie's name.
const COOKIE: &str = "huce";
/// Each of these takes 19 MiB: never many at once.
static HASHING: Semaphore = Semaphore::const_new(2);

/// Random text of so many bytes, base64url.
pub fn secret(bytes: usize) -> Result<String, Fault> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(|e| Fault::internal(&e))?;
    Ok(BASE64URL_NOPAD.encode(&random))
}

/// What is stored of a code, token or cookie.
pub fn hash(secret: &str) -> String {
    blake3::hash(secret.as_bytes()).to_hex().to_string()
}

/// A new one-time code as it is read out, `ABCD-EFGH`: 32 characters that cannot be taken for one another.
pub fn new_code() -> Result<String, Fault> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut random = [0u8; 8];
    getrandom::fill(&mut random).map_err(|e| Fault::internal(&e))?;
    let letter = |b: &u8| LETTERS.get(usize::from(b % 32)).map_or('A', |b| char::from(*b));
    let (left, right) = random.split_at(4);
    Ok(format!("{}-{}", left.iter().map(letter).collect::<String>(), right.iter().map(letter).collect::<String>()))
}

/// A code as it is hashed: spaces, dashes and lower case do not matter.
pub fn plain_code(typed: &str) -> String {
    typed.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect()
}

/// Makes and keeps a one-time enrolment code for somebody; gives it and until when it can be used. `approves`: the tablet
/// that brings it is let in at once.
pub async fn give_code(app: &App, person: &PersonId, approves: bool) -> Result<(String, Millis), Fault> {
    let code = new_code()?;
    let until_ms = app.now_ms().saturating_add(CODE_MS);
    let mut write = app.store.write().await?;
    devices::add_code(&mut write, &hash(&plain_code(&code)), person, approves, until_ms).await?;
    write.commit().await?;
    Ok((code, until_ms))
}

/// The same for a depot hub of this person.
pub async fn give_hub_code(app: &App, person: &PersonId) -> Result<(String, Millis), Fault> {
    let code = new_code()?;
    let until_ms = app.now_ms().saturating_add(CODE_MS);
    let mut write = app.store.write().await?;
    devices::add_code(&mut write, &hub_hash(&code), person, true, until_ms).await?;
    write.commit().await?;
    Ok((code, until_ms))
}

/// What is stored of a hub's code: a tablet's code does not fit, nor the other way round.
pub fn hub_hash(code: &str) -> String {
    hash(&format!("{}{}", huce_core::hub::CODE_KIND, plain_code(code)))
}

/// Hashes a password; [`Code::BadInput`] when it is too short or too long.
pub async fn hash_password(password: &str) -> Result<String, Fault> {
    if password.chars().count() < SHORTEST_PASSWORD || password.len() > LONGEST_PASSWORD_BYTES {
        return Err(CallError::new(Code::BadInput).with("field", "password").with("why", "length").into());
    }
    let password = password.to_owned();
    let _turn = HASHING.acquire().await.map_err(|e| Fault::internal(&e))?;
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    });
    hashed.await?.map_err(|e| Fault::internal(&e))
}

/// Does the password fit? Without a stored hash the same work is done, so that the time does not tell who exists.
async fn fits(password: &str, stored: Option<String>) -> Result<bool, Fault> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if password.len() > LONGEST_PASSWORD_BYTES {
        return Ok(false);
    }
    let password = password.to_owned();
    let _turn = HASHING.acquire().await.map_err(|e| Fault::internal(&e))?;
    let fits = tokio::task::spawn_blocking(move || {
        let nobody = || {
            let hash = Argon2::default().hash_password(b"nobody has this password");
            hash.map(|h| h.to_string()).unwrap_or_default()
        };
        let is_somebody = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.get_or_init(nobody).clone());
        let fits = PasswordHash::new(&stored)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        fits && is_somebody
    });
    Ok(fits.await?)
}

/// Signs somebody in to the console; gives the cookie's value. After [`failures::MAX_FAILURES`] failures the name is
/// locked for [`failures::LOCKED_MS`].
pub async fn sign_in(app: &App, login: &str, password: &str) -> Result<(PersonId, String), Fault> {
    let now_ms = app.now_ms();
    let wrong = |left: i64| CallError::new(Code::WrongPassword).with("tries_left", left);
    let Ok(person) = PersonId::new(login) else { return Err(wrong(failures::MAX_FAILURES).into()) };
    let what = format!("login:{person}");
    let left = match failures::count(&app.store, &what, now_ms).await? {
        Try::Locked(until_ms) => return Err(locked(until_ms, now_ms)),
        Try::Left(left) => left,
    };
    let stored = people::password(&mut *app.store.pool().acquire().await?, login).await?;
    if !fits(password, stored).await? {
        return Err(wrong(left).into());
    }
    failures::forgive(&app.store, &what).await?;
    let cookie = secret(32)?;
    let mut write = app.store.write().await?;
    people::add_session(&mut write, &hash(&cookie), &person, now_ms.saturating_add(SESSION_MS), now_ms).await?;
    write.commit().await?;
    Ok((person, cookie))
}

/// 429 with the minutes that are left.
pub fn locked(until_ms: Millis, now_ms: Millis) -> Fault {
    let minutes = (until_ms.saturating_sub(now_ms).saturating_add(59_999)) / 60_000;
    CallError::new(Code::Locked).with("minutes", minutes).into()
}

/// The header that sets the session's cookie; an empty value ends it. `Secure` where the browser came over TLS: on
/// plain HTTP, browsers would throw such a cookie away.
pub fn cookie_header(app: &App, headers: &HeaderMap, value: &str) -> String {
    let age = if value.is_empty() { 0 } else { SESSION_MS / 1000 };
    let secure = if app.way.is_secure(headers) { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{secure}")
}

/// The session's cookie, as the browser sent it.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = all.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value).filter(|v| !v.is_empty())
}

/// Somebody who is signed in to the console. As an argument of a handler it refuses everybody else.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub person: PersonId,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let Some(cookie) = cookie(&parts.headers) else { return Err(Fault::signed_out()) };
        let mut conn = app.store.pool().acquire().await?;
        match people::session(&mut conn, &hash(cookie), app.now_ms()).await? {
            Some(person) => Ok(Self { person }),
            None => Err(Fault::signed_out()),
        }
    }
}

/// A tablet that showed its token. As an argument of a handler it refuses everybody else.
#[derive(Debug, Clone)]
pub struct Tablet {
    /// Which.
    pub device: DeviceId,
    /// Whose it is now.
    pub person: PersonId,
}

/// A tablet that hands in what it recorded: also one whose place was taken away, which may do nothing else.
#[derive(Debug, Clone)]
pub struct HandsIn {
    /// Which.
    pub device: DeviceId,
    /// Whose it is now.
    pub person: PersonId,
    /// Was its place taken away?
    pub revoked: bool,
}

impl FromRequestParts<App> for Tablet {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        match HandsIn::from_request_parts(parts, app).await? {
            HandsIn { revoked: true, .. } => Err(Fault::new(StatusCode::FORBIDDEN, "revoked")),
            HandsIn { device, person, .. } => Ok(Self { device, person }),
        }
    }
}

impl FromRequestParts<App> for HandsIn {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let hands_in = Self::by_token(parts, app).await?;
        if let Some(limits) = &app.limits {
            limits.device(&hands_in.device)?;
        }
        Ok(hands_in)
    }
}

impl HandsIn {
    async fn by_token(parts: &Parts, app: &App) -> Result<Self, Fault> {
        let token = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let Some(token) = token.and_then(|v| v.strip_prefix("Bearer ")) else { return Err(Fault::signed_out()) };
        let mut conn = app.store.pool().acquire().await?;
        match devices::token(&mut conn, &hash(token), app.now_ms()).await? {
            Some((device, person, revoked)) => Ok(Self { device, person, revoked }),
            None => Err(Fault::signed_out()),
        }
    }
}

/// Somebody who looks at a photo: a tablet or the console.
#[derive(Debug, Clone)]
pub struct Seer {
    /// Who.
    pub person: PersonId,
    /// On which tablet.
    pub device: Option<DeviceId>,
}

impl FromRequestParts<App> for Seer {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let tablet = Tablet::from_request_parts(parts, app).await?;
            return Ok(Self { person: tablet.person, device: Some(tablet.device) });
        }
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        Ok(Self { person: signed_in.person, device: None })
    }
}

/// The address that a request came from; without a socket (in tests) the unspecified one.
pub struct Peer(pub IpAddr);

impl FromRequestParts<App> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        if let Some(ip) = app.way.peer(&parts.headers) {
            return Ok(Self(ip));
        }
        let socket = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(socket.map_or(IpAddr::from([0, 0, 0, 0]), |c| c.0.ip())))
    }
}

/// Somebody of whom nothing is known yet asks what anybody may ask. As an argument of a handler it slows down an address
/// that does so too often, before anything is read or written.
pub struct Anybody(pub IpAddr);

impl FromRequestParts<App> for Anybody {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let Ok(Peer(peer)) = Peer::from_request_parts(parts, app).await;
        if let Some(limits) = &app.limits {
            limits.open(peer)?;
        }
        Ok(Self(peer))
    }
}

/// The grids that somebody sees now: the subtrees of their roles.
pub async fn grids_of(conn: &mut Conn, person: &PersonId, now_ms: Millis) -> store::Result<(Tree, BTreeSet<GridId>)> {
    let tree = Tree::load(conn).await?;
    let roles = people::roles(conn, person).await?;
    let tops = roles.into_iter().filter(|r| r.is_valid(now_ms)).map(|r| r.role.grid).collect();
    let grids = tree.below(&tops);
    Ok((tree, grids))
}

/// Lets no other site act in the name of somebody who is signed in: a request that may change something carries the
/// header `x-huce` (another site cannot set it without asking first, and is never allowed to), or comes from our pages.
pub async fn same_site(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || !request.uri().path().starts_with("/api/") || is_ours(request.headers()) {
        return next.run(request).await;
    }
    Fault::no_right().with("why", "other_site").into_response()
}

fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    let host_of = |origin: &str| origin.split_once("://").map(|(_, host)| host.to_owned());
    headers.contains_key("x-huce")
        || text(header::ORIGIN).and_then(host_of).is_some_and(|o| Some(o.as_str()) == text(header::HOST))
}

//! The line from a hub to its server. A trait, so that the simulation can put a hostile network in its place.

use std::{future::Future, path::Path, pin::Pin, time::Duration};

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::Signer;
use huce_core::wire::{Challenge, Refused, Token, TokenAsk, token_text};
use serde::{Serialize, de::DeserializeOwned};

use crate::{app::App, photos::PhotoError, store::StoreError, tls};

/// Who vouches for the upstream, in the data folder.
pub const AUTHORITY: &str = "upstream-ca.crt";
const CONNECT: Duration = Duration::from_secs(10);
/// Silence longer than this is a broken line.
const STALL: Duration = Duration::from_secs(60);
/// The most bytes of a reply.
const MAX_REPLY_BYTES: usize = 128 * 1024 * 1024;
/// Smaller bodies travel as they are.
const COMPRESS_FROM_BYTES: usize = 1024;

/// Why a pass ended early. What was handed on until then stays handed on.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// The server could not be reached.
    #[error("the server cannot be reached: {0}")]
    Offline(String),
    /// Something else answered.
    #[error("not a Huce server: {0}")]
    NotHuce(String),
    /// The server refused.
    #[error("the server refused: {code} ({status})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The code of [`Refused`].
        code: String,
    },
    /// The address is none.
    #[error("{0} is no address of a server: https://HOST:PORT (http:// on this machine only)")]
    Address(String),
    /// The file of the authority that vouches for the server.
    #[error("{0}")]
    Authority(String),
    /// The data is a server's.
    #[error("this folder holds a server's data: start the hub on an empty one")]
    NotAHub,
    /// The server's epoch changed meanwhile: the next pass begins anew.
    #[error("the server was restored meanwhile")]
    Again,
    /// The hub's own database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The hub's own photos.
    #[error(transparent)]
    Photos(#[from] PhotoError),
}

/// A request.
#[derive(Debug, Clone)]
pub struct UpAsk {
    /// `GET`, `POST`, `PUT`.
    pub method: &'static str,
    /// Behind the server's address: `/v1/…`.
    pub path: String,
    /// The session's token.
    pub token: Option<String>,
    /// Its content type, and the body.
    pub body: Option<(&'static str, Vec<u8>)>,
}

/// A reply: status and body.
pub type UpReply = (u16, Vec<u8>);

/// Something that ends later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The way to the server.
pub trait Up: Send + Sync {
    /// Sends a request and waits for its reply.
    fn send(&self, ask: UpAsk) -> Later<'_, Result<UpReply, UpError>>;
}

/// HTTP over a real network.
#[derive(Debug)]
pub struct OverHttp {
    client: reqwest::Client,
    base: String,
    has_authority: bool,
}

impl OverHttp {
    /// The server at this address. `upstream-ca.crt` in the data folder is the only authority that vouches for it, where there
    /// is such a file (a copy of the server's `tls-ca.crt`); else public ones do. Plain HTTP goes to this machine only.
    ///
    /// # Errors
    /// When it is none, or the file holds no certificate.
    pub fn new(base: &str, data: &Path) -> Result<Self, UpError> {
        let bad = || UpError::Address(base.to_owned());
        let url = reqwest::Url::parse(base).map_err(|_| bad())?;
        let host = url.host_str().unwrap_or_default();
        let is_private = url.scheme() == "https" || (url.scheme() == "http" && tls::is_loopback(host));
        if !is_private || host.is_empty() {
            return Err(bad());
        }
        // An error says that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = reqwest::Client::builder();
        let file = data.join(AUTHORITY);
        let pem = std::fs::read(&file).ok();
        let has_authority = pem.is_some();
        if let Some(pem) = pem {
            let not = |e: reqwest::Error| UpError::Authority(format!("{}: {e}", file.display()));
            client = client.tls_certs_only([reqwest::Certificate::from_pem(&pem).map_err(not)?]);
        }
        let client = client
            .connect_timeout(CONNECT)
            .read_timeout(STALL)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("huce-hub/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| UpError::Offline(e.to_string()))?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned(), has_authority })
    }

    /// Why there is no line, down to the first cause; and what helps when it is the certificate.
    fn offline(&self, e: reqwest::Error) -> UpError {
        let e = e.without_url();
        let mut cause: &dyn std::error::Error = &e;
        while let Some(next) = cause.source() {
            cause = next;
        }
        let mut why = cause.to_string();
        if why.contains("certificate") && !self.has_authority {
            why = format!(
                "{why}; for a server that is its own authority copy its tls-ca.crt to {AUTHORITY} in the hub's data folder"
            );
        }
        UpError::Offline(why)
    }

    async fn ask(&self, ask: UpAsk) -> Result<UpReply, UpError> {
        let method = reqwest::Method::from_bytes(ask.method.as_bytes()).unwrap_or(reqwest::Method::GET);
        let mut request = self.client.request(method, format!("{}{}", self.base, ask.path));
        if let Some(token) = &ask.token {
            request = request.bearer_auth(token);
        }
        if let Some((kind, body)) = ask.body {
            request = request.header("content-type", kind);
            let packed = (kind == JSON && body.len() >= COMPRESS_FROM_BYTES)
                .then(|| zstd::bulk::compress(&body, 3).ok())
                .flatten();
            request = match packed {
                Some(packed) => request.header("content-encoding", "zstd").body(packed),
                None => request.body(body),
            };
        }
        let offline = |e: reqwest::Error| self.offline(e);
        let mut reply = request.send().await.map_err(offline)?;
        let mut body = Vec::new();
        while let Some(part) = reply.chunk().await.map_err(offline)? {
            if body.len() + part.len() > MAX_REPLY_BYTES {
                return Err(UpError::NotHuce("the reply is too large".to_owned()));
            }
            body.extend_from_slice(&part);
        }
        Ok((reply.status().as_u16(), body))
    }
}

impl Up for OverHttp {
    fn send(&self, ask: UpAsk) -> Later<'_, Result<UpReply, UpError>> {
        Box::pin(self.ask(ask))
    }
}

const JSON: &str = "application/json";

/// A session at the server.
pub struct Session<'a> {
    up: &'a dyn Up,
    token: Option<String>,
}

impl<'a> Session<'a> {
    /// Without a token yet.
    pub fn new(up: &'a dyn Up) -> Self {
        Self { up, token: None }
    }

    /// Signs in as this hub. Gives the server's clock minus this machine's, and the token as the server described it.
    pub(super) async fn sign_in(&mut self, app: &App) -> Result<(i64, Token), UpError> {
        let asked_ms = (app.clock)();
        let Challenge { nonce, now_ms, hub } = self.get("/v1/challenge").await?;
        if hub.is_some() {
            return Err(UpError::NotHuce("a hub: the upstream of a hub is a server".to_owned()));
        }
        let offset_ms = now_ms.saturating_sub(asked_ms.midpoint((app.clock)()));
        let sig = app.own.key.sign(token_text(None, &nonce).as_bytes()).to_bytes();
        let ask = TokenAsk {
            device: app.own.device.clone(),
            nonce,
            sig: BASE64URL_NOPAD.encode(&sig),
            now_ms: Some((app.clock)()),
            version: None,
        };
        let token: Token = self.post("/v1/token", &ask).await?;
        self.token = Some(token.token.clone());
        Ok((offset_ms, token))
    }

    async fn send(
        &self,
        method: &'static str,
        path: &str,
        body: Option<(&'static str, Vec<u8>)>,
    ) -> Result<Vec<u8>, UpError> {
        let ask = UpAsk { method, path: path.to_owned(), token: self.token.clone(), body };
        match self.up.send(ask).await? {
            (200..=299, body) => Ok(body),
            (status, body) => match serde_json::from_slice::<Refused>(&body) {
                Ok(Refused { code, .. }) => Err(UpError::Refused { status, code }),
                Err(_) => Err(UpError::NotHuce(format!("status {status}"))),
            },
        }
    }

    pub(super) async fn bytes(&self, path: &str) -> Result<Vec<u8>, UpError> {
        self.send("GET", path, None).await
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, UpError> {
        read(&self.send("GET", path, None).await?)
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, said: &impl Serialize) -> Result<T, UpError> {
        let body = serde_json::to_vec(said).map_err(|e| UpError::NotHuce(e.to_string()))?;
        read(&self.send("POST", path, Some((JSON, body))).await?)
    }

    /// `PUT` raw bytes; the reply has no body.
    pub(super) async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), UpError> {
        match self.send("PUT", path, Some(("application/octet-stream", bytes))).await? {
            body if body.is_empty() => Ok(()),
            _ => Err(UpError::NotHuce("a reply where none is due".to_owned())),
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, UpError> {
    serde_json::from_slice(body).map_err(|e| UpError::NotHuce(format!("{:?}", e.classify())))
}

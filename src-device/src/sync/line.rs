//! What carries a request to the server and its reply back. A trait, so that the simulation can put a hostile network
//! in its place: everything that is decided about a reply (is it one of Huce? is it whole? may it count?) is decided
//! on this side of it.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use reqwest::{Client, Method, header, redirect};

use super::{
    error::SyncError,
    trust::{self, must_be_private},
};
use huce_core::ipc::{CallError, Code};

const CONNECT: Duration = Duration::from_secs(5);
/// Silence longer than this is a broken line. A chunk of 256 KiB must get through in it: 4.4 kB/s.
const STALL: Duration = Duration::from_secs(60);

/// How something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// How.
    pub verb: Verb,
    /// What, behind the server's address: `/v1/…`.
    pub path: String,
    /// The session's token, where there is one.
    pub token: Option<String>,
    /// The body's content type; none where there is no body.
    pub content_type: Option<&'static str>,
    /// Is the body compressed with zstd?
    pub packed: bool,
    /// The body.
    pub body: Vec<u8>,
    /// The most bytes that the reply may have.
    pub limit: usize,
}

/// A reply, whoever gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body, uncompressed.
    pub body: Vec<u8>,
}

/// Something that ends later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The way to one server.
pub trait Line: Send + Sync + fmt::Debug {
    /// Sends a request and waits for its reply.
    fn send(&self, ask: Ask) -> Later<'_, Result<Reply, SyncError>>;

    /// Waits before a repeat.
    fn pause(&self, ms: u64) -> Later<'_, ()>;
}

/// HTTP over a real network. Redirects are off (a captive portal answers with one), every reply has a limit of bytes,
/// every step a limit of silence but none of total time: a photo over a bad line may take long as long as it moves.
#[derive(Debug)]
pub struct OverHttp {
    client: Client,
    base: String,
}

impl OverHttp {
    /// The server at a normal address (see [`super::http::normal_url`]).
    ///
    /// # Errors
    /// [`Code::Unencrypted`] for plain HTTP to another machine (an address of an older version).
    pub fn new(base: &str, pin: Option<&trust::Pin>) -> Result<Self, SyncError> {
        // The client wants a TLS of ours, also for plain HTTP. An error says that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let bad = |_| SyncError::Local(CallError::new(Code::BadInput).with("field", "url").with("why", "no_address"));
        must_be_private(&base.parse().map_err(bad)?).map_err(SyncError::Local)?;
        let mut client = Client::builder();
        if let Some(pin) = pin {
            client = client.tls_backend_preconfigured(pin.client()?);
        }
        let client = client
            .connect_timeout(CONNECT)
            .read_timeout(STALL)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("huce-device/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| SyncError::Local(CallError::new(Code::Internal).with("what", e)))?;
        Ok(Self { client, base: base.to_owned() })
    }

    async fn ask(&self, ask: Ask) -> Result<Reply, SyncError> {
        let method = match ask.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Put => Method::PUT,
        };
        let mut request = self.client.request(method, format!("{}{}", self.base, ask.path));
        if let Some(token) = &ask.token {
            request = request.bearer_auth(token);
        }
        if let Some(kind) = ask.content_type {
            request = request.header(header::CONTENT_TYPE, kind).body(ask.body);
        }
        if ask.packed {
            request = request.header(header::CONTENT_ENCODING, "zstd");
        }
        let sent = tokio::time::timeout(STALL, request.send()).await;
        let mut reply = sent.map_err(|_| SyncError::Offline("the line is silent".to_owned()))?.map_err(broken)?;
        let mut body = Vec::new();
        while let Some(part) = reply.chunk().await.map_err(broken)? {
            if body.len() + part.len() > ask.limit {
                return Err(SyncError::NotHuce("the reply is too large".to_owned()));
            }
            body.extend_from_slice(&part);
        }
        Ok(Reply { status: reply.status().as_u16(), body })
    }
}

impl Line for OverHttp {
    fn send(&self, ask: Ask) -> Later<'_, Result<Reply, SyncError>> {
        Box::pin(self.ask(ask))
    }

    fn pause(&self, ms: u64) -> Later<'_, ()> {
        Box::pin(tokio::time::sleep(Duration::from_millis(ms)))
    }
}

/// The message names no address twice: the cause behind the cause is what helps.
fn broken(e: reqwest::Error) -> SyncError {
    let mut cause: &dyn std::error::Error = &e;
    while let Some(deeper) = cause.source() {
        // What an IO error wraps is not its source but itself, and one may wrap another.
        let mut inner = deeper;
        while let Some(wrapped) = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            inner = wrapped;
        }
        if let Some(fault) = inner.downcast_ref().and_then(trust::fault) {
            return fault;
        }
        cause = deeper;
    }
    let why = cause.to_string();
    if e.is_decode() && !e.is_timeout() { SyncError::NotHuce(why) } else { SyncError::Offline(why) }
}

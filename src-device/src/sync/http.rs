//! The server as the sync speaks to it: JSON in, JSON out, compressed, and nothing that a stranger in between could
//! abuse. What carries the bytes is a [`Line`].

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use huce_core::{
    ipc::{CallError, Code},
    wire::Refused,
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    error::SyncError,
    line::{Ask, Line, OverHttp, Reply, Verb},
    trust::{Pin, must_be_private},
};
use crate::device::hold;

/// The most bytes of a reply: a page of the largest events stays below, decompressed.
const MAX_REPLY_BYTES: usize = 80 * 1024 * 1024;
/// Smaller bodies travel as they are.
const COMPRESS_FROM_BYTES: usize = 1024;

/// The most bytes of an error's reply.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// A server.
#[derive(Debug)]
pub struct Http {
    line: Arc<dyn Line>,
    token: Mutex<Option<String>>,
    /// Is it a depot hub?
    hub: bool,
    /// Does the hub know less than this tablet?
    behind: AtomicBool,
}

/// An address as people type it: `192.168.1.10:8440` and `https://…/` mean the same; on this machine it is `http://`.
///
/// # Errors
/// [`Code::BadInput`] with `field` = `url` and why; [`Code::Unencrypted`] for plain HTTP to another machine.
pub fn normal_url(text: &str) -> Result<String, CallError> {
    let bad = |why: &str| CallError::new(Code::BadInput).with("field", "url").with("why", why);
    let text = text.trim();
    let parse = |text: &str| reqwest::Url::parse(text).map_err(|_| bad("no_address"));
    let url = if text.contains("://") {
        parse(text)?
    } else {
        let plain = parse(&format!("http://{text}"))?;
        if must_be_private(&plain).is_ok() { plain } else { parse(&format!("https://{text}"))? }
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("scheme"));
    }
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !plain || url.host_str().is_none_or(str::is_empty) {
        return Err(bad("no_address"));
    }
    must_be_private(&url)?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

impl Http {
    /// The server at a normal address, over a real network.
    pub fn new(base: &str, pin: Option<&Pin>) -> Result<Self, SyncError> {
        Ok(Self::over(Arc::new(OverHttp::new(base, pin)?)))
    }

    /// The server at the other end of a line.
    pub fn over(line: Arc<dyn Line>) -> Self {
        Self { line, token: Mutex::new(None), hub: false, behind: AtomicBool::new(false) }
    }

    /// The depot hub at the other end of a line.
    pub fn over_hub(line: Arc<dyn Line>) -> Self {
        Self { hub: true, ..Self::over(line) }
    }

    /// Is it a depot hub?
    pub fn is_hub(&self) -> bool {
        self.hub
    }

    /// Its server was restored since it was last heard: what the hub has is handed in to it, and nothing taken from it.
    pub fn set_behind(&self, behind: bool) {
        self.behind.store(behind, Ordering::Relaxed);
    }

    /// See [`Http::set_behind`].
    pub fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }

    /// The token of this session from now on.
    pub fn set_token(&self, token: String) {
        *hold(&self.token) = Some(token);
    }

    /// Waits before a repeat.
    pub async fn pause(&self, ms: u64) {
        self.line.pause(ms).await;
    }

    /// `GET` a JSON reply.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, SyncError> {
        json(&self.send(self.ask(Verb::Get, path, MAX_REPLY_BYTES)).await?)
    }

    /// `GET` bytes that are no JSON, at most `limit` of them.
    pub async fn bytes(&self, path: &str, limit: usize) -> Result<Vec<u8>, SyncError> {
        Ok(self.send(self.ask(Verb::Get, path, limit)).await?.body)
    }

    /// `POST` a JSON body, compressed when it is worth it.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, SyncError> {
        let internal = |e: String| SyncError::Local(CallError::new(Code::Internal).with("what", e));
        let json_body = serde_json::to_vec(body).map_err(|e| internal(e.to_string()))?;
        let mut ask = self.ask(Verb::Post, path, MAX_REPLY_BYTES);
        ask.content_type = Some("application/json");
        ask.packed = json_body.len() >= COMPRESS_FROM_BYTES;
        ask.body = if ask.packed {
            zstd::bulk::compress(&json_body, 3).map_err(|e| internal(e.to_string()))?
        } else {
            json_body
        };
        json(&self.send(ask).await?)
    }

    /// `PUT` raw bytes. The reply counts only if it is JSON of this server, or empty with 204.
    pub async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), SyncError> {
        let mut ask = self.ask(Verb::Put, path, MAX_REPLY_BYTES);
        ask.content_type = Some("application/octet-stream");
        ask.body = bytes;
        let reply = self.send(ask).await?;
        if reply.status == 204 {
            return Ok(());
        }
        json::<serde_json::Value>(&reply).map(drop)
    }

    fn ask(&self, verb: Verb, path: &str, limit: usize) -> Ask {
        let token = hold(&self.token).clone();
        Ask { verb, path: path.to_owned(), token, content_type: None, packed: false, body: Vec::new(), limit }
    }

    /// Sends it; an error reply of the server becomes [`SyncError::Refused`].
    async fn send(&self, ask: Ask) -> Result<Reply, SyncError> {
        let limit = ask.limit;
        let reply = self.line.send(ask).await?;
        match reply.status {
            _ if reply.body.len() > limit => Err(SyncError::NotHuce("the reply is too large".to_owned())),
            200..=299 => Ok(reply),
            status @ 300..=399 => Err(SyncError::NotHuce(format!("a redirect ({status})"))),
            status if reply.body.len() > MAX_ERROR_BYTES => Err(SyncError::NotHuce(format!("status {status}"))),
            status => match serde_json::from_slice::<Refused>(&reply.body) {
                Ok(Refused { code, params }) => Err(SyncError::Refused { status, code, params }),
                Err(_) => Err(SyncError::NotHuce(format!("status {status}"))),
            },
        }
    }
}

fn json<T: DeserializeOwned>(reply: &Reply) -> Result<T, SyncError> {
    serde_json::from_slice(&reply.body).map_err(|e| SyncError::NotHuce(format!("{:?}", e.classify())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_type_them() {
        for (typed, normal) in [
            ("192.168.1.10:8440", "https://192.168.1.10:8440"),
            ("127.0.0.1:8440", "http://127.0.0.1:8440"),
            (" https://depot.local:8440/ ", "https://depot.local:8440"),
            ("https://a/huce/", "https://a/huce"),
        ] {
            assert_eq!(normal_url(typed).unwrap(), normal);
        }
        assert_eq!(normal_url("http://192.168.1.10:8440").unwrap_err().code, Code::Unencrypted);
        for bad in ["", "https://", "ftp://a", "file:///etc", "https://u:p@a", "https://a/?q=1"] {
            assert_eq!(normal_url(bad).unwrap_err().code, Code::BadInput, "{bad}");
        }
    }
}

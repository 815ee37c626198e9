//! The way to the server: HTTP with JSON, and nothing that a stranger in between could abuse. Redirects are off (a
//! captive portal answers with one), every reply has a limit of bytes, every step a limit of silence but none of
//! total time: a photo over a bad line may take long as long as it moves.

use std::{sync::Mutex, time::Duration};

use huce_core::{
    ipc::{CallError, Code},
    wire::Refused,
};
use reqwest::{Client, Method, RequestBuilder, Response, header, redirect};
use serde::{Serialize, de::DeserializeOwned};

use super::error::SyncError;
use crate::device::hold;

const CONNECT: Duration = Duration::from_secs(5);
/// Silence longer than this is a broken line. A chunk of 256 KiB must get through in it: 4.4 kB/s.
const STALL: Duration = Duration::from_secs(60);
/// The most bytes of a reply: a page of the largest events stays below, decompressed.
const MAX_REPLY_BYTES: usize = 80 * 1024 * 1024;
/// Smaller bodies travel as they are.
const COMPRESS_FROM_BYTES: usize = 1024;

/// A server.
#[derive(Debug)]
pub struct Http {
    client: Client,
    base: String,
    token: Mutex<Option<String>>,
}

/// An address as people type it: `192.168.1.10:8440` and `http://…/` mean the same.
///
/// # Errors
/// [`Code::BadInput`] with `field` = `url` and why.
pub fn normal_url(text: &str) -> Result<String, CallError> {
    let bad = |why: &str| CallError::new(Code::BadInput).with("field", "url").with("why", why);
    let text = text.trim();
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = reqwest::Url::parse(&with_scheme).map_err(|_| bad("no_address"))?;
    if url.scheme() != "http" {
        return Err(bad("scheme"));
    }
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !plain || url.host_str().is_none_or(str::is_empty) {
        return Err(bad("no_address"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

impl Http {
    /// The server at a normal address.
    pub fn new(base: &str) -> Result<Self, SyncError> {
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(STALL)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("huce-device/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| SyncError::Local(CallError::new(Code::Internal).with("what", e)))?;
        Ok(Self { client, base: base.to_owned(), token: Mutex::new(None) })
    }

    /// The token of this session from now on.
    pub fn set_token(&self, token: String) {
        *hold(&self.token) = Some(token);
    }

    /// `GET` a JSON reply.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, SyncError> {
        read_json(self.send(self.ask(Method::GET, path)).await?).await
    }

    /// `GET` bytes that are no JSON, at most `limit` of them.
    pub async fn bytes(&self, path: &str, limit: usize) -> Result<Vec<u8>, SyncError> {
        read(self.send(self.ask(Method::GET, path)).await?, limit).await
    }

    /// `POST` a JSON body, compressed when it is worth it.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, SyncError> {
        let internal = |e: String| SyncError::Local(CallError::new(Code::Internal).with("what", e));
        let json = serde_json::to_vec(body).map_err(|e| internal(e.to_string()))?;
        let ask = self.ask(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
        let ask = if json.len() >= COMPRESS_FROM_BYTES {
            let packed = zstd::bulk::compress(&json, 3).map_err(|e| internal(e.to_string()))?;
            ask.header(header::CONTENT_ENCODING, "zstd").body(packed)
        } else {
            ask.body(json)
        };
        read_json(self.send(ask).await?).await
    }

    /// `PUT` raw bytes. The reply counts only if it is JSON of this server, or empty with 204.
    pub async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), SyncError> {
        let ask = self.ask(Method::PUT, path).header(header::CONTENT_TYPE, "application/octet-stream").body(bytes);
        let reply = self.send(ask).await?;
        if reply.status() == reqwest::StatusCode::NO_CONTENT {
            return Ok(());
        }
        read_json::<serde_json::Value>(reply).await.map(drop)
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let ask = self.client.request(method, format!("{}{path}", self.base));
        match hold(&self.token).as_deref() {
            Some(token) => ask.bearer_auth(token),
            None => ask,
        }
    }

    /// Sends it; an error reply of the server becomes [`SyncError::Refused`].
    async fn send(&self, ask: RequestBuilder) -> Result<Response, SyncError> {
        let sent = tokio::time::timeout(STALL, ask.send()).await;
        let reply = sent.map_err(|_| SyncError::Offline("the line is silent".to_owned()))?.map_err(broken)?;
        let status = reply.status();
        if status.is_success() {
            return Ok(reply);
        }
        if status.is_redirection() {
            return Err(SyncError::NotHuce(format!("a redirect ({})", status.as_u16())));
        }
        let body = read(reply, 64 * 1024).await?;
        match serde_json::from_slice::<Refused>(&body) {
            Ok(Refused { code, params }) => Err(SyncError::Refused { status: status.as_u16(), code, params }),
            Err(_) => Err(SyncError::NotHuce(format!("status {}", status.as_u16()))),
        }
    }
}

async fn read_json<T: DeserializeOwned>(reply: Response) -> Result<T, SyncError> {
    let body = read(reply, MAX_REPLY_BYTES).await?;
    serde_json::from_slice(&body).map_err(|e| SyncError::NotHuce(format!("{:?}", e.classify())))
}

async fn read(mut reply: Response, limit: usize) -> Result<Vec<u8>, SyncError> {
    let mut body = Vec::new();
    while let Some(part) = reply.chunk().await.map_err(broken)? {
        if body.len() + part.len() > limit {
            return Err(SyncError::NotHuce("the reply is too large".to_owned()));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// The message names no address twice: the cause behind the cause is what helps.
fn broken(e: reqwest::Error) -> SyncError {
    let mut cause: &dyn std::error::Error = &e;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let why = cause.to_string();
    if e.is_decode() && !e.is_timeout() { SyncError::NotHuce(why) } else { SyncError::Offline(why) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_type_them() {
        for (typed, normal) in [
            ("192.168.1.10:8440", "http://192.168.1.10:8440"),
            (" http://depot.local:8440/ ", "http://depot.local:8440"),
            ("http://a/huce/", "http://a/huce"),
        ] {
            assert_eq!(normal_url(typed).unwrap(), normal);
        }
        for bad in ["", "http://", "ftp://a", "file:///etc", "http://u:p@a", "http://a/?q=1"] {
            assert_eq!(normal_url(bad).unwrap_err().code, Code::BadInput, "{bad}");
        }
    }
}

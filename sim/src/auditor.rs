//! Looks into the server from outside, with a token and plain JSON, so that the oracle needs no part of the engine.

use anyhow::{Context, Result, ensure};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use huce_core::{event::SignedEvent, wire::PushAsk};
use huce_device::sync::line::{Ask, Reply, Verb};
use serde_json::{Value, json};

use crate::{
    depot::Depot,
    district::secret,
    saved::{Fact, Facts},
};

/// Somebody with a key and a token.
pub struct Auditor<'a> {
    depot: &'a Depot,
    token: String,
}

/// A grid's stream as the server hands it out.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    /// Position and event, in the order in which they came.
    pub events: Vec<(u64, Fact)>,
    /// The newest position that the server names.
    pub head: u64,
    /// The digest that the server names: how many, and the sum.
    pub digest: (u64, u64),
}

fn ask(verb: Verb, path: &str, token: Option<&str>, body: Option<String>) -> Ask {
    Ask {
        verb,
        path: path.to_owned(),
        token: token.map(str::to_owned),
        content_type: body.is_some().then_some("application/json"),
        packed: false,
        body: body.unwrap_or_default().into_bytes(),
        limit: usize::MAX,
    }
}

fn json_of(reply: &Reply) -> Result<Value> {
    ensure!(reply.status == 200, "status {}: {}", reply.status, String::from_utf8_lossy(&reply.body));
    Ok(serde_json::from_slice(&reply.body)?)
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value.get(key).and_then(Value::as_str).with_context(|| format!("no {key}"))
}

/// The identifier of the device that holds a key.
pub fn device_of(key: &SigningKey) -> String {
    huce_core::event::device_id(&key.verifying_key()).to_string()
}

impl<'a> Auditor<'a> {
    /// Signs in with the key of this number.
    pub fn sign_in(depot: &'a Depot, key: u64) -> Result<Self> {
        let key = SigningKey::from_bytes(&secret(key));
        let challenge = json_of(&depot.answer(&ask(Verb::Get, "/v1/challenge", None, None))?)?;
        let nonce = text(&challenge, "nonce")?;
        let sig = BASE64URL_NOPAD.encode(&key.sign(format!("huce-token:{nonce}").as_bytes()).to_bytes());
        let said = json!({"device": device_of(&key), "nonce": nonce, "sig": sig}).to_string();
        let token = json_of(&depot.answer(&ask(Verb::Post, "/v1/token", None, Some(said)))?)?;
        Ok(Self { depot, token: text(&token, "token")?.to_owned() })
    }

    /// A grid's whole stream.
    pub fn stream(&self, grid: &str) -> Result<Stream> {
        let mut stream = Stream::default();
        let mut after = 0;
        loop {
            let path = format!("/v1/pull?grid={grid}&after={after}&limit=1000");
            let reply = self.depot.answer(&ask(Verb::Get, &path, Some(&self.token), None))?;
            let page = json_of(&reply)?;
            let number = |at: &str| page.pointer(at).and_then(Value::as_u64).with_context(|| format!("no {at}"));
            stream.head = number("/head")?;
            stream.digest = (number("/digest/count")?, number("/digest/sum")?);
            // The payload's bytes matter: they are read out of the page as they stand there.
            let raw: huce_core::wire::Pulled = serde_json::from_slice(&reply.body)?;
            for event in &raw.events {
                stream.events.push((event.pos, Fact::of(&event.event)?));
            }
            let next = number("/next")?;
            if next <= after || raw.events.is_empty() {
                return Ok(stream);
            }
            after = next;
        }
    }

    /// The bytes of a photo; none when the server has not got it.
    pub fn photo(&self, hash: &str) -> Result<Option<Vec<u8>>> {
        let reply = self.depot.answer(&ask(Verb::Get, &format!("/v1/photos/{hash}"), Some(&self.token), None))?;
        Ok((reply.status == 200).then_some(reply.body))
    }

    /// Hands signed events in.
    pub fn push(&self, events: Vec<SignedEvent>) -> Result<Value> {
        let said = serde_json::to_string(&PushAsk { events, unsent: (0, 0), by_owners: false })?;
        json_of(&self.depot.answer(&ask(Verb::Post, "/v1/push", Some(&self.token), Some(said)))?)
    }
}

/// All events of these grids' streams.
pub fn all(streams: &[(String, Stream)]) -> Facts {
    streams.iter().flat_map(|(_, s)| &s.events).map(|(_, fact)| (fact.key.clone(), fact.clone())).collect()
}

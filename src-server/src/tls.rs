//! TLS: which certificate the server shows, and by what a tablet knows it.
//!
//! Without configuration the server is its own authority: the file `tls-ca.pem` in the data folder (key and certificate,
//! for its owner only) signs a certificate for the names under which the server is reached. That certificate and its key
//! exist in memory alone: made anew at every start and every twelve hours, good for 90 days. What tablets pin is the
//! authority, whose fingerprint is in the enrolment code; `tls-ca.crt` beside it is for browsers. With `--cert` and
//! `--key` it is what those files hold, read again every twelve hours (`--renew-every`), so that a renewed certificate
//! needs no restart.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::http::HeaderMap;
use axum_server::tls_rustls::RustlsConfig;
use huce_core::clock::Millis;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
};
use time::OffsetDateTime;

use crate::app::{OpenError, write_private};

/// The authority: its key and its certificate. Every process of one server has a copy.
pub const AUTHORITY: &str = "tls-ca.pem";
/// Its certificate alone, for browsers.
pub const AUTHORITY_PUBLIC: &str = "tls-ca.crt";
/// How long the authority lasts: tablets pin it, so it is made to outlive them.
const AUTHORITY_DAYS: Millis = 30 * 365;
/// How long a certificate of ours lasts.
const CERTIFICATE_DAYS: Millis = 90;
const DAY_MS: Millis = 86_400_000;
/// How often it is made, or read, anew, unless the command line says otherwise.
pub const RENEW_EVERY: Duration = Duration::from_secs(12 * 3600);
/// The fingerprint by which tablets know the server as it was started last: what the command line puts into codes. Empty
/// where a public authority vouches.
const PINNED: &str = "tls-fingerprint";

/// How the server is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Door {
    /// Host names and addresses besides its own; tablets are told the first.
    pub names: Vec<String>,
    /// Who vouches for it.
    pub proof: Proof,
}

/// Who vouches for the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Proof {
    /// Itself: plain HTTP on loopback, TLS by its own authority elsewhere.
    #[default]
    Own,
    /// Somebody else.
    Files {
        /// The certificate and what leads to its root, PEM.
        cert: PathBuf,
        /// Its key, PEM.
        key: PathBuf,
    },
    /// A proxy in front speaks TLS, and says who asks (`x-forwarded-for`, `x-forwarded-proto`): plain HTTP.
    Proxy,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The authority's file.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file that cannot be read.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A certificate cannot be made.
    #[error("no certificate can be made: {0}")]
    Make(#[from] rcgen::Error),
    /// A certificate cannot be used.
    #[error("the certificate cannot be used: {0}")]
    Use(#[from] rustls::Error),
}

/// What the rest of the server knows of its door.
#[derive(Debug, Clone, Default)]
pub struct Way {
    /// Is it TLS?
    pub tls: bool,
    /// SHA-256 of the authority that tablets pin, 64 hexadecimal digits; none where a public one vouches.
    pub fingerprint: Option<String>,
    /// May headers of a proxy be believed?
    pub proxied: bool,
    /// `HOST:PORT` to tell tablets when a browser on this machine asks.
    pub name: Option<String>,
}

impl Way {
    /// Did the request come over TLS, to us or to the proxy?
    pub fn is_secure(&self, headers: &HeaderMap) -> bool {
        self.tls || (self.proxied && headers.get("x-forwarded-proto").is_some_and(|v| v.as_bytes() == b"https"))
    }

    /// The server's address as a browser that sent these headers reached it, for a tablet.
    pub fn url(&self, headers: &HeaderMap) -> String {
        let scheme = if self.is_secure(headers) { "https" } else { "http" };
        let Some(host) = headers.get("host").and_then(|v| v.to_str().ok()) else { return String::new() };
        let here = is_loopback(host);
        let host = self.name.as_deref().filter(|_| here).unwrap_or(host);
        format!("{scheme}://{host}")
    }

    /// Who asks, behind a proxy: the last address is the one that our proxy itself saw.
    pub fn peer(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let said = headers.get_all("x-forwarded-for").iter().next_back().filter(|_| self.proxied)?;
        said.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    }
}

/// Is it this machine? `HOST` or `HOST:PORT`.
pub(crate) fn is_loopback(host: &str) -> bool {
    let is_here = |name: &str| {
        let name = name.trim_matches(['[', ']']);
        name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    };
    is_here(host) || host.rsplit_once(':').is_some_and(|(name, _)| is_here(name))
}

/// The door, opened.
pub struct Opened {
    /// What the rest of the server knows of it.
    pub way: Way,
    /// What to serve with; none: plain HTTP.
    pub config: Option<RustlsConfig>,
}

/// Opens the door of a server that listens here.
///
/// # Errors
/// [`TlsError`] names the file.
pub fn open(door: &Door, data: &Path, listen: SocketAddr, now_ms: Millis) -> Result<Opened, TlsError> {
    let plain = |proxied| Opened { way: Way { proxied, ..Way::default() }, config: None };
    match door.proof {
        Proof::Proxy => {
            // Whoever vouches for the proxy: nobody of ours.
            write_private(&data.join(PINNED), "")?;
            return Ok(plain(true));
        }
        Proof::Own if listen.ip().is_loopback() => return Ok(plain(false)),
        Proof::Own | Proof::Files { .. } => {}
    }
    let shown = shown(door, data, listen, now_ms)?;
    let pinned = data.join(PINNED);
    write_private(&pinned, shown.fingerprint.as_deref().unwrap_or_default())?;
    let name = first_name(door, listen).map(|name| format!("{name}:{}", listen.port()));
    let way = Way { tls: true, fingerprint: shown.fingerprint, proxied: false, name };
    Ok(Opened { way, config: Some(RustlsConfig::from_config(Arc::new(shown.config))) })
}

/// Shows a new certificate from now on.
///
/// # Errors
/// Then the one before stays.
pub fn renew(
    config: &RustlsConfig,
    door: &Door,
    data: &Path,
    listen: SocketAddr,
    now_ms: Millis,
) -> Result<(), TlsError> {
    config.reload_from_config(Arc::new(shown(door, data, listen, now_ms)?.config));
    Ok(())
}

struct Shown {
    config: ServerConfig,
    fingerprint: Option<String>,
}

fn shown(door: &Door, data: &Path, listen: SocketAddr, now_ms: Millis) -> Result<Shown, TlsError> {
    let (chain, key, fingerprint) = match &door.proof {
        Proof::Files { cert, key } => {
            let chain = read_chain(cert)?;
            let key = PrivateKeyDer::from_pem_file(key)
                .map_err(|e| TlsError::File { path: key.clone(), why: e.to_string() })?;
            // A chain that ends in a root of its own is not known to any tablet: it is pinned.
            let root = chain.last().filter(|c| is_root(c)).map(|c| fingerprint(c));
            (chain, key, root)
        }
        Proof::Own | Proof::Proxy => {
            let (root, issuer) = authority(data, now_ms)?;
            let (leaf, key) = certificate(&issuer, &names(door, listen), now_ms)?;
            let print = fingerprint(&root);
            (vec![leaf, root], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())), Some(print))
        }
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Shown { config, fingerprint })
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bad = |why: String| TlsError::File { path: path.to_owned(), why };
    let chain = CertificateDer::pem_file_iter(path).map_err(|e| bad(e.to_string()))?;
    let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|e| bad(e.to_string()))?;
    if chain.is_empty() { Err(bad("there is no certificate in it".to_owned())) } else { Ok(chain) }
}

/// Does it name itself as the one who vouches for it?
fn is_root(cert: &CertificateDer<'_>) -> bool {
    let names = || {
        let (_, certificate, _) = der(cert)?;
        let (_, mut rest, _) = der(certificate)?;
        // Version (where there is one), number, algorithm; then the issuer, the times, the subject.
        if der(rest)?.0 == 0xA0 {
            rest = der(rest)?.2;
        }
        let issuer = der(der(rest)?.2)?.2;
        let (_, issuer, times) = der(issuer)?;
        let (_, subject, _) = der(der(times)?.2)?;
        Some(issuer == subject)
    };
    names().unwrap_or(false)
}

/// The first element of DER: its tag, what is in it, and what follows it.
fn der(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, len], rest) = bytes.split_first_chunk::<2>()?;
    if len < 0x80 {
        let (content, after) = rest.split_at_checked(usize::from(len))?;
        return Some((tag, content, after));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(len & 0x7F))?;
    let len = digits.iter().try_fold(0_usize, |n, b| n.checked_mul(256)?.checked_add(usize::from(*b)))?;
    let (content, after) = rest.split_at_checked(len)?;
    Some((tag, content, after))
}

/// SHA-256 of a certificate, 64 hexadecimal digits, as `openssl x509 -fingerprint -sha256` says it without the colons.
fn fingerprint(cert: &CertificateDer<'_>) -> String {
    data_encoding::HEXUPPER.encode(ring::digest::digest(&ring::digest::SHA256, cert).as_ref())
}

/// By what tablets know the server of a data folder: the fingerprint with which it was started last. None when a public
/// authority vouches for it, and before it ever spoke TLS.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn known_fingerprint(data: &Path) -> Result<Option<String>, TlsError> {
    if let Ok(text) = fs::read_to_string(data.join(PINNED)) {
        return Ok(Some(text.trim().to_owned()).filter(|print| !print.is_empty()));
    }
    // A folder of before that file, or one that was restored.
    let path = data.join(AUTHORITY);
    if !path.exists() {
        return Ok(None);
    }
    Ok(read_chain(&path)?.first().map(|c| fingerprint(c)))
}

/// Reads the authority, or makes it.
fn authority(data: &Path, now_ms: Millis) -> Result<(CertificateDer<'static>, Issuer<'static, KeyPair>), TlsError> {
    let path = data.join(AUTHORITY);
    if !path.exists() {
        let key = KeyPair::generate()?;
        let mut params = authority_params(&key);
        params.not_before = day(now_ms - DAY_MS);
        params.not_after = day(now_ms + AUTHORITY_DAYS * DAY_MS);
        let cert = params.self_signed(&key)?;
        write_private(&path, format!("{}{}", key.serialize_pem(), cert.pem()).trim_end())?;
    }
    let bad = |why: String| TlsError::File { path: path.clone(), why };
    let cert = read_chain(&path)?.into_iter().next().ok_or_else(|| bad("there is no certificate in it".to_owned()))?;
    let text = fs::read_to_string(&path).map_err(|e| bad(e.to_string()))?;
    let key = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).map_err(|e| bad(e.to_string()))?;
    let key = KeyPair::try_from(&key).map_err(|e| bad(e.to_string()))?;
    let public = data.join(AUTHORITY_PUBLIC);
    let pem = text.find("-----BEGIN CERTIFICATE").and_then(|at| text.get(at..)).unwrap_or_default();
    fs::write(&public, pem).map_err(|source| OpenError::File { path: public, source })?;
    let issuer = Issuer::new(authority_params(&key), key);
    Ok((cert, issuer))
}

/// What an authority of ours is, by its key alone: so it can sign again without its certificate being taken apart.
fn authority_params(key: &KeyPair) -> CertificateParams {
    let mut params = CertificateParams::default();
    // A name of its own: browsers confuse two authorities of one name.
    let mark = blake3::hash(key.public_key_raw()).to_hex();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("Huce {}", mark.get(..8).unwrap_or_default()));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn certificate(
    issuer: &Issuer<'_, KeyPair>,
    names: &[String],
    now_ms: Millis,
) -> Result<(CertificateDer<'static>, KeyPair), TlsError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "huce-server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.not_before = day(now_ms - DAY_MS);
    params.not_after = day(now_ms + CERTIFICATE_DAYS * DAY_MS);
    let cert = params.signed_by(&key, issuer)?;
    Ok((cert.der().clone(), key))
}

fn day(ms: Millis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(ms / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Every name under which somebody may reach a server that listens here: those given, its addresses, its host name.
fn names(door: &Door, listen: SocketAddr) -> Vec<String> {
    let mut names = door.names.clone();
    if listen.ip().is_unspecified() {
        names.extend(addresses().iter().map(IpAddr::to_string));
        names.extend(host_name());
    } else {
        names.push(listen.ip().to_string());
    }
    names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

fn first_name(door: &Door, listen: SocketAddr) -> Option<String> {
    let own = || if listen.ip().is_unspecified() { addresses().first().copied() } else { Some(listen.ip()) };
    door.names
        .first()
        .cloned()
        .or_else(|| own().map(|ip| if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() }))
}

/// The machine's addresses on its networks, without loopback and without those that hold on one link only.
fn addresses() -> Vec<IpAddr> {
    let all = if_addrs::get_if_addrs().unwrap_or_default().into_iter().map(|i| i.ip());
    let of_use = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unicast_link_local(),
    };
    let mut all: Vec<_> = all.filter(of_use).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn host_name() -> Option<String> {
    let name = fs::read_to_string("/etc/hostname").ok().or_else(|| std::env::var("COMPUTERNAME").ok())?;
    let name = name.trim().to_ascii_lowercase();
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    is_name.then_some(name)
}

//! Certificates of an authority of the test's own, somebody who speaks TLS in front of what does not, and a look at what a
//! server shows.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio_rustls::TlsAcceptor;

use crate::process::free_port;

/// An authority: what it signs is in files.
pub struct Authority {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, PEM.
pub struct Files {
    /// The certificate, perhaps followed by the authority's.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// A new one.
    pub fn new() -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "An authority of the tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key)?.pem();
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("ca.pem"), &pem)?;
        Ok(Self { folder, issuer: Issuer::new(params, key), pem })
    }

    /// Its certificate, as `SSL_CERT_FILE` and `curl --cacert` take it.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A certificate for `localhost` and 127.0.0.1 in files of this name; what is there is replaced, the key first.
    /// `with_root`: the chain ends with the authority itself.
    pub fn certify(&self, name: &str, with_root: bool) -> Result<Files> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        let cert = params.signed_by(&key, &self.issuer)?.pem();
        let files = Files { cert: self.at(name, "crt"), key: self.at(name, "key") };
        std::fs::write(&files.key, key.serialize_pem())?;
        std::fs::write(&files.cert, if with_root { cert + &self.pem } else { cert })?;
        Ok(files)
    }

    fn at(&self, name: &str, kind: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.{kind}"))
    }
}

/// The certificate that whoever listens on this port of loopback shows to somebody who trusts this authority (PEM file).
pub fn shown(port: u16, authority: &Path) -> Result<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority)?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let line = ClientConnection::new(Arc::new(config), "127.0.0.1".try_into()?)?;
    let mut stream = StreamOwned::new(line, TcpStream::connect(("127.0.0.1", port))?);
    stream.write_all(b"GET /v1/challenge HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    stream.read_exact(&mut [0; 12])?;
    let chain = stream.conn.peer_certificates().context("no certificate")?;
    Ok(chain.first().context("an empty chain")?.to_vec())
}

/// Speaks TLS on a port of its own in front of a port that does not, until the test's process ends. As a proxy it says
/// in each request how it was asked, and by whom.
pub fn front(to: u16, files: &Files, is_proxy: bool) -> Result<u16> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(&files.cert)?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(&files.key)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let port = free_port()?;
    let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || runtime.block_on(accept(listener, acceptor, to, is_proxy)));
    Ok(port)
}

/// Takes every connection; whoever breaks off has broken off.
async fn accept(
    listener: std::net::TcpListener,
    acceptor: TlsAcceptor,
    to: u16,
    is_proxy: bool,
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, peer) = listener.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let mut stream = acceptor.accept(stream).await?;
            let mut behind = tokio::net::TcpStream::connect(("127.0.0.1", to)).await?;
            if is_proxy {
                let said = format!("X-Forwarded-For: {}\r\nX-Forwarded-Proto: https\r\nConnection: close", peer.ip());
                let head = with_headers(&mut stream, &said).await?;
                behind.write_all(&head).await?;
            }
            copy_bidirectional(&mut stream, &mut behind).await
        });
    }
}

/// What came until the end of a request's head, with these lines added after the first.
async fn with_headers(stream: &mut (impl AsyncReadExt + Unpin), lines: &str) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let at = head.windows(2).position(|end| end == b"\r\n").unwrap_or(0);
    Ok([&head[..at], b"\r\n", lines.as_bytes(), &head[at..]].concat())
}

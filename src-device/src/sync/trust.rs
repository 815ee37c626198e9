//! By what a tablet knows its server: the certificate authority that the enrolment code named, or, where it named none, the
//! authorities that the tablet's system knows. Plain HTTP goes to this machine only.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use huce_core::ipc::{CallError, Code};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::error::SyncError;

/// May this address be spoken to? `https` to all, `http` to this machine only.
///
/// # Errors
/// [`Code::Unencrypted`].
pub fn must_be_private(url: &reqwest::Url) -> Result<(), CallError> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if url.scheme() == "https" || here { Ok(()) } else { Err(CallError::new(Code::Unencrypted)) }
}

/// An authority, by the SHA-256 of its certificate in upper-case hexadecimal digits, or by the beginning of it.
#[derive(Debug, Clone)]
pub struct Pin {
    wanted: String,
    seen: Arc<OnceLock<String>>,
}

impl Pin {
    /// See [`huce_core::enrol_line::normal_fingerprint`].
    pub fn new(wanted: String) -> Self {
        Self { wanted, seen: Arc::default() }
    }

    /// The whole fingerprint of the authority that vouched for the server; none before it did.
    pub fn seen(&self) -> Option<String> {
        self.seen.get().cloned()
    }

    /// What a client of a pinned server speaks TLS with.
    ///
    /// # Errors
    /// When the library has no protocol in common with itself.
    pub fn client(&self) -> Result<ClientConfig, SyncError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Pinned { pin: self.clone(), provider: provider.clone() };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| SyncError::Local(CallError::new(Code::Internal).with("what", e)))?;
        Ok(config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
    }
}

/// Everything that WebPKI asks of a chain (signatures, purposes, the server's name), with the pinned authority as its only
/// root. One thing is different: a tablet whose clock is wrong must reach its server, for it is there that it learns
/// so. A certificate that has ended still counts, because only the pinned authority can have made it.
#[derive(Debug)]
struct Pinned {
    pin: Pin,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = || intermediates.iter().chain([end_entity]).map(|c| (c, fingerprint(c)));
        let Some((root, whole)) = shown().find(|(_, print)| print.starts_with(&self.pin.wanted)) else {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        };
        let mut roots = RootCertStore::empty();
        roots.add(root.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), self.provider.clone())
            .build()
            .map_err(|e| rustls::Error::General(e.to_string()))?;
        let verify = |at| verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, at);
        let verified = match verify(now) {
            Err(rustls::Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. })) => {
                verify(not_before)
            }
            Err(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
                verify(not_after)
            }
            verified => verified,
        }?;
        let _first = self.pin.seen.set(whole);
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn fingerprint(cert: &CertificateDer<'_>) -> String {
    data_encoding::HEXUPPER.encode(ring::digest::digest(&ring::digest::SHA256, cert).as_ref())
}

/// What a fault of TLS means for a person. None when the line itself broke.
pub(super) fn fault(e: &rustls::Error) -> Option<SyncError> {
    let untrusted = |why: &str| Some(SyncError::Untrusted(why.to_owned()));
    match e {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::ApplicationVerificationFailure => untrusted("fingerprint"),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => untrusted("name"),
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => untrusted("clock"),
            _ => untrusted("unknown"),
        },
        rustls::Error::InvalidMessage(_) => Some(SyncError::NotHuce("it speaks no TLS".to_owned())),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for url in ["http://localhost:1", "http://127.0.0.1", "http://127.8.8.8:1", "http://[::1]:8", "https://a"] {
            assert_eq!(must_be_private(&url.parse().unwrap()), Ok(()), "{url}");
        }
        for url in
            ["http://192.168.1.10:8440", "http://depot.local", "http://localhost.example.com", "http://[fe80::1]"]
        {
            assert_eq!(must_be_private(&url.parse().unwrap()).unwrap_err().code, Code::Unencrypted, "{url}");
        }
    }
}

//! Where the database is: a file in the data folder, or a PostgreSQL server.

use std::{fmt, path::Path, str::FromStr};

use sqlx::any::AnyConnectOptions;
use url::Url;

use super::StoreError;

/// The two databases that we speak to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One file, one process that writes at a time.
    Sqlite,
    /// A server, several processes side by side.
    Postgres,
}

/// Where a database is. It may hold a password, so it is never shown.
#[derive(Clone)]
pub struct Address {
    pub(super) kind: Kind,
    pub(super) options: AnyConnectOptions,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.kind).finish()
    }
}

impl Address {
    /// `huce.db` in a data folder.
    ///
    /// # Errors
    /// When the folder has no absolute path.
    pub fn in_folder(data: &Path) -> Result<Self, StoreError> {
        let path = std::path::absolute(data.join("huce.db")).map_err(|e| StoreError::Address(e.to_string()))?;
        let path = path.to_str().ok_or_else(|| StoreError::Address("the folder's name is not UTF-8".to_owned()))?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-:".contains(&b);
        let escaped: String = path
            .bytes()
            .map(|b| if b == b'\\' { b'/' } else { b })
            .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect();
        Self::options(Kind::Sqlite, &format!("sqlite://{escaped}?mode=rwc"))
    }

    fn options(kind: Kind, url: &str) -> Result<Self, StoreError> {
        // The cause may repeat the address and with it a password.
        let options = AnyConnectOptions::from_str(url);
        Ok(Self { kind, options: options.map_err(|_| StoreError::Address("it cannot be read".to_owned()))? })
    }
}

/// Reads `postgres://USER:PASSWORD@HOST/NAME`, as PostgreSQL's own tools take it. To another machine it speaks TLS and
/// checks who answers: `sslmode=verify-full` (also when nothing is said) or `verify-ca`, by the authorities that the
/// system knows and those in `sslrootcert=FILE.pem`.
impl FromStr for Address {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        // The causes are left out: they may repeat the password.
        let bad = |why: &str| StoreError::Address(why.to_owned());
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(bad("it begins with postgres://"));
        }
        let mut url = Url::parse(text).map_err(|_| bad("it cannot be read"))?;
        let said = |url: &Url, names: &[&str]| {
            let mut pairs = url.query_pairs();
            pairs.find(|(name, _)| names.contains(&name.as_ref())).map(|(_, value)| value.into_owned())
        };
        let host = said(&url, &["host", "hostaddr"]).or_else(|| url.host_str().map(str::to_owned)).unwrap_or_default();
        if !is_here(&host) {
            match said(&url, &["sslmode", "ssl-mode"]).as_deref() {
                None => {
                    url.query_pairs_mut().append_pair("sslmode", "verify-full");
                }
                Some("verify-full" | "verify-ca") => {}
                Some(_) => {
                    return Err(bad(
                        "to another machine sslmode is verify-full (or verify-ca), with sslrootcert=FILE for an \
                         authority that the system does not know",
                    ));
                }
            }
        }
        Self::options(Kind::Postgres, url.as_str())
    }
}

/// Is it this machine? A socket's folder, or an address of loopback.
fn is_here(host: &str) -> bool {
    let socket = host.is_empty() || host.starts_with('/') || host.to_ascii_lowercase().starts_with("%2f");
    socket || crate::tls::is_loopback(host)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown_even_when_the_address_cannot_be_read() {
        let address: Address = "postgres://huce:secret@localhost/huce".parse().unwrap();
        assert!(!format!("{address:?}").contains("secret"));
        for bad in ["postgres://huce:secret@local host:x/huce", "mysql://huce:secret@localhost/huce", "secret"] {
            let error = bad.parse::<Address>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn another_machine_is_spoken_to_by_tls_and_only_when_it_is_the_right_one() {
        let shown =
            |address: &str| address.parse::<Address>().map(|a| format!("{:?}", a.options.database_url.as_str()));
        for (asked, wanted) in [
            ("postgres://huce@db.example/huce", "sslmode=verify-full"),
            ("postgres://huce@db.example/huce?sslmode=verify-ca&sslrootcert=/ca.pem", "sslmode=verify-ca"),
            ("postgres://huce@10.0.0.7:6432/huce?sslrootcert=/ca.pem", "sslmode=verify-full"),
            ("postgres://huce@localhost/huce?host=db.example", "sslmode=verify-full"),
        ] {
            let made = shown(asked).unwrap();
            assert!(made.contains(wanted) && made.matches("sslmode").count() == 1, "{asked}: {made}");
        }
        for asked in ["require", "prefer", "allow", "disable", "nonsense"] {
            let asked = format!("postgres://huce:secret@db.example/huce?sslmode={asked}");
            let error = asked.parse::<Address>().unwrap_err();
            assert!(error.to_string().contains("verify-full") && !format!("{error:?}").contains("secret"), "{error}");
        }
        for here in [
            "postgres://huce@localhost/huce",
            "postgres://huce@127.0.0.1:5432/huce?sslmode=disable",
            "postgres://huce@[::1]/huce",
            "postgres:///huce",
            "postgres://huce@%2Frun%2Fpostgresql/huce",
            "postgres://huce@localhost/t1?host=%2Ftmp%2Fhuce",
        ] {
            assert!(!shown(here).unwrap().contains("verify"), "{here}");
        }
    }

    /// A cluster that speaks TLS with a certificate of an authority of the test's own.
    mod over_tls {
        use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

        use super::*;
        use crate::{postgres::Cluster, store::Store};

        /// An authority's certificate, and a server's for this name with its key; all PEM.
        fn certificates(name: &str) -> (String, String, String) {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let authority = params.self_signed(&key).unwrap().pem();
            let issuer = Issuer::new(params, key);
            let own = KeyPair::generate().unwrap();
            let cert = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
            (authority, cert.pem(), own.serialize_pem())
        }

        #[tokio::test]
        async fn only_the_right_authority_and_the_right_name_count() {
            let folder = tempfile::tempdir().unwrap();
            let file = |name: &str, text: &str| {
                let path = folder.path().join(name);
                std::fs::write(&path, text).unwrap();
                path.to_string_lossy().into_owned()
            };
            let (authority, cert, key) = certificates("localhost");
            let (other, _, _) = certificates("localhost");
            let (right, wrong) = (file("ca.pem", &authority), file("other.pem", &other));
            let cluster = Cluster::with_tls(&cert, &key).unwrap();
            let database = cluster.database_over_tls().unwrap();
            let open = async |more: &str| {
                let address: Address = format!("{database}?{more}").parse().unwrap();
                Store::open(&address).await
            };
            let store = open(&format!("sslmode=verify-full&sslrootcert={right}")).await.unwrap();
            let ask = "SELECT CASE WHEN ssl THEN 1 ELSE 0 END FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            let (is_tls,): (i32,) = sqlx::query_as(ask).fetch_one(store.pool()).await.unwrap();
            assert_eq!(is_tls, 1);
            store.close().await;
            let refused = |opened: Result<Store, StoreError>| match opened {
                Err(e) => assert!(e.to_string().contains("certificate"), "{e}"),
                Ok(_) => panic!("it spoke to a server that it cannot know"),
            };
            refused(open(&format!("sslmode=verify-full&sslrootcert={wrong}")).await);
            refused(open("sslmode=verify-full").await);
            // The right authority for another name.
            let by_number = database.replace("localhost", "127.0.0.1");
            let address: Address = format!("{by_number}?sslmode=verify-full&sslrootcert={right}").parse().unwrap();
            refused(Store::open(&address).await);
        }
    }
}

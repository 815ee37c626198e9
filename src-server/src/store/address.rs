//! Where the database is: a file in the data folder, or a PostgreSQL server.

use std::{fmt, path::Path, str::FromStr};

use sqlx::any::AnyConnectOptions;

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

/// Reads `postgres://USER:PASSWORD@HOST/NAME`, as PostgreSQL's own tools take it.
impl FromStr for Address {
    type Err = StoreError;

    fn from_str(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::options(Kind::Postgres, url)
        } else {
            Err(StoreError::Address("it begins with postgres://".to_owned()))
        }
    }
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
}

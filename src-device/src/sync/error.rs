//! Why a sync ended early. Every case keeps what was received and sent so far; the difference that matters is
//! whether trying again can help.

use huce_core::ipc::{CallError, Code};

/// Why a sync, or one step of it, did not end well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// The server could not be reached, or the network broke off or stalled.
    #[error("the server cannot be reached: {0}")]
    Offline(String),
    /// Something answered that is not Huce: a captive portal, another program.
    #[error("not a Huce server: {0}")]
    NotHuce(String),
    /// The server's certificate is not the one that this tablet knows: another server, a changed one, or a stranger on the way.
    #[error("the server's certificate is not trusted: {0}")]
    Untrusted(String),
    /// The server refused, with its stable code and parameters.
    #[error("the server refused: {code} ({status})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The code of `wire::Refused`.
        code: String,
        /// Its parameters.
        params: Vec<(String, String)>,
    },
    /// The tablet itself could not do its part (disk, damage, not enrolled).
    #[error("on the tablet: {0}")]
    Local(CallError),
    /// Both sides still differ after everything was fetched again.
    #[error("grid {0} differs from the server's")]
    Differs(String),
    /// A person stopped it.
    #[error("stopped")]
    Stopped,
}

impl SyncError {
    /// True when the same attempt will fail again until somebody does something.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Refused { status, .. } => {
                (400..500).contains(status) && !matches!(status, 401 | 408 | 409 | 425 | 429)
            }
            Self::Local(e) => {
                matches!(e.code, Code::NotEnrolled | Code::Revoked | Code::Unencrypted)
            }
            Self::Untrusted(_) => true,
            Self::Offline(_) | Self::NotHuce(_) | Self::Differs(_) | Self::Stopped => false,
        }
    }

    /// May the same step work if it is simply repeated in a moment?
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Offline(_)) || matches!(self, Self::Refused { status, .. } if *status >= 500)
    }

    /// The server asks for patience: so many seconds.
    pub fn slow_down_s(&self) -> Option<u64> {
        let Self::Refused { code, params, .. } = self else { return None };
        let said = params.iter().find(|(name, _)| name == "seconds").and_then(|(_, s)| s.parse().ok());
        (code == "slow_down").then(|| said.unwrap_or(1))
    }

    /// Is the token used up?
    pub fn is_signed_out(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }

    /// Does the tablet wait until somebody lets it in?
    pub fn is_not_approved(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "not_approved")
    }

    /// Was the tablet's place taken away?
    pub fn is_revoked(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "revoked")
    }
}

impl From<SyncError> for CallError {
    fn from(e: SyncError) -> Self {
        match e {
            SyncError::Offline(what) => Self::new(Code::Offline).with("what", what),
            SyncError::NotHuce(what) => Self::new(Code::NotHuce).with("what", what),
            SyncError::Untrusted(why) => Self::new(Code::Untrusted).with("why", why),
            SyncError::Local(e) => e,
            SyncError::Differs(grid) => Self::new(Code::Damaged).with("what", format!("grid {grid}")),
            SyncError::Stopped => Self::new(Code::Offline).with("what", "stopped"),
            SyncError::Refused { status, code, params } => {
                let known = serde_json::from_value::<Code>(serde_json::Value::String(code.clone()));
                match known {
                    Ok(known) => Self { code: known, params },
                    Err(_) => Self { code: Code::Internal, params }.with("what", format!("{code} ({status})")),
                }
            }
        }
    }
}

impl From<crate::DeviceError> for SyncError {
    fn from(e: crate::DeviceError) -> Self {
        Self::Local(e.into())
    }
}

//! Every error reply: a status and `{code, params}`, the same shape for tablets ([`huce_core::wire::Refused`]) and
//! for the console ([`CallError`]).

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use huce_core::{
    ipc::{CallError, Code},
    wire::Refused,
};

use crate::store::{StoreError, word};

/// The code of [`Fault::slow_down`].
const SLOW_DOWN: &str = "slow_down";

/// Why a request was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub refused: Refused,
}

impl Fault {
    /// A fault without parameters.
    pub fn new(status: StatusCode, code: &str) -> Self {
        Self { status, refused: Refused { code: code.to_owned(), params: Vec::new() } }
    }

    /// Adds a parameter.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.refused.params.push((name.to_owned(), value.to_string()));
        self
    }

    /// 401: show who you are first.
    pub fn signed_out() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "signed_out")
    }

    /// 403: not for this person.
    pub fn no_right() -> Self {
        Self::new(StatusCode::FORBIDDEN, "no_right")
    }

    /// 404.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found").with("what", what)
    }

    /// 400: the request is not what it must be.
    pub fn bad_request(why: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request").with("why", why)
    }

    /// 413.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large")
    }

    /// 429: not so fast; again in so many seconds.
    pub fn slow_down(seconds: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, SLOW_DOWN).with("seconds", seconds)
    }

    /// 500: a fault of the server. The cause goes to the log, not to the caller.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(fault.cause = %cause, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }
}

impl From<StoreError> for Fault {
    fn from(e: StoreError) -> Self {
        Self::internal(&e)
    }
}

impl From<sqlx::Error> for Fault {
    fn from(e: sqlx::Error) -> Self {
        Self::internal(&e)
    }
}

impl From<crate::photos::PhotoError> for Fault {
    fn from(e: crate::photos::PhotoError) -> Self {
        Self::internal(&e)
    }
}

impl From<std::io::Error> for Fault {
    fn from(e: std::io::Error) -> Self {
        Self::internal(&e)
    }
}

impl From<tokio::task::JoinError> for Fault {
    fn from(e: tokio::task::JoinError) -> Self {
        Self::internal(&e)
    }
}

impl From<CallError> for Fault {
    fn from(e: CallError) -> Self {
        let status = match e.code {
            Code::SignedOut | Code::WrongPassword => StatusCode::UNAUTHORIZED,
            Code::Untrusted | Code::Unencrypted => StatusCode::BAD_GATEWAY,
            Code::NoRight | Code::Revoked | Code::BadCode | Code::NotEnrolled | Code::NotApproved => {
                StatusCode::FORBIDDEN
            }
            Code::Locked | Code::SlowDown => StatusCode::TOO_MANY_REQUESTS,
            // The PIN is asked for by tablets only.
            Code::NotFound | Code::NotHere | Code::PinNeeded | Code::WrongPin => StatusCode::NOT_FOUND,
            Code::Stale | Code::SyncFirst => StatusCode::CONFLICT,
            Code::InvalidAnswers
            | Code::BadInput
            | Code::BadPhoto
            | Code::BadFile
            | Code::BadBundle
            | Code::BadRecovery
            | Code::NoEscrow => StatusCode::UNPROCESSABLE_ENTITY,
            Code::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Code::Offline | Code::NotHuce => StatusCode::BAD_GATEWAY,
            Code::Damaged | Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self { status, refused: Refused { code: word(&e.code), params: e.params } }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let wait = self.refused.params.iter().find(|_| self.refused.code == SLOW_DOWN).map(|(_, s)| s.clone());
        let wait = wait.and_then(|seconds| HeaderValue::try_from(seconds).ok());
        let mut reply = (self.status, [(header::CACHE_CONTROL, "no-store")], Json(self.refused)).into_response();
        if let Some(seconds) = wait {
            reply.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        reply
    }
}

//! Search by anything: 西里路54, xll54, 3-2-501, 户号, phone tail; facilities by name, code, initials.

use serde::{Deserialize, Serialize};

use super::{calls, household::DoorLine};
use crate::facility::Facility;

/// Finds households, and facilities.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Search {
    /// What was typed.
    pub text: String,
    /// At most so many hits.
    pub limit: u32,
}

/// Reply to [`Search`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchReply {
    /// The best first.
    pub hits: Vec<Hit>,
    /// How many there are in all.
    pub total: u32,
    /// Facilities that fit, [`MAX_FACILITY_HITS`] at most: who looks for more goes to their list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facilities: Vec<Facility>,
}

/// The most facilities of one [`SearchReply`].
pub const MAX_FACILITY_HITS: usize = 8;

/// A household that fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Its door.
    pub door: DoorLine,
    /// 户号
    pub account: Option<String>,
    /// The last temperature, °C.
    pub temp_c: Option<f64>,
    /// 重点关注
    pub care: Vec<String>,
}

calls! {
    Search => "search" -> SearchReply;
}

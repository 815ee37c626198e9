//! The words of records in files, as the console has them on its pages.

use huce_core::{
    body::Outcome,
    household::HeatingMode,
    plan::PlanState,
    register::Lang,
    request::{Category, Channel, Mode, RequestState, Severity},
};

use super::table::Cell;

/// A word of the records, in words of a language.
pub trait InWords {
    /// Chinese and English.
    fn words(self) -> (&'static str, &'static str);
}

/// Its cell.
pub fn cell(word: impl InWords, lang: Lang) -> Cell {
    let (zh, en) = word.words();
    Cell::text(match lang {
        Lang::Zh => zh,
        Lang::En => en,
    })
}

/// The cell of something that may not be known.
pub fn cell_of(word: Option<impl InWords>, lang: Lang) -> Cell {
    word.map_or(Cell::Empty, |word| cell(word, lang))
}

impl InWords for Outcome {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Done => ("已入户", "visited"),
            Self::NoAnswer => ("无人在家", "no answer"),
            Self::Refused => ("拒绝", "refused"),
        }
    }
}

impl InWords for HeatingMode {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Series => ("串联", "series"),
            Self::Parallel => ("并联", "parallel"),
            Self::Individual => ("分户", "individual"),
        }
    }
}

impl InWords for PlanState {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Consent => ("待签字", "consent"),
            Self::Working => ("执行中", "in work"),
            Self::FollowUp => ("回访", "follow-up"),
            Self::Closed => ("完成", "closed"),
        }
    }
}

impl InWords for Channel {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Hotline => ("热线 12345", "hotline 12345"),
            Self::CityApp => ("郑好拍", "city app"),
            Self::GridGroup => ("网格群", "chat group"),
            Self::SuggestionBox => ("意见箱", "suggestion box"),
            Self::Desk => ("前台", "desk"),
            Self::Visit => ("入户发现", "found on a visit"),
            Self::File => ("表格导入", "imported file"),
        }
    }
}

impl InWords for Category {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Cold => ("不热", "cold"),
            Self::Leak => ("漏水", "leak"),
            Self::Noise => ("噪音、气堵", "noise"),
            Self::Account => ("缴费、户号", "account"),
            Self::Equipment => ("阀门、设备", "equipment"),
            Self::Other => ("其他", "other"),
        }
    }
}

impl InWords for Severity {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Small => ("小问题", "small"),
            Self::Major => ("大故障", "major"),
        }
    }
}

impl InWords for Mode {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Own => ("自主办", "own"),
            Self::Joint => ("共同办", "joint"),
            Self::Escalated => ("联动办", "escalated"),
        }
    }
}

impl InWords for RequestState {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::New => ("待应答", "new"),
            Self::Answered => ("处理中", "in work"),
            Self::Resolved => ("待回访", "resolved"),
            Self::Closed => ("办结", "closed"),
        }
    }
}

//! What the cells beside the address mean: area, heating mode, floor, account number, care tags.

use super::address::floor_of_room;
use super::text::{clean, numeral, says_none, tight};
use crate::household::HeatingMode;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The word for a mode as registers write it.
fn mode_zh(mode: HeatingMode) -> &'static str {
    match mode {
        HeatingMode::Series => "串联",
        HeatingMode::Parallel => "并联",
        HeatingMode::Individual => "分户",
    }
}

/// Whether the cell already says the mode in its usual word.
pub fn is_normal_mode(raw: &str, mode: HeatingMode) -> bool {
    raw == mode_zh(mode)
}

/// Reads 单管串联, 双管并联, 分户计量, 一户一阀, … `Err` is text that is none of them.
pub fn mode(raw: &str) -> Result<Option<HeatingMode>, String> {
    let text = tight(raw);
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    if says_none(&text) {
        Ok(None)
    } else if has(&["分户", "一户一", "户控", "独立", "单户", "INDIVIDUAL"]) {
        Ok(Some(HeatingMode::Individual))
    } else if has(&["串", "SERIES"]) {
        Ok(Some(HeatingMode::Series))
    } else if has(&["并", "PARALLEL"]) {
        Ok(Some(HeatingMode::Parallel))
    } else if has(&["单管", "跨越"]) {
        Ok(Some(HeatingMode::Series))
    } else if has(&["双管"]) {
        Ok(Some(HeatingMode::Parallel))
    } else {
        Err(clean(raw).into_owned())
    }
}

/// Reads 98.5, 98.5㎡, 98.5平方米, `98,5`, `1,234.5`, 约98. `Err` is text that is no area.
pub fn area_m2(raw: &str) -> Result<Option<f64>, String> {
    let text = tight(raw);
    if says_none(&text) {
        return Ok(None);
    }
    let mut number = text.trim_start_matches(['约', '≈']);
    for unit in ["平方米", "平方", "平米", "M2", "M^2", "㎡", "平", "米"] {
        number = number.strip_suffix(unit).unwrap_or(number);
    }
    let number = match number.rsplit_once(',') {
        // 1,234.5 has thousands, 98,5 a decimal comma.
        Some((_, after)) if number.contains('.') || after.len() == 3 => number.replace(',', ""),
        Some(_) => number.replace(',', "."),
        None => number.to_owned(),
    };
    let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match number.parse::<f64>() {
        Ok(area) if plain && area > 0.0 && area < 100_000.0 => Ok(Some(area)),
        Ok(0.0) if plain => Ok(None),
        _ => Err(clean(raw).into_owned()),
    }
}

/// Reads 5, 5层, 五楼, F5, 5.0, -1, 负一层, B1, 地下. `Err` is text that is no floor.
pub fn floor(raw: &str) -> Result<Option<i32>, String> {
    let text = tight(raw);
    if says_none(&text) {
        return Ok(None);
    }
    let fail = || Err(clean(raw).into_owned());
    let (below, rest) = match ["负", "地下", "B", "-"].iter().find_map(|p| text.strip_prefix(p)) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('F').unwrap_or(&text)),
    };
    let rest = rest.trim_start_matches('第').trim_end_matches(['层', '楼', 'F', '室']);
    if below && rest.is_empty() {
        return Ok(Some(-1));
    }
    let rest = rest.strip_suffix(".0").unwrap_or(rest);
    let number = rest.parse::<i32>().ok().or_else(|| numeral(rest).and_then(|n| i32::try_from(n).ok()));
    match number {
        Some(n) if (1..=120).contains(&n) => Ok(Some(if below { -n } else { n })),
        _ => fail(),
    }
}

/// The floor of a row: what the cell says, else what the room number tells.
pub fn floor_or_room(cell: Option<i32>, room: &str) -> Option<i32> {
    cell.or_else(|| floor_of_room(room))
}

/// Reads an account number that may have gone through a spreadsheet: spaces, apostrophe, `.0`,
/// 2.009000001E9. `Err` is a number whose last digits are gone for good (2.009E+09).
pub fn account(raw: &str) -> Result<Option<String>, String> {
    let text = tight(raw);
    if says_none(&text) || text == "无户号" {
        return Ok(None);
    }
    let text = text.strip_suffix(".0").unwrap_or(&text);
    let Some((mantissa, exponent)) = text.split_once('E') else { return Ok(Some(text.to_owned())) };
    let (Ok(value), Ok(power)) = (text.parse::<f64>(), exponent.trim_start_matches('+').parse::<usize>()) else {
        return Ok(Some(text.to_owned()));
    };
    let decimals = mantissa.split_once('.').map_or(0, |(_, d)| d.len());
    if !mantissa.starts_with(|c: char| c.is_ascii_digit()) || value >= 1e15 {
        Ok(Some(text.to_owned()))
    } else if decimals >= power || decimals >= 8 {
        Ok(Some(format!("{value:.0}")))
    } else {
        Err(clean(raw).into_owned())
    }
}

/// 重点关注: why a household needs care.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Care {
    /// 空巢: old people whose children live elsewhere.
    EmptyNest,
    /// 孤寡: old people without family.
    NoFamily,
    /// 独居: living alone.
    LivesAlone,
    /// 病残: ill or disabled.
    IllOrDisabled,
    /// 困难: in hardship, on support.
    Hardship,
    /// Any other tag, as it was written.
    Other(String),
}

impl Care {
    /// A key for translation: `empty_nest`, …; another tag is its own text.
    pub fn code(&self) -> &str {
        match self {
            Care::EmptyNest => "empty_nest",
            Care::NoFamily => "no_family",
            Care::LivesAlone => "lives_alone",
            Care::IllOrDisabled => "ill_or_disabled",
            Care::Hardship => "hardship",
            Care::Other(text) => text,
        }
    }

    /// The word that is stored and shown: 空巢, 孤寡, 独居, 病残, 困难.
    pub fn zh(&self) -> &str {
        match self {
            Care::EmptyNest => "空巢",
            Care::NoFamily => "孤寡",
            Care::LivesAlone => "独居",
            Care::IllOrDisabled => "病残",
            Care::Hardship => "困难",
            Care::Other(text) => text,
        }
    }

    /// From a code or from what a clerk wrote.
    pub fn from_text(text: &str) -> Self {
        let known = [Care::EmptyNest, Care::NoFamily, Care::LivesAlone, Care::IllOrDisabled, Care::Hardship];
        if let Some(care) = known.iter().find(|c| c.code() == text) {
            return care.clone();
        }
        let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
        if has(&["空巢"]) {
            Care::EmptyNest
        } else if has(&["孤寡", "五保", "孤老"]) {
            Care::NoFamily
        } else if has(&["独居"]) {
            Care::LivesAlone
        } else if has(&["病", "残", "失能", "瘫", "卧床"]) {
            Care::IllOrDisabled
        } else if has(&["困难", "低保", "特困", "贫困"]) {
            Care::Hardship
        } else {
            Care::Other(text.to_owned())
        }
    }
}

impl Serialize for Care {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.zh())
    }
}

impl<'de> Deserialize<'de> for Care {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Care::from_text(&String::deserialize(deserializer)?))
    }
}

/// Reads 空巢老人、病残 and the like; any separator; sorted, each once.
pub fn care(raw: &str) -> Vec<Care> {
    let text = clean(raw);
    let mut tags: Vec<Care> = text
        .split([',', '、', ';', '/', '|', '\\', '+', '&', '；', '，', ' ', '。'])
        .map(str::trim)
        .filter(|t| !says_none(t))
        .map(Care::from_text)
        .collect();
    tags.sort();
    tags.dedup();
    tags
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn areas() {
        for raw in ["98.5", "98.5㎡", "98.5平方米", "98.5 m2", "98.5 m²", "98,5", "９８．５", "约98.5平", "98.50"]
        {
            assert_eq!(area_m2(raw), Ok(Some(98.5)), "{raw}");
        }
        assert_eq!(area_m2("1,234.5"), Ok(Some(1234.5)));
        assert_eq!(area_m2("1,234"), Ok(Some(1234.0)));
        assert_eq!(area_m2("-"), Ok(None));
        for raw in ["abc", "-5", "98.5.1", "nan", "1e9", "98x"] {
            assert!(area_m2(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn modes() {
        for (raw, want) in [
            ("串联", HeatingMode::Series),
            ("单管串联", HeatingMode::Series),
            ("单管跨越式", HeatingMode::Series),
            ("双管并联", HeatingMode::Parallel),
            ("双管", HeatingMode::Parallel),
            ("分户", HeatingMode::Individual),
            ("分户计量", HeatingMode::Individual),
            ("双管并联分户计量", HeatingMode::Individual),
            ("一户一阀", HeatingMode::Individual),
            ("Series", HeatingMode::Series),
        ] {
            assert_eq!(mode(raw), Ok(Some(want)), "{raw}");
        }
        assert_eq!(mode(""), Ok(None));
        assert_eq!(mode("地暖"), Err("地暖".into()));
    }

    #[test]
    fn floors() {
        for (raw, want) in [
            ("5", 5),
            ("5层", 5),
            ("五楼", 5),
            ("5.0", 5),
            ("F12", 12),
            ("12F", 12),
            ("-1", -1),
            ("负一层", -1),
            ("B2", -2),
            ("地下", -1),
            ("地下室", -1),
        ] {
            assert_eq!(floor(raw), Ok(Some(want)), "{raw}");
        }
        assert_eq!(floor(""), Ok(None));
        assert!(floor("5/6").is_err() && floor("0").is_err() && floor("阁楼").is_err());
        assert_eq!(floor_or_room(None, "1203"), Some(12));
    }

    #[test]
    fn accounts() {
        for raw in [
            "2009000001",
            " 2009 000001 ",
            "'2009000001",
            "2009000001.0",
            "2.009000001E9",
            "2.009000001E+09",
            "２００９０００００１",
            "=\"2009000001\"",
        ] {
            assert_eq!(account(raw), Ok(Some("2009000001".into())), "{raw}");
        }
        assert_eq!(account("2.009E+09"), Err("2.009E+09".into()));
        assert_eq!(account("无"), Ok(None));
        assert_eq!(account("A-17"), Ok(Some("A-17".into())));
    }

    #[test]
    fn care_tags() {
        assert_eq!(care("病残、空巢老人"), vec![Care::EmptyNest, Care::IllOrDisabled]);
        assert_eq!(care("空巢老人,空巢；低保 军属"), vec![Care::EmptyNest, Care::Hardship, Care::Other("军属".into())]);
        assert_eq!(care("无"), vec![]);
        assert_eq!(serde_json::to_string(&Care::LivesAlone).unwrap(), "\"独居\"");
        assert_eq!(serde_json::from_str::<Care>("\"lives_alone\"").unwrap(), Care::LivesAlone);
    }
}

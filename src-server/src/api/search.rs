//! Search by anything: 西里路54, xll54, 3-2-501, 户号, phone tail.
//!
//! What was typed falls into terms: at spaces, and where letters end and digits begin. Every term must be found in
//! the row's search text, or (letters) in an estate's name by pinyin.

use huce_core::ipc::search::{MAX_FACILITY_HITS, Search, SearchReply};
use ib_matcher::{
    matcher::{IbMatcher, PinyinMatchConfig},
    pinyin::PinyinNotation,
};
use sqlx::Row;

use super::{
    asked::{Answer, Asked},
    doors::{HIT, hit},
    facility,
    figures::{small, within},
};
use crate::store::{Conn, Question, Result, StoreError, plain};

/// The most hits of one reply.
const MAX_HITS: u32 = 500;
/// The most terms that are looked at.
const MAX_TERMS: usize = 8;

/// Answers [`Search`].
pub async fn search(asked: &Asked, call: Search) -> Answer<SearchReply> {
    let text: String = plain(&call.text).chars().take(200).collect::<String>().to_lowercase();
    let terms = terms(&text);
    if terms.is_empty() {
        return Ok(SearchReply { hits: Vec::new(), total: 0, facilities: Vec::new() });
    }
    let mut conn = asked.conn().await?;
    let mut reply = find(&mut conn, asked, &text, &terms, call.limit.min(MAX_HITS)).await?;
    let facilities = facility::lines(&mut conn, asked, &text).await?;
    reply.facilities = facilities.into_iter().take(MAX_FACILITY_HITS).map(|line| line.facility).collect();
    Ok(reply)
}

async fn find(conn: &mut Conn, asked: &Asked, text: &str, terms: &[String], limit: u32) -> Result<SearchReply> {
    let query = within(&asked.viewer.grids, "SELECT DISTINCT estate FROM household WHERE grid IN ");
    let estates =
        query.all(&mut *conn).await?.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<Vec<String>>>()?;
    let by_pinyin: Vec<Vec<&String>> = terms.iter().map(|term| estates_by_pinyin(&estates, term)).collect();
    let conditions = |query: &mut Question| {
        for (term, estates) in terms.iter().zip(&by_pinyin) {
            query.push(" AND (h.search LIKE ").bind(pattern(term)).push(" ESCAPE '\\'");
            if !estates.is_empty() {
                query.push(" OR h.estate IN ").list(estates.iter().map(|estate| estate.as_str()));
            }
            query.push(")");
        }
    };
    let mut count = within(&asked.viewer.grids, "SELECT COUNT(*) FROM household h WHERE h.grid IN ");
    conditions(&mut count);
    let total: i64 = count.one(&mut *conn).await?.try_get(0)?;
    let mut query = within(&asked.viewer.grids, &format!("SELECT {HIT} FROM household h WHERE h.grid IN "));
    conditions(&mut query);
    // What was typed as one piece comes first: 3-2-501 before 13-2-501, 西里路54 before 西里路 with a room 54.
    let last = terms.last().map(String::as_str).unwrap_or_default();
    query.push(" ORDER BY CASE WHEN h.search LIKE ").bind(format!("% {} %", escaped(text.trim())));
    query.push(" ESCAPE '\\' THEN 0 WHEN h.search LIKE ").bind(pattern(text.trim()));
    query.push(" ESCAPE '\\' THEN 1 WHEN h.room = ").bind(last.to_owned());
    query.push(" THEN 2 ELSE 3 END, h.sort LIMIT ").bind(i64::from(limit));
    let rows = query.all(conn).await?;
    let hits = rows.iter().map(hit).collect::<Result<Vec<_>>>()?;
    let total = u64::try_from(total).map_err(|_| StoreError::damaged("a count"))?;
    Ok(SearchReply { hits, total: small(total), facilities: Vec::new() })
}

/// `xll54 501` → `xll`, `54`, `501`; `3-2-501` stays whole.
fn terms(text: &str) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '号' | '楼' | '单' | '元' | '室'))
    {
        let cut = word.char_indices().find(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).filter(|at| *at > 0);
        let (head, tail) = word.split_at(cut.unwrap_or(0));
        terms.extend([head, tail].iter().filter(|t| !t.is_empty()).map(|t| (*t).to_owned()));
    }
    terms.truncate(MAX_TERMS);
    terms
}

/// The estates whose name has this in pinyin: whole syllables or first letters.
fn estates_by_pinyin<'a>(estates: &'a [String], term: &str) -> Vec<&'a String> {
    if !term.chars().all(|c| c.is_ascii_alphabetic()) {
        return Vec::new();
    }
    let config = PinyinMatchConfig::notations(PinyinNotation::Ascii | PinyinNotation::AsciiFirstLetter);
    let matcher = IbMatcher::builder(term).pinyin(config).build();
    estates.iter().filter(|estate| matcher.is_match(estate.as_str())).take(200).collect()
}

fn pattern(term: &str) -> String {
    format!("%{}%", escaped(term))
}

fn escaped(term: &str) -> String {
    term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_falls_into_terms() {
        assert_eq!(terms("西里路54"), ["西里路", "54"]);
        assert_eq!(terms("xll54 501"), ["xll", "54", "501"]);
        assert_eq!(terms("3-2-501"), ["3-2-501"]);
        assert_eq!(terms("3号楼2单元501"), ["3", "2", "501"]);
        assert!(terms("  ").is_empty());
    }

    #[test]
    fn pinyin_finds_an_estate_by_initials_and_by_syllables() {
        let estates = ["西里路小区".to_owned(), "康桥华城".to_owned(), "重庆里".to_owned()];
        assert_eq!(estates_by_pinyin(&estates, "xll"), ["西里路小区"]);
        assert_eq!(estates_by_pinyin(&estates, "kangqiao"), ["康桥华城"]);
        assert_eq!(estates_by_pinyin(&estates, "cq"), ["重庆里"]);
        assert!(estates_by_pinyin(&estates, "54").is_empty());
    }
}

//! What people type to find a door: 西里路54, xll54, 3-2-501, 3#2单元501, 户号, the phone's last digits, a care tag.
//!
//! The text is cut into a name and numbers. A name is looked for among the estates (by characters, pinyin or
//! initials; a character with two readings is found by both) and the care tags; the numbers that are left are
//! building, entrance, room. `54` in 西里路54 may belong to the estate's name or be a building: both are tried.

use huce_core::household::Household;
use ib_matcher::matcher::{IbMatcher, PinyinMatchConfig};

use super::{Index, NO_PHONE, Short, Symbol};

/// The most characters that are looked at.
const MAX_CHARS: usize = 40;
/// How well a household fits: 0 is best.
const CLASSES: usize = 6;

/// A text, cut up.
struct Query {
    /// In normal form.
    text: String,
    /// Numbers (with a letter or two, as in 3a), as ranges of the text.
    numbers: Vec<(usize, usize)>,
}

impl Query {
    fn new(typed: &str) -> Self {
        let text: String = typed.trim().chars().take(MAX_CHARS).map(plain).collect();
        let mut numbers = Vec::new();
        let mut start = None;
        for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
            match (start, c.is_ascii_digit()) {
                (None, true) => start = Some(at),
                (Some(from), false) => {
                    numbers.push((from, at));
                    start = None;
                }
                _ => {}
            }
        }
        Self { text, numbers }
    }

    /// The name when the first `n` numbers belong to it.
    fn name(&self, n: usize) -> &str {
        let end = self.numbers.get(n).map_or(self.text.len(), |(from, _)| *from);
        let end =
            if n == self.numbers.len() { self.numbers.last().map_or(self.text.len(), |(_, to)| *to) } else { end };
        let whole = if self.numbers.is_empty() { &self.text } else { self.text.get(..end).unwrap_or_default() };
        whole.trim_matches(|c: char| c.is_whitespace() || "-#/,，".contains(c))
    }

    fn after(&self, n: usize) -> Vec<&str> {
        self.numbers.iter().skip(n).filter_map(|(from, to)| self.text.get(*from..*to)).collect()
    }
}

fn plain(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c).to_ascii_lowercase(),
        '\u{3000}' => ' ',
        '—' | '–' => '-',
        c => c.to_ascii_lowercase(),
    }
}

/// Numbers looked up once, so that rows compare symbols.
struct Wanted {
    symbols: Vec<Option<Symbol>>,
    /// By symbol: does the text begin like the last number?
    begins: Vec<bool>,
    /// The last number, when it is alone and there is no name: a 户号 or the end of a phone.
    alone: Option<(u64, u32, String)>,
}

impl Wanted {
    fn fits(&self, row: &Short) -> Option<usize> {
        let is = |have: Symbol, n: usize| self.symbols.get(n).copied().flatten() == Some(have);
        let begins = |have: Symbol| self.begins.get(have as usize).copied().unwrap_or(false);
        let room = |n: usize| if is(row.room, n) { Some(0) } else { begins(row.room).then_some(2) };
        match self.symbols.len() {
            0 => Some(0),
            1 => match &self.alone {
                Some(alone) => by_number(row, alone).or_else(|| is(row.room, 0).then_some(3)),
                None if is(row.building, 0) => Some(1),
                None => room(0).map(|class| class + 2),
            },
            2 if is(row.building, 0) => room(1).or_else(|| is(row.entrance, 1).then_some(1)),
            3 if is(row.building, 0) && is(row.entrance, 1) => room(2),
            _ => None,
        }
    }
}

fn by_number(row: &Short, (number, digits, text): &(u64, u32, String)) -> Option<usize> {
    if row.number > 0 && row.number == *number {
        return Some(0);
    }
    if *digits == 4 && row.phone != NO_PHONE && u64::from(row.phone) == *number {
        return Some(1);
    }
    if *digits < 4 {
        return None;
    }
    if row.number == 0 {
        return (!row.account.is_empty() && row.account.contains(text.as_str())).then_some(2);
    }
    let all = row.number.ilog10() + 1;
    let ends = 10_u64.checked_pow(*digits).is_some_and(|m| row.number % m == *number);
    let begins =
        all.checked_sub(*digits).and_then(|d| 10_u64.checked_pow(d)).is_some_and(|d| row.number / d == *number);
    (all > *digits && (ends || begins)).then_some(2)
}

impl Index {
    /// Finds households: the best first, then in the order of walking; and how many there are in all.
    pub fn search(&self, typed: &str, limit: usize) -> (Vec<Household>, usize) {
        let query = Query::new(typed);
        let mut classes: [Vec<u32>; CLASSES] = Default::default();
        let mut total = 0;
        if query.text.is_empty() {
            return (Vec::new(), 0);
        }
        // A row may fit in more than one way; a household is one hit.
        let mut taken = vec![false; if query.numbers.is_empty() { 0 } else { self.rows.len() }];
        for n in (0..=query.numbers.len()).rev() {
            let name = query.name(n);
            if name.is_empty() && (n > 0 || query.numbers.is_empty()) {
                continue;
            }
            let wanted = self.wanted(&query.after(n), name.is_empty());
            let (estates, care) =
                if name.is_empty() { (None, None) } else { (Some(self.named(name)), Some(self.cared(name))) };
            for (estate, from, to) in &self.estates {
                let here = estates.as_ref().is_none_or(|e| e.contains(estate));
                // A care tag is not searched for together with numbers that belong to the name.
                if !here && care.as_ref().is_none_or(Vec::is_empty) {
                    continue;
                }
                for (at, row) in (*from..).zip(self.rows.get(*from as usize..*to as usize).unwrap_or_default()) {
                    if !here && !care.as_ref().is_some_and(|c| c.contains(&row.care)) {
                        continue;
                    }
                    let Some(class) = wanted.fits(row) else { continue };
                    let first = taken.get_mut(at as usize).is_none_or(|taken| !std::mem::replace(taken, true));
                    if first {
                        total += 1;
                        if let Some(class) = classes.get_mut(class.min(CLASSES - 1)).filter(|c| c.len() < limit) {
                            class.push(at);
                        }
                    }
                }
            }
        }
        let best = classes.iter().flatten().take(limit);
        (best.filter_map(|at| self.household(self.rows.get(*at as usize)?)).collect(), total)
    }

    fn wanted(&self, numbers: &[&str], nameless: bool) -> Wanted {
        let symbols = numbers.iter().map(|n| self.symbols.by_text.get(*n).copied()).collect();
        let last = numbers.last().copied().filter(|n| n.len() >= 2);
        let begins = last.map(|last| self.symbols.texts.iter().map(|t| t.starts_with(last)).collect());
        let alone = match numbers {
            [one] if nameless => one.parse().ok().map(|n| (n, one.len() as u32, (*one).to_owned())),
            _ => None,
        };
        Wanted { symbols, begins: begins.unwrap_or_default(), alone }
    }

    /// The estates of this name.
    fn named(&self, name: &str) -> Vec<Symbol> {
        let matcher = IbMatcher::builder(name).pinyin(PinyinMatchConfig::default()).build();
        let mut found: Vec<Symbol> =
            self.estates.iter().map(|(e, ..)| *e).filter(|e| matcher.is_match(self.symbols.text(*e))).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The care tags of this name.
    fn cared(&self, name: &str) -> Vec<Symbol> {
        let matcher = IbMatcher::builder(name).pinyin(PinyinMatchConfig::default()).build();
        let mut tags: Vec<Symbol> = self.care.iter().copied().collect();
        tags.retain(|c| matcher.is_match(self.symbols.text(*c)));
        tags
    }
}

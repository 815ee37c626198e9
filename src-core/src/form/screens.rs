//! From sections to screens: a form asks one thing, or one small group, at a time. The cut is made from the form
//! alone, not from the answers, so that nothing moves under the finger while somebody types: a question that
//! depends on another one stays on the screen of the one before it.

use serde::{Deserialize, Serialize};

/// What a screen holds: two questions that are always asked (2 each) and one that depends on an answer (1).
const A_SCREEN: usize = 5;

/// What stands on a screen, from the top.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A question with the notes that belong beside it: what its answer means.
    Question {
        /// The question's reference.
        main: String,
        /// References of notes.
        beside: Vec<String>,
    },
    /// A note of its own.
    Note(String),
    /// The heading of a group within a section.
    Heading(String),
    /// A repeat within a section: its heading, and a way to add to it.
    Repeat(String),
    /// The heading of one instance of it, and a way to remove it.
    Instance(String),
}

impl Block {
    /// The reference that it stands for.
    pub fn main(&self) -> &str {
        match self {
            Self::Question { main, .. } => main,
            Self::Note(at) | Self::Heading(at) | Self::Repeat(at) | Self::Instance(at) => at,
        }
    }
}

/// One screenful.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screen {
    /// Its section's reference.
    pub page: String,
    /// The instance that it asks about, in a section that is a repeat.
    pub instance: Option<String>,
    /// What stands on it; empty for a repeat without instances.
    pub blocks: Vec<Block>,
}

impl Screen {
    /// What names the screen: its first reference.
    pub fn key(&self) -> &str {
        self.blocks.first().map_or(self.page.as_str(), Block::main)
    }

    /// Does a reference stand on it?
    pub fn holds(&self, reference: &str) -> bool {
        self.blocks.iter().any(|b| match b {
            Block::Question { main, beside } => main == reference || beside.iter().any(|n| n == reference),
            other => other.main() == reference,
        })
    }

    /// References of its questions.
    pub fn questions(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().filter_map(|b| match b {
            Block::Question { main, .. } => Some(main.as_str()),
            _ => None,
        })
    }

    /// Is anything to be seen on it now, when `shown` says what is relevant?
    pub fn is_alive(&self, shown: impl Fn(&str) -> bool) -> bool {
        match self.blocks.is_empty() {
            true => shown(&self.page),
            false => self.blocks.iter().any(|b| !matches!(b, Block::Heading(_)) && shown(b.main())),
        }
    }
}

/// Puts nodes on screens, in the order of the form.
pub(super) struct Cutter<'a> {
    page: &'a str,
    instance: Option<&'a String>,
    /// The whole section stands on one screen (`field-list`).
    whole: bool,
    /// A group within it does.
    together: bool,
    blocks: Vec<Block>,
    asked: usize,
    all: &'a mut Vec<Screen>,
}

impl<'a> Cutter<'a> {
    pub fn new(page: &'a str, instance: Option<&'a String>, whole: bool, all: &'a mut Vec<Screen>) -> Self {
        Self { page, instance, whole, together: false, blocks: Vec::new(), asked: 0, all }
    }

    /// From here on nothing is parted, or again is.
    pub fn together(&mut self, together: bool) {
        self.together = together;
        if !together && !self.whole {
            self.close();
        }
    }

    fn is_full(&self, weight: usize) -> bool {
        self.asked + weight > A_SCREEN && !self.whole && !self.together
    }

    /// What begins something: a group, a repeat, an instance. A field list begins a screen.
    pub fn heading(&mut self, block: Block, field_list: bool) {
        let begins = self.asked > 0 || (field_list && !self.blocks.is_empty());
        if begins && !self.whole && !self.together {
            self.close();
        }
        self.blocks.push(block);
    }

    /// A note; a verdict on a number stands beside it.
    pub fn note(&mut self, reference: String, depends: bool, verdict: bool, is_number: impl Fn(&str) -> bool) {
        if let Some(Block::Question { main, beside }) = self.blocks.last_mut()
            && verdict
            && is_number(main)
        {
            beside.push(reference);
            return;
        }
        if !depends && self.is_full(2) {
            self.close();
        }
        self.blocks.push(Block::Note(reference));
    }

    /// A question; one that depends on an answer stays with what is before it.
    pub fn question(&mut self, reference: String, depends: bool) {
        let weight = if depends { 1 } else { 2 };
        if !depends && self.is_full(weight) {
            self.close();
        }
        self.asked += weight;
        self.blocks.push(Block::Question { main: reference, beside: Vec::new() });
    }

    /// The screen is done.
    pub fn close(&mut self) {
        self.asked = 0;
        if !self.blocks.is_empty() {
            let blocks = std::mem::take(&mut self.blocks);
            self.all.push(Screen { page: self.page.to_owned(), instance: self.instance.cloned(), blocks });
        }
    }
}

/// The state that a note speaks of: the appearances `warn`, `bad` and `good`.
pub fn tone(appearance: &str) -> Option<&'static str> {
    ["bad", "warn", "good"].into_iter().find(|tone| word(appearance, tone))
}

/// Is this one of the words of an appearance?
pub fn word(appearance: &str, wanted: &str) -> bool {
    appearance.split_whitespace().any(|w| w == wanted)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::form::{Environment, OpenForm, Step, read_sheets};
    use crate::workbook::Sheets;

    fn session() -> OpenForm {
        let row = |cells: [&'static str; 6]| cells.to_vec();
        let sheets = Sheets::from_rows([
            (
                "survey",
                vec![
                    row(["type", "name", "label", "relevant", "appearance", "required"]),
                    row(["begin repeat", "rooms", "Rooms", "", "", ""]),
                    row(["select_one room", "room", "Which room?", "", "", "yes"]),
                    row(["text", "other", "Which?", "${room} = 'other'", "", ""]),
                    row(["decimal", "temperature", "How warm?", "", "", "yes"]),
                    row(["note", "cold", "Too cold", "${temperature} < 18", "warn", ""]),
                    row(["text", "radiator", "Radiator?", "", "", ""]),
                    row(["end repeat", "", "", "", "", ""]),
                    row(["begin group", "leaks", "Leaks", "", "", ""]),
                    row(["note", "hello", "Look closely", "", "", ""]),
                    row(["text", "a", "A", "", "", ""]),
                    row(["end group", "", "", "", "", ""]),
                ],
            ),
            (
                "choices",
                vec![
                    vec!["list_name", "name", "label"],
                    vec!["room", "living", "Living"],
                    vec!["room", "other", "Other"],
                ],
            ),
        ]);
        let now = chrono::DateTime::parse_from_rfc3339("2026-11-21T10:00:00+08:00").unwrap();
        OpenForm::new(read_sheets(&sheets, None, true).form().unwrap().into(), Environment::at(now))
    }

    #[test]
    fn a_dependent_question_stays_with_the_one_before_it_and_a_verdict_beside_its_number() {
        let all = session().view().screens;
        let keys: Vec<_> = all.iter().map(|s| s.key().rsplit('/').next().unwrap().to_owned()).collect();
        assert_eq!(keys, ["room", "radiator", "hello"]);
        let questions: Vec<_> = all[0].questions().map(|q| q.rsplit('/').next().unwrap().to_owned()).collect();
        assert_eq!(questions, ["room", "other", "temperature"]);
        assert!(matches!(&all[0].blocks[2], Block::Question { beside, .. } if beside.len() == 1));
    }

    #[test]
    fn answers_do_not_move_screens() {
        let mut session = session();
        let before = session.view().screens;
        let reference = before[0].key().to_owned();
        let change = session.apply(&Step::Set { reference, value: "other".into() }).unwrap();
        assert!(change.view.is_none());
        assert_eq!(session.view().screens, before);
    }

    #[test]
    fn a_second_room_has_screens_of_its_own_and_an_emptied_repeat_has_one() {
        let mut session = session();
        session.apply(&Step::AddRepeat { reference: "/data/rooms".into() }).unwrap();
        assert_eq!(session.view().screens.iter().filter(|s| s.instance.is_some()).count(), 4);
        for _ in 0..2 {
            session.apply(&Step::RemoveRepeat { reference: "/data/rooms[1]".into() }).unwrap();
        }
        let all = session.view().screens;
        assert!(all[0].blocks.is_empty() && all[0].is_alive(|at| session.node(at).is_some_and(|n| n.relevant)));
    }

    #[test]
    fn a_field_list_is_one_screen_and_what_follows_it_another() {
        let survey = |more: &[[&'static str; 4]]| {
            let mut rows =
                vec![["type", "name", "label", "appearance"].to_vec(), ["begin group", "g", "G", ""].to_vec()];
            rows.push(["text", "first", "First", ""].to_vec());
            rows.extend(more.iter().map(|row| row.to_vec()));
            rows.push(["end group", "", "", ""].to_vec());
            let sheets = Sheets::from_rows([("survey", rows)]);
            let now = chrono::DateTime::parse_from_rfc3339("2026-11-21T10:00:00+08:00").unwrap();
            OpenForm::new(read_sheets(&sheets, None, true).form().unwrap().into(), Environment::at(now))
        };
        let list = survey(&[
            ["begin group", "list", "List", "field-list"],
            ["text", "a", "A", ""],
            ["text", "b", "B", ""],
            ["text", "c", "C", ""],
            ["text", "d", "D", ""],
            ["end group", "", "", ""],
            ["text", "last", "Last", ""],
        ]);
        let counts: Vec<usize> = list.view().screens.iter().map(|s| s.questions().count()).collect();
        assert_eq!(counts, [1, 4, 1]);
    }
}

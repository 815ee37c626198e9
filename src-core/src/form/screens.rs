//! From sections to screens: a form asks one thing, or one small group, at a time. The cut is made from the form
//! alone, not from the answers, so that nothing moves under the finger while somebody types: a question that
//! depends on another one stays on the screen of the one before it.

use serde::{Deserialize, Serialize};

use super::{Form, Item, Kind, NodeKind, NodeState, Page, PageKind, Session};

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

/// All screens of a form that is being filled in, in order, seen or not.
pub fn screens(session: &Session, pages: &[Page]) -> Vec<Screen> {
    let mut all = Vec::new();
    for page in pages {
        match page.kind {
            PageKind::Questions => {
                let nodes = page.nodes.iter().filter_map(|at| session.node(at)).collect();
                cut(session, page, None, nodes, &mut all);
            }
            PageKind::Group => cut(session, page, None, session.below(&page.reference), &mut all),
            PageKind::Repeat if page.instances.is_empty() => {
                all.push(Screen { page: page.reference.clone(), instance: None, blocks: Vec::new() });
            }
            PageKind::Repeat => {
                for instance in &page.instances {
                    let nodes = session.below(&instance.reference);
                    cut(session, page, Some(&instance.reference), nodes, &mut all);
                }
            }
        }
    }
    all
}

fn cut(session: &Session, page: &Page, instance: Option<&String>, nodes: Vec<NodeState>, all: &mut Vec<Screen>) {
    let form = session.form();
    let whole = item_at(form, &page.reference).is_some_and(|i| word(&i.appearance, "field-list"));
    let mut blocks: Vec<Block> = Vec::new();
    let mut asked = 0;
    let mut close = |blocks: &mut Vec<Block>, asked: &mut usize| {
        *asked = 0;
        if !blocks.is_empty() {
            let blocks = std::mem::take(blocks);
            all.push(Screen { page: page.reference.clone(), instance: instance.cloned(), blocks });
        }
    };
    for node in nodes.into_iter().filter(|n| !n.kind.is_unseen()) {
        let item = item_at(form, &node.reference);
        let depends = item.is_some_and(|i| i.relevant.is_some());
        match node.node {
            NodeKind::Group | NodeKind::RepeatRange | NodeKind::RepeatRangeCounted | NodeKind::RepeatInstance => {
                if asked > 0 && !whole {
                    close(&mut blocks, &mut asked);
                }
                blocks.push(match node.node {
                    NodeKind::Group => Block::Heading(node.reference),
                    NodeKind::RepeatInstance => Block::Instance(node.reference),
                    _ => Block::Repeat(node.reference),
                });
            }
            NodeKind::Note => match blocks.last_mut() {
                Some(Block::Question { main, beside }) if tone(&node).is_some() && is_number(form, main) => {
                    beside.push(node.reference);
                }
                _ => {
                    if asked + 2 > A_SCREEN && !depends && !whole {
                        close(&mut blocks, &mut asked);
                    }
                    blocks.push(Block::Note(node.reference));
                }
            },
            _ => {
                let weight = if depends { 1 } else { 2 };
                if asked + weight > A_SCREEN && !depends && !whole {
                    close(&mut blocks, &mut asked);
                }
                asked += weight;
                blocks.push(Block::Question { main: node.reference, beside: Vec::new() });
            }
        }
    }
    close(&mut blocks, &mut asked);
}

/// The state that a note speaks of: the appearances `warn`, `bad` and `good`.
pub fn tone(note: &NodeState) -> Option<&'static str> {
    ["bad", "warn", "good"].into_iter().find(|tone| word(&note.appearance, tone))
}

/// Is this one of the words of an appearance?
pub fn word(appearance: &str, wanted: &str) -> bool {
    appearance.split_whitespace().any(|w| w == wanted)
}

fn is_number(form: &Form, reference: &str) -> bool {
    item_at(form, reference).is_some_and(|i| matches!(i.kind, Kind::Decimal | Kind::Integer | Kind::Range))
}

/// The item behind a reference: `/data/rooms[2]/temperature`.
fn item_at<'a>(form: &'a Form, reference: &str) -> Option<&'a Item> {
    let mut item = form.item(0)?;
    for part in reference.trim_start_matches('/').split('/').skip(1) {
        let name = part.split('[').next().unwrap_or(part);
        item = item.children.iter().filter_map(|c| form.item(*c)).find(|i| i.name == name)?;
    }
    Some(item)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::{form::read_form, workbook::Sheets};

    fn session() -> Session {
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
        Session::new(read_form(&sheets).unwrap(), now, "zh").unwrap()
    }

    #[test]
    fn a_dependent_question_stays_with_the_one_before_it_and_a_verdict_beside_its_number() {
        let session = session();
        let all = screens(&session, &session.pages());
        let keys: Vec<_> = all.iter().map(|s| s.key().rsplit('/').next().unwrap().to_owned()).collect();
        assert_eq!(keys, ["room", "radiator", "hello"]);
        let questions: Vec<_> = all[0].questions().map(|q| q.rsplit('/').next().unwrap().to_owned()).collect();
        assert_eq!(questions, ["room", "other", "temperature"]);
        assert!(matches!(&all[0].blocks[2], Block::Question { beside, .. } if beside.len() == 1));
    }

    #[test]
    fn answers_do_not_move_screens() {
        let mut session = session();
        let before = screens(&session, &session.pages());
        let room = before[0].key().to_owned();
        session.set(&room, "other").unwrap();
        assert_eq!(screens(&session, &session.pages()), before);
    }

    #[test]
    fn a_second_room_has_screens_of_its_own_and_an_emptied_repeat_has_one() {
        let mut session = session();
        session.add_repeat("/data/rooms").unwrap();
        let all = screens(&session, &session.pages());
        assert_eq!(all.iter().filter(|s| s.instance.is_some()).count(), 4);
        session.remove_repeat("/data/rooms[1]").unwrap();
        session.remove_repeat("/data/rooms[1]").unwrap();
        let all = screens(&session, &session.pages());
        assert!(all[0].blocks.is_empty() && all[0].is_alive(|at| session.node(at).is_some_and(|n| n.relevant)));
    }
}

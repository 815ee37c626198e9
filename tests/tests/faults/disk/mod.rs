//! A disk that keeps its word and not more: after a cut, a file's bytes are those of its last fsync, a folder's names
//! those of its last fsync, and everything younger is gone, or half there, as the round wants it. It counts the
//! operations that change something, and at the number that it is told it loses its power, or is full, or fails to sync.
//!
//! Here is the model, without a system; [`mount`] shows it to real processes as a file system.

pub mod mount;

use std::{
    collections::{BTreeMap, HashMap},
    ffi::{OsStr, OsString},
};

use super::seed::Seed;

/// The number of a file or folder; 1 is the root.
pub type Ino = u64;
pub const ROOT: Ino = 1;
const SECTOR: usize = 512;

/// Why the disk did not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum No {
    /// No power, or a failed sync.
    Io,
    Full,
    Missing,
    Exists,
    NotEmpty,
    NotAFolder,
}

/// What goes wrong. Operations that change something are counted from 1.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// The power goes at this operation.
    pub cut_at: Option<u64>,
    /// From this operation on, so many find no room for new bytes.
    pub full: Option<(u64, u64)>,
    /// From this sync on, so many of them fail: what was to be synced stays in memory and counts as written, as
    /// Linux does it, and never reaches the disk.
    pub fail_sync: Option<(u64, u64)>,
    /// Every sync is a lie: shows that the tests would notice.
    pub ignore_sync: bool,
    /// How many bytes fit.
    pub room: Option<u64>,
}

/// What of the unsynced things is there after the cut.
#[derive(Debug, Clone, Copy)]
pub enum Survives {
    /// Nothing.
    Nothing,
    /// Of each file and folder a beginning of what happened, the last write torn at any byte.
    Torn(u64),
    /// Of each file any of the sectors that were written; lengths as they were last, zeros where nothing arrived.
    Sectors(u64),
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Len(usize),
}

#[derive(Debug, Clone, Default)]
struct File {
    now: Vec<u8>,
    kept: Vec<u8>,
    since: Vec<Change>,
}

type Names = BTreeMap<OsString, Ino>;

#[derive(Debug, Clone, Default)]
struct Folder {
    now: Names,
    kept: Names,
    /// Names that changed together: the name, and what it names afterwards.
    since: Vec<Vec<(OsString, Option<Ino>)>>,
}

#[derive(Debug, Clone)]
enum Node {
    File(File),
    Folder(Folder),
}

/// What a file or folder looks like from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub ino: Ino,
    pub is_folder: bool,
    pub bytes: u64,
}

#[derive(Debug, Clone)]
pub struct Disk {
    nodes: HashMap<Ino, Node>,
    next: Ino,
    pub faults: Faults,
    /// Operations that changed something, and syncs.
    pub ops: u64,
    pub syncs: u64,
    pub is_dead: bool,
}

/// As SQLite names it.
pub fn is_shared_memory(name: &OsStr) -> bool {
    name.to_string_lossy().ends_with("-shm")
}

fn apply(change: &Change, to: &mut Vec<u8>) {
    match change {
        Change::Write(at, bytes) => {
            let end = at + bytes.len();
            if to.len() < end {
                to.resize(end, 0);
            }
            to[*at..end].copy_from_slice(bytes);
        }
        Change::Len(len) => to.resize(*len, 0),
    }
}

fn rename(changes: &[(OsString, Option<Ino>)], names: &mut Names) {
    for (name, ino) in changes {
        match ino {
            Some(ino) => names.insert(name.clone(), *ino),
            None => names.remove(name),
        };
    }
}

impl Default for Disk {
    fn default() -> Self {
        let nodes = HashMap::from([(ROOT, Node::Folder(Folder::default()))]);
        Self { nodes, next: ROOT + 1, faults: Faults::default(), ops: 0, syncs: 0, is_dead: false }
    }
}

impl Disk {
    /// The same disk when the power is back.
    pub fn after_cut(mut self, survives: Survives) -> Self {
        let mut inos: Vec<_> = self.nodes.keys().copied().collect();
        inos.sort_unstable();
        for ino in inos {
            match self.nodes.get_mut(&ino) {
                Some(Node::File(file)) => file.lose(survives, ino),
                Some(Node::Folder(folder)) => folder.lose(survives, ino),
                None => {}
            }
        }
        // What no name leads to is gone.
        let mut reached = vec![ROOT];
        let mut at = 0;
        while let Some(ino) = reached.get(at).copied() {
            if let Some(Node::Folder(folder)) = self.nodes.get(&ino) {
                reached.extend(folder.now.values());
            }
            at += 1;
        }
        self.nodes.retain(|ino, _| reached.contains(ino));
        Self { nodes: self.nodes, next: self.next, ..Self::default() }
    }

    /// Every file by its path, for looking at and damaging.
    pub fn files(&self) -> Vec<(String, Ino)> {
        let mut found = Vec::new();
        let mut open = vec![(String::new(), ROOT)];
        while let Some((path, ino)) = open.pop() {
            match self.nodes.get(&ino) {
                Some(Node::Folder(folder)) => {
                    open.extend(folder.now.iter().map(|(n, ino)| (format!("{path}/{}", n.to_string_lossy()), *ino)));
                }
                Some(Node::File(_)) => found.push((path, ino)),
                None => {}
            }
        }
        found.sort();
        found
    }

    /// Is this memory that the processes of a database share, and no more than that? Nobody needs it after a cut.
    pub fn is_shared_memory(&self, ino: Ino) -> bool {
        let names = self.nodes.values().filter_map(|node| if let Node::Folder(f) = node { Some(&f.now) } else { None });
        names.flatten().any(|(name, named)| *named == ino && is_shared_memory(name))
    }

    pub fn look(&self, ino: Ino) -> Result<Look, No> {
        self.powered()?;
        Ok(match self.nodes.get(&ino).ok_or(No::Missing)? {
            Node::File(file) => Look { ino, is_folder: false, bytes: file.now.len() as u64 },
            Node::Folder(_) => Look { ino, is_folder: true, bytes: 0 },
        })
    }

    pub fn lookup(&self, folder: Ino, name: &OsStr) -> Result<Look, No> {
        self.look(*self.folder(folder)?.now.get(name).ok_or(No::Missing)?)
    }

    pub fn list(&self, folder: Ino) -> Result<Vec<(OsString, Look)>, No> {
        let names = &self.folder(folder)?.now;
        names.iter().map(|(name, ino)| Ok((name.clone(), self.look(*ino)?))).collect()
    }

    pub fn read(&self, ino: Ino, at: usize, len: usize) -> Result<&[u8], No> {
        self.powered()?;
        let Some(Node::File(file)) = self.nodes.get(&ino) else { return Err(No::Missing) };
        let end = at.saturating_add(len).min(file.now.len());
        Ok(file.now.get(at..end).unwrap_or_default())
    }

    pub fn make(&mut self, folder: Ino, name: &OsStr, is_folder: bool) -> Result<Look, No> {
        if self.lookup(folder, name).is_ok() {
            return Err(No::Exists);
        }
        self.changes(true)?;
        let ino = self.next;
        self.next += 1;
        let node = if is_folder { Node::Folder(Folder::default()) } else { Node::File(File::default()) };
        self.nodes.insert(ino, node);
        self.folder_mut(folder)?.change(vec![(name.to_owned(), Some(ino))]);
        self.look(ino)
    }

    pub fn write(&mut self, ino: Ino, at: usize, bytes: &[u8]) -> Result<(), No> {
        let grows = self.look(ino)?.bytes < (at + bytes.len()) as u64;
        match self.changes(grows) {
            // The write during which the power goes may be half there.
            Err(No::Io) if self.is_dead => {
                self.file_mut(ino)?.change(Change::Write(at, bytes.to_vec()));
                return Err(No::Io);
            }
            changes => changes?,
        }
        if grows && self.faults.room.is_some_and(|room| self.used() + bytes.len() as u64 > room) {
            return Err(No::Full);
        }
        self.file_mut(ino)?.change(Change::Write(at, bytes.to_vec()));
        Ok(())
    }

    pub fn set_len(&mut self, ino: Ino, len: usize) -> Result<(), No> {
        self.changes(false)?;
        self.file_mut(ino)?.change(Change::Len(len));
        Ok(())
    }

    pub fn remove(&mut self, folder: Ino, name: &OsStr) -> Result<(), No> {
        let look = self.lookup(folder, name)?;
        if look.is_folder && !self.folder(look.ino)?.now.is_empty() {
            return Err(No::NotEmpty);
        }
        self.changes(false)?;
        self.folder_mut(folder)?.change(vec![(name.to_owned(), None)]);
        Ok(())
    }

    pub fn rename(&mut self, from: (Ino, &OsStr), to: (Ino, &OsStr)) -> Result<(), No> {
        let ino = self.lookup(from.0, from.1)?.ino;
        self.changes(false)?;
        let (gone, new) = ((from.1.to_owned(), None), (to.1.to_owned(), Some(ino)));
        if from.0 == to.0 {
            self.folder_mut(from.0)?.change(vec![gone, new]);
        } else {
            self.folder_mut(to.0)?.change(vec![new]);
            self.folder_mut(from.0)?.change(vec![gone]);
        }
        Ok(())
    }

    pub fn sync(&mut self, ino: Ino) -> Result<(), No> {
        self.changes(false)?;
        self.syncs += 1;
        let fails = self.faults.fail_sync.is_some_and(|(from, n)| (from..from.saturating_add(n)).contains(&self.syncs));
        let ignored = self.faults.ignore_sync;
        match self.nodes.get_mut(&ino).ok_or(No::Missing)? {
            Node::File(file) if fails => file.since.clear(),
            Node::Folder(_) if fails => {}
            _ if ignored => return Ok(()),
            Node::File(file) => file.keep(),
            Node::Folder(folder) => folder.keep(),
        }
        if fails { Err(No::Io) } else { Ok(()) }
    }

    /// Counts an operation that changes something; `grows`: it needs room.
    fn changes(&mut self, grows: bool) -> Result<(), No> {
        self.powered()?;
        self.ops += 1;
        if self.faults.cut_at == Some(self.ops) {
            self.is_dead = true;
            return Err(No::Io);
        }
        let full = self.faults.full.is_some_and(|(from, n)| (from..from.saturating_add(n)).contains(&self.ops));
        if grows && full { Err(No::Full) } else { Ok(()) }
    }

    pub fn used(&self) -> u64 {
        let len = |node: &Node| if let Node::File(file) = node { file.now.len() as u64 } else { 0 };
        // Removed files are still among the nodes: only what has a name takes room.
        self.files().iter().filter_map(|(_, ino)| self.nodes.get(ino)).map(len).sum()
    }

    fn powered(&self) -> Result<(), No> {
        if self.is_dead { Err(No::Io) } else { Ok(()) }
    }

    fn folder(&self, ino: Ino) -> Result<&Folder, No> {
        self.powered()?;
        match self.nodes.get(&ino) {
            Some(Node::Folder(folder)) => Ok(folder),
            Some(Node::File(_)) => Err(No::NotAFolder),
            None => Err(No::Missing),
        }
    }

    fn folder_mut(&mut self, ino: Ino) -> Result<&mut Folder, No> {
        match self.nodes.get_mut(&ino) {
            Some(Node::Folder(folder)) => Ok(folder),
            Some(Node::File(_)) => Err(No::NotAFolder),
            None => Err(No::Missing),
        }
    }

    fn file_mut(&mut self, ino: Ino) -> Result<&mut File, No> {
        let Some(Node::File(file)) = self.nodes.get_mut(&ino) else { return Err(No::Missing) };
        Ok(file)
    }
}

impl File {
    fn change(&mut self, change: Change) {
        apply(&change, &mut self.now);
        self.since.push(change);
    }

    fn keep(&mut self) {
        let Self { kept, since, .. } = self;
        since.drain(..).for_each(|change| apply(&change, kept));
    }

    fn lose(&mut self, survives: Survives, ino: Ino) {
        let since = std::mem::take(&mut self.since);
        match survives {
            Survives::Nothing => {}
            Survives::Torn(seed) => {
                let mut seed = Seed::of(seed, ino);
                let whole = seed.below(since.len() as u64 + 1) as usize;
                since.iter().take(whole).for_each(|change| apply(change, &mut self.kept));
                if let Some(Change::Write(at, bytes)) = since.get(whole) {
                    let torn = bytes[..seed.below(bytes.len() as u64 + 1) as usize].to_vec();
                    apply(&Change::Write(*at, torn), &mut self.kept);
                }
            }
            Survives::Sectors(seed) => {
                let mut seed = Seed::of(seed, ino);
                for change in since {
                    let Change::Write(at, bytes) = change else {
                        apply(&change, &mut self.kept);
                        continue;
                    };
                    self.kept.resize(self.kept.len().max(at + bytes.len()), 0);
                    let mut from = 0;
                    while from < bytes.len() {
                        let end = (from + SECTOR - (at + from) % SECTOR).min(bytes.len());
                        if seed.below(2) == 0 {
                            apply(&Change::Write(at + from, bytes[from..end].to_vec()), &mut self.kept);
                        }
                        from = end;
                    }
                }
            }
        }
        self.now = self.kept.clone();
    }
}

impl Folder {
    fn change(&mut self, changes: Vec<(OsString, Option<Ino>)>) {
        rename(&changes, &mut self.now);
        self.since.push(changes);
    }

    fn keep(&mut self) {
        let Self { kept, since, .. } = self;
        since.drain(..).for_each(|changes| rename(&changes, kept));
    }

    fn lose(&mut self, survives: Survives, ino: Ino) {
        let since = std::mem::take(&mut self.since);
        if let Survives::Torn(seed) | Survives::Sectors(seed) = survives {
            let whole = Seed::of(seed, ino).below(since.len() as u64 + 1) as usize;
            since.iter().take(whole).for_each(|changes| rename(changes, &mut self.kept));
        }
        self.now = self.kept.clone();
    }
}

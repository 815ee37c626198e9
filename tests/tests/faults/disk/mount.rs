//! A [`Disk`] as a file system that processes can use: FUSE without a cache, so that what the disk knows is what was
//! written, at once.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use fuser::{
    BackgroundSession, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo, LockOwner,
    MountOption, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry,
    ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use super::{Disk, Look, No, Survives, is_shared_memory};

const AT_ONCE: Duration = Duration::ZERO;

/// Is there FUSE here? Says why a test is skipped when not.
pub fn is_possible(test: &str) -> bool {
    let there = Path::new("/dev/fuse").exists();
    if !there {
        println!("{test}: SKIPPED: this machine has no /dev/fuse, so no disk of our own can be mounted");
    }
    there
}

/// A mounted disk.
pub struct Mounted {
    disk: Arc<Mutex<Disk>>,
    folder: tempfile::TempDir,
    session: Option<BackgroundSession>,
}

impl Mounted {
    pub fn new(disk: Disk) -> Result<Self> {
        let disk = Arc::new(Mutex::new(disk));
        let folder = tempfile::tempdir()?;
        let mut config = fuser::Config::default();
        config.mount_options = vec![MountOption::FSName("huce-tests".to_owned()), MountOption::NoSuid];
        let session = fuser::spawn_mount(Shown(disk.clone()), folder.path(), &config)
            .context("mounting a file system: /dev/fuse is there, but this process may not mount (root can)")?;
        Ok(Self { disk, folder, session: Some(session) })
    }

    /// Where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap()
    }

    /// Takes it off; every process that used it has ended.
    pub fn into_disk(mut self) -> Result<Disk> {
        self.unmount()?;
        Ok(self.disk().clone())
    }

    /// The power goes (if it has not gone yet) and comes back.
    pub fn cut(self, survives: Survives) -> Result<Self> {
        Self::new(self.into_disk()?.after_cut(survives))
    }

    fn unmount(&mut self) -> Result<()> {
        match self.session.take() {
            Some(session) => session.umount_and_join().context("unmounting"),
            None => Ok(()),
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(e) = self.unmount() {
            eprintln!("{}: {e:#}", self.folder.path().display());
        }
    }
}

struct Shown(Arc<Mutex<Disk>>);

impl From<No> for Errno {
    fn from(no: No) -> Self {
        match no {
            No::Io => Errno::EIO,
            No::Full => Errno::ENOSPC,
            No::Missing => Errno::ENOENT,
            No::Exists => Errno::EEXIST,
            No::NotEmpty => Errno::ENOTEMPTY,
            No::NotAFolder => Errno::ENOTDIR,
        }
    }
}

fn attr(look: &Look) -> FileAttr {
    FileAttr {
        ino: INodeNo(look.ino),
        size: look.bytes,
        blocks: look.bytes.div_ceil(512),
        atime: UNIX_EPOCH,
        mtime: UNIX_EPOCH,
        ctime: UNIX_EPOCH,
        crtime: UNIX_EPOCH,
        kind: if look.is_folder { FileType::Directory } else { FileType::RegularFile },
        perm: if look.is_folder { 0o700 } else { 0o600 },
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: 4096,
        flags: 0,
    }
}

impl Shown {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap()
    }
}

/// Without the kernel's cache, except for memory that processes map and share: it has to be in the cache.
fn how(is_shared: bool) -> FopenFlags {
    if is_shared { FopenFlags::empty() } else { FopenFlags::FOPEN_DIRECT_IO }
}

fn empty(done: Result<(), No>, reply: ReplyEmpty) {
    match done {
        Ok(()) => reply.ok(),
        Err(no) => reply.error(no.into()),
    }
}

fn entry(done: Result<Look, No>, reply: ReplyEntry) {
    match done {
        Ok(look) => reply.entry(&AT_ONCE, &attr(&look), Generation(0)),
        Err(no) => reply.error(no.into()),
    }
}

#[allow(clippy::too_many_arguments)] // the kernel's, not ours
impl Filesystem for Shown {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        entry(self.disk().lookup(parent.0, name), reply);
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.disk().look(ino.0) {
            Ok(look) => reply.attr(&AT_ONCE, &attr(&look)),
            Err(no) => reply.error(no.into()),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        _mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<std::time::SystemTime>,
        _fh: Option<FileHandle>,
        _crtime: Option<std::time::SystemTime>,
        _chgtime: Option<std::time::SystemTime>,
        _bkuptime: Option<std::time::SystemTime>,
        _flags: Option<fuser::BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut disk = self.disk();
        let done = size.map_or(Ok(()), |size| disk.set_len(ino.0, size as usize));
        match done.and_then(|()| disk.look(ino.0)) {
            Ok(look) => reply.attr(&AT_ONCE, &attr(&look)),
            Err(no) => reply.error(no.into()),
        }
    }

    fn mkdir(&self, _: &Request, parent: INodeNo, name: &OsStr, _mode: u32, _umask: u32, reply: ReplyEntry) {
        entry(self.disk().make(parent.0, name, true), reply);
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(self.disk().remove(parent.0, name), reply);
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(self.disk().remove(parent.0, name), reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        _: RenameFlags,
        reply: ReplyEmpty,
    ) {
        empty(self.disk().rename((parent.0, name), (newparent.0, newname)), reply);
    }

    fn open(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let disk = self.disk();
        match disk.look(ino.0) {
            Ok(_) => reply.opened(FileHandle(0), how(disk.is_shared_memory(ino.0))),
            Err(no) => reply.error(no.into()),
        }
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        _mode: u32,
        _umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        match self.disk().make(parent.0, name, false) {
            Ok(look) => {
                reply.created(&AT_ONCE, &attr(&look), Generation(0), FileHandle(0), how(is_shared_memory(name)));
            }
            Err(no) => reply.error(no.into()),
        }
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.disk().read(ino.0, offset as usize, size as usize) {
            Ok(bytes) => reply.data(bytes),
            Err(no) => reply.error(no.into()),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.disk().write(ino.0, offset as usize, data) {
            Ok(()) => reply.written(data.len() as u32),
            Err(no) => reply.error(no.into()),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        empty(self.disk().sync(ino.0), reply);
    }

    fn fsyncdir(&self, _: &Request, ino: INodeNo, _: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        empty(self.disk().sync(ino.0), reply);
    }

    fn readdir(&self, _: &Request, ino: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        match self.disk().list(ino.0) {
            Ok(names) => {
                for (n, (name, look)) in names.into_iter().enumerate().skip(offset as usize) {
                    let kind = if look.is_folder { FileType::Directory } else { FileType::RegularFile };
                    if reply.add(INodeNo(look.ino), n as u64 + 1, kind, name) {
                        break;
                    }
                }
                reply.ok();
            }
            Err(no) => reply.error(no.into()),
        }
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        reply.statfs(1 << 30, 1 << 29, 1 << 29, 1 << 20, 1 << 19, 4096, 255, 4096);
    }
}

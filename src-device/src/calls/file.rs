//! Recordings and files that answer a question: kept as they come, sealed, named by their hash, and evidence like photos
//! when the visit is submitted.

use huce_core::{
    body::{Attached, Photo, PhotoRole},
    ids::PhotoId,
    ipc::{
        CallError, Code,
        visit::{AddFile, Added, DescribeFile, Described, SavedFile},
    },
    photo::{MAX_FILE_BYTES, file_name},
};

use super::{Answer, not_found};
use crate::{Device, DeviceError, bundle, disk, journal::Entry, photo::files::Put};

/// So many files of the same name are told apart by a number.
const MOST_COPIES: usize = 1_000;

impl Device {
    /// Keeps the bytes of a recording or a file and notes it in the draft; returns after both are durable.
    ///
    /// # Errors
    /// [`Code::BadPhoto`] with `why` `file_empty` or `file_too_large`; nothing was kept.
    pub fn add_file(&self, call: AddFile, bytes: &[u8]) -> Result<Added, CallError> {
        self.me()?;
        let draft = self.draft(&call.draft).ok_or_else(|| not_found("draft"))?;
        self.my_site(&draft.opened.at)?;
        let why = match bytes.len() {
            0 => Some("file_empty"),
            n if n > MAX_FILE_BYTES => Some("file_too_large"),
            _ => None,
        };
        if let Some(why) = why {
            return Err(CallError::new(Code::BadPhoto).with("why", why));
        }
        let photo = PhotoId::of_bytes(bytes);
        if self.files().put_file(&photo, bytes).map_err(DeviceError::from)? == Put::WrongBytes {
            return Err(CallError::new(Code::Internal).with("what", "a file's hash"));
        }
        let noted = Photo {
            photo: photo.clone(),
            bytes: bytes.len() as u64,
            role: PhotoRole::Visit,
            plan: None,
            request: None,
            exif_taken: None,
            place: None,
            attached: Some(Attached { media: call.media, name: file_name(&call.name) }),
        };
        let bytes = noted.bytes;
        if !self.keep_draft(Entry::DraftPhoto { draft: call.draft, photo: noted })? {
            return Err(not_found("draft"));
        }
        Ok(Added { photo, bytes })
    }

    /// Writes bytes as they are into the person's own folder, beside what lies there. Whether the person may have them is
    /// the caller's to check first.
    ///
    /// # Errors
    /// [`Code::NotHere`] when the person has no folder; what the disk says.
    pub fn save_copy(&self, name: &str, bytes: &[u8]) -> Result<SavedFile, CallError> {
        let nowhere = || CallError::new(Code::NotHere).with("why", "no_folder");
        let folder = bundle::documents().ok_or_else(nowhere)?;
        let name = match file_name(name) {
            name if name.is_empty() => "huce".to_owned(),
            name => name,
        };
        let (stem, ending) =
            name.rsplit_once('.').map_or((name.as_str(), String::new()), |(s, e)| (s, format!(".{e}")));
        let numbered = |n: usize| if n == 0 { name.clone() } else { format!("{stem} ({n}){ending}") };
        let path =
            (0..MOST_COPIES).map(|n| folder.join(numbered(n))).find(|path| !path.exists()).ok_or_else(nowhere)?;
        disk::write_whole(&path, bytes, true).map_err(DeviceError::from)?;
        Ok(SavedFile { path: path.display().to_string() })
    }
}

impl Answer<DescribeFile> for Device {
    fn answer(&self, call: DescribeFile) -> Result<Described, CallError> {
        let draft = self.draft(&call.draft).ok_or_else(|| not_found("draft"))?;
        self.my_site(&draft.opened.at)?;
        let taken = draft.photos.into_iter().find(|taken| taken.photo == call.photo);
        let described = match taken {
            Some(taken) => taken.attached.map(|attached| Described { attached, bytes: taken.bytes }),
            // An answer of the visit that this one corrects.
            None => self
                .door(&draft.opened.at)?
                .photos
                .remove(&call.photo)
                .and_then(|(_, brief)| brief.attached.map(|attached| Described { attached, bytes: brief.bytes })),
        };
        described.ok_or_else(|| not_found("file"))
    }
}

//! A form together with the files that it names: lists (`select_one_from_file`, `pulldata()`), pictures and sounds of
//! labels and choices. One zip is one version of a form, with one hash: whoever has it has all of it, and a list that
//! changes is a new version. A form that names no file is published as it is, without a zip around it.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write},
};

use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{Said, is_xform};

/// Files of one form, the form itself included.
const MOST_FILES: usize = 500;
/// What all files of a package may unpack to, bytes.
const MOST_UNPACKED: u64 = 200 << 20;

/// A form and its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// What the workbook or XForm is called.
    pub name: String,
    /// The workbook or XForm.
    pub form: Vec<u8>,
    /// The others, by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Why a zip is no form with its files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// It cannot be read.
    #[error("the zip cannot be read: {0}")]
    Broken(String),
    /// There is neither a workbook nor an XForm in it.
    #[error("the files hold no form: neither a workbook (.xlsx, .xls) nor an XForm (.xml)")]
    NoForm,
    /// Which one is meant?
    #[error("the files hold several forms: {0}")]
    SeveralForms(String),
    /// The form names files by their names alone.
    #[error("two files are called {0}")]
    TwoOfOneName(String),
    /// More files than [`MOST_FILES`].
    #[error("there are more than {MOST_FILES} files")]
    TooMany,
    /// It would unpack to more than [`MOST_UNPACKED`].
    #[error("the files would unpack to more than {} MB", MOST_UNPACKED >> 20)]
    Bomb,
}

impl PackageError {
    /// It in both languages.
    #[must_use]
    pub fn said(&self) -> Said {
        let zh = match self {
            Self::Broken(why) => format!("压缩包读不了（{why}）。"),
            Self::NoForm => "文件里没有表单：既没有工作簿（.xlsx、.xls），也没有 XForm（.xml）。".to_owned(),
            Self::SeveralForms(names) => format!("文件里有好几份表单：{names}。"),
            Self::TwoOfOneName(name) => format!("有两个文件都叫“{name}”。"),
            Self::TooMany => format!("文件超过 {MOST_FILES} 个。"),
            Self::Bomb => format!("文件解压后超过 {} MB。", MOST_UNPACKED >> 20),
        };
        (self.to_string(), zh).into()
    }
}

/// Whether these are the bytes of a zip that is no workbook (which is a zip, too).
pub fn is_package(bytes: &[u8]) -> bool {
    let is_part = |name: &str| matches!(name, "[Content_Types].xml" | "mimetype" | "xl/workbook.bin");
    let no_workbook =
        |archive: ZipArchive<Cursor<&[u8]>>| !archive.file_names().any(|name| name.is_ok_and(|name| is_part(&name)));
    bytes.starts_with(b"PK\x03\x04") && ZipArchive::new(Cursor::new(bytes)).is_ok_and(no_workbook)
}

impl Package {
    /// Of files that were chosen together: one is the form.
    ///
    /// # Errors
    /// When none or several of them are forms, or two have one name.
    pub fn of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, PackageError> {
        let mut all = BTreeMap::new();
        for (path, bytes) in files {
            let Some(name) = file_name(&path) else { continue };
            if all.insert(name.to_owned(), bytes).is_some() {
                return Err(PackageError::TwoOfOneName(name.to_owned()));
            }
            if all.len() > MOST_FILES {
                return Err(PackageError::TooMany);
            }
        }
        let workbooks: Vec<String> = all.keys().filter(|name| is_workbook(name)).cloned().collect();
        // Lists can be .xml as well: a form says itself that it is one.
        let is_form = |(name, bytes): &(&String, &Vec<u8>)| ending(name) == "xml" && is_whole_xform(bytes);
        let xforms: Vec<String> = all.iter().filter(is_form).map(|(name, _)| name.clone()).collect();
        let forms = if workbooks.is_empty() { xforms } else { workbooks };
        match forms.as_slice() {
            [] => Err(PackageError::NoForm),
            [name] => {
                let form = all.remove(name).unwrap_or_default();
                Ok(Self { name: name.clone(), form, files: all })
            }
            several => Err(PackageError::SeveralForms(several.join(", "))),
        }
    }

    /// Reads a zip.
    ///
    /// # Errors
    /// When it cannot be read, or is no form with its files.
    pub fn open(bytes: &[u8]) -> Result<Self, PackageError> {
        let mut archive = archive(bytes)?;
        let (mut files, mut left) = (Vec::new(), MOST_UNPACKED);
        for at in 0..archive.len() {
            let (name, bytes) = unpack(&mut archive, at, left)?;
            left = left.saturating_sub(bytes.len() as u64);
            files.push((name, bytes));
        }
        Self::of(files)
    }

    /// What is published: the form alone where there are no files, else a zip of all. The same files make the same bytes.
    ///
    /// # Errors
    /// When the files are too large for a zip.
    pub fn bytes(self) -> Result<Vec<u8>, PackageError> {
        if self.files.is_empty() {
            return Ok(self.form);
        }
        let broken = |e: &dyn std::fmt::Display| PackageError::Broken(e.to_string());
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        for (name, bytes) in std::iter::once((&self.name, &self.form)).chain(&self.files) {
            writer.start_file(name.as_str(), options).map_err(|e| broken(&e))?;
            writer.write_all(bytes).map_err(|e| broken(&e))?;
        }
        Ok(writer.finish().map_err(|e| broken(&e))?.into_inner())
    }
}

/// One file of what was published, by its name; none when it has no such file, or is no package.
pub fn file_of(bytes: &[u8], wanted: &str) -> Option<Vec<u8>> {
    let mut archive = archive(bytes).ok()?;
    let is_it = |at: usize| {
        archive.name_for_index(at).is_some_and(|name| name.is_ok_and(|name| file_name(&name) == Some(wanted)))
    };
    let at = (0..archive.len()).find(|&at| is_it(at))?;
    unpack(&mut archive, at, MOST_UNPACKED).ok().map(|(_, bytes)| bytes)
}

/// What a picture, sound or film of a form may be sent as. Nothing that a browser would run is among them.
pub fn media_type(name: &str) -> Option<&'static str> {
    Some(match ending(name).as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" | "oga" => "audio/ogg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        _ => return None,
    })
}

fn archive(bytes: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, PackageError> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| PackageError::Broken(e.to_string()))?;
    if archive.len() > 2 * MOST_FILES { Err(PackageError::TooMany) } else { Ok(archive) }
}

/// A file of a zip. A header may lie about the size: it is read as far as the limit, and no further.
fn unpack(archive: &mut ZipArchive<Cursor<&[u8]>>, at: usize, limit: u64) -> Result<(String, Vec<u8>), PackageError> {
    let broken = |e: &dyn std::fmt::Display| PackageError::Broken(e.to_string());
    let file = archive.by_index(at).map_err(|e| broken(&e))?;
    let name = file.name().map_err(|e| broken(&e))?.into_owned();
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| broken(&e))?;
    if bytes.len() as u64 > limit { Err(PackageError::Bomb) } else { Ok((name, bytes)) }
}

/// A file's name without its folders; none for folders and for what systems put beside files.
fn file_name(path: &str) -> Option<&str> {
    let name = path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty())?;
    let is_of_system = path.starts_with("__MACOSX/") || name.starts_with('.') || name.starts_with("~$");
    (!is_of_system).then_some(name)
}

fn ending(name: &str) -> String {
    name.rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_ascii_lowercase())
}

fn is_workbook(name: &str) -> bool {
    matches!(ending(name).as_str(), "xlsx" | "xls" | "xlsm")
}

fn is_whole_xform(bytes: &[u8]) -> bool {
    // The root element of an XForm stands at its beginning, behind at most a declaration and comments.
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    is_xform(bytes) && String::from_utf8_lossy(head).contains("http://www.w3.org/2002/xforms")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
        all.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn what_is_packed_is_unpacked_and_the_same_files_make_the_same_bytes() {
        let all = [("visit.xlsx", "workbook"), ("wards.csv", "name\na"), ("pump.png", "picture")];
        let package = Package::of(files(&all)).unwrap();
        let bytes = package.clone().bytes().unwrap();
        assert!(is_package(&bytes));
        assert_eq!(Package::open(&bytes).unwrap(), package);
        let other_order = Package::of(files(&[all[2], all[0], all[1]])).unwrap();
        assert_eq!(other_order.bytes().unwrap(), bytes);
        assert_eq!(file_of(&bytes, "pump.png").as_deref(), Some(b"picture".as_slice()));
        assert_eq!(file_of(&bytes, "../pump.png"), None);
        assert_eq!(Package::of(files(&all[..1])).unwrap().bytes().unwrap(), b"workbook");
    }

    #[test]
    fn folders_and_what_systems_add_do_not_count() {
        let all = [("form/visit.xlsx", "w"), ("form/media/a.png", "p"), ("__MACOSX/form/._a.png", ""), ("form/.x", "")];
        let package = Package::of(files(&all)).unwrap();
        assert_eq!(package.files.keys().collect::<Vec<_>>(), ["a.png"]);
        let twice = Package::of(files(&[("v.xlsx", ""), ("a/x.csv", ""), ("b/x.csv", "")]));
        assert_eq!(twice, Err(PackageError::TwoOfOneName("x.csv".to_owned())));
    }

    #[test]
    fn one_of_them_is_the_form() {
        let xform = r#"<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="h"/>"#;
        let package = Package::of(files(&[("form.xml", xform), ("wards.xml", "<root/>")])).unwrap();
        assert_eq!((package.name.as_str(), package.files.len()), ("form.xml", 1));
        assert_eq!(Package::of(files(&[("wards.xml", "<root/>")])), Err(PackageError::NoForm));
        let two = Package::of(files(&[("a.xlsx", ""), ("b.xls", "")]));
        assert_eq!(two, Err(PackageError::SeveralForms("a.xlsx, b.xls".to_owned())));
    }

    #[test]
    fn nothing_that_a_browser_runs_is_a_picture() {
        assert_eq!(media_type("A.PNG"), Some("image/png"));
        assert!(["a.svg", "a.html", "a.js", "a.xml", "png", "a.csv"].iter().all(|name| media_type(name).is_none()));
    }
}

//! Forms on the tablet: workbooks (and packages of one with its files) in `forms/HASH.xlsx` as the server published
//! them, read once. A tablet that has not
//! synced yet has the one that is part of the program.

use std::{path::PathBuf, sync::Arc};

use huce_core::{
    facility::FacilityKind,
    form::{Fit, Form, package, read_bytes},
    ids::FormId,
    ipc::{CallError, Code},
    site::KnownSite,
};

use crate::{Device, device::hold, disk};

/// The heating visit, as it was when this version was made.
pub static EMBEDDED: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/forms/heating-visit.xlsx"));

/// The form of a visit that belongs to no round, where it is published: many others are, too.
const USUAL: &str = "heating-visit";

impl Device {
    /// Where a workbook lies.
    fn form_path(&self, hash: &str) -> PathBuf {
        self.folder().join("forms").join(format!("{hash}.xlsx"))
    }

    /// Is this workbook here?
    pub fn has_form(&self, hash: &str) -> bool {
        is_hash(hash) && (self.form_path(hash).is_file() || blake3::hash(EMBEDDED).to_hex().as_str() == hash)
    }

    /// Keeps a workbook. False when the bytes are not those of the hash (a download that went wrong).
    pub fn keep_form(&self, hash: &str, workbook: &[u8]) -> std::io::Result<bool> {
        if !is_hash(hash) || blake3::hash(workbook).to_hex().as_str() != hash {
            return Ok(false);
        }
        disk::make_folder(&self.folder().join("forms"))?;
        disk::write_whole(&self.form_path(hash), workbook, false)?;
        Ok(true)
    }

    /// A workbook that was fetched; none when it is not here.
    pub(crate) fn form_bytes(&self, hash: &str) -> std::io::Result<Option<Vec<u8>>> {
        if is_hash(hash) { disk::read_if_there(&self.form_path(hash)) } else { Ok(None) }
    }

    /// The published version of a form (none: of the usual one), with its workbook's hash; the embedded one where nothing
    /// else is here.
    pub fn form(&self, wanted: Option<&FormId>) -> Result<(String, Arc<Form>), CallError> {
        let profile = self.profile();
        let wanted = wanted.map_or(USUAL, FormId::as_str);
        let mut of_it = profile.iter().flat_map(|p| &p.forms);
        if let Some(form) = of_it.find(|f| f.form.as_str() == wanted && self.has_form(&f.hash)) {
            return Ok((form.hash.clone(), self.form_by_hash(&form.hash)?));
        }
        let hash = blake3::hash(EMBEDDED).to_hex().to_string();
        let form = self.form_by_hash(&hash)?;
        match form.id() == wanted {
            true => Ok((hash, form)),
            false => Err(not_published(wanted)),
        }
    }

    /// The forms that can be filled in at a site: at a door the usual one first, at a facility those made for its kind.
    pub fn forms_at(&self, known: &KnownSite) -> Result<Vec<Arc<Form>>, CallError> {
        let published = self.profile().map(|p| p.forms).unwrap_or_default();
        let here = published.into_iter().filter(|f| self.has_form(&f.hash));
        // A form that this version cannot read is passed by; the server said so when it was published.
        let read = here.filter_map(|f| self.form_by_hash(&f.hash).ok());
        let mut fitting: Vec<_> = read.filter_map(|form| Some((form.about.fit(known.kind())?, form))).collect();
        fitting.sort_by_key(|(fit, _)| *fit);
        let mut forms: Vec<_> = fitting.into_iter().map(|(_, form)| form).collect();
        if known.kind().is_none() {
            let usual = self.form(None)?.1;
            forms.retain(|form| form.id() != usual.id());
            forms.insert(0, usual);
        }
        Ok(forms)
    }

    /// The workbook's hash of the form to begin at a site: of the wanted one, else of the first of [`Device::forms_at`].
    pub fn form_at(&self, known: &KnownSite, wanted: Option<FormId>) -> Result<String, CallError> {
        let wanted = match (wanted, known.kind()) {
            (Some(wanted), kind) if kind.is_none() || self.fit(&wanted, kind).is_some() => Some(wanted),
            (Some(wanted), _) => return Err(not_published(wanted.as_str())),
            (None, None) => None,
            (None, Some(kind)) => {
                let first = self.forms_at(known)?.into_iter().next().ok_or_else(|| not_published(kind.as_str()))?;
                Some(FormId::new(first.id().to_owned()).map_err(|e| broken(&e))?)
            }
        };
        Ok(self.form(wanted.as_ref())?.0)
    }

    /// How a published form fits a facility of this kind (none: a household).
    pub fn fit(&self, form: &FormId, kind: Option<FacilityKind>) -> Option<Fit> {
        self.form(Some(form)).ok()?.1.about.fit(kind)
    }

    /// A file that came with a version of a form, for its screens; none where there is none, or it is damaged.
    pub fn form_file(&self, hash: &str, name: &str) -> Option<Vec<u8>> {
        let bytes = is_hash(hash).then(|| disk::read_if_there(&self.form_path(hash)).ok().flatten())??;
        (blake3::hash(&bytes).to_hex().as_str() == hash).then(|| package::file_of(&bytes, name))?
    }

    /// A version of a form, by its workbook's hash.
    pub fn form_by_hash(&self, hash: &str) -> Result<Arc<Form>, CallError> {
        if let Some(form) = hold(&self.forms).get(hash) {
            return Ok(form.clone());
        }
        let missing = || CallError::new(Code::NotFound).with("what", "form");
        let bytes = match is_hash(hash).then(|| disk::read_if_there(&self.form_path(hash))) {
            Some(Ok(Some(bytes))) if blake3::hash(&bytes).to_hex().as_str() == hash => bytes,
            Some(Ok(Some(_))) => return Err(CallError::new(Code::Damaged).with("what", "form")),
            _ if blake3::hash(EMBEDDED).to_hex().as_str() == hash => EMBEDDED.to_vec(),
            _ => return Err(missing()),
        };
        let form = Arc::new(read_bytes(&bytes).form().map_err(|e| e.first().map_or_else(missing, broken))?);
        hold(&self.forms).insert(hash.to_owned(), form.clone());
        Ok(form)
    }

    /// The version whose hash begins so: visits keep 16 digits of it.
    pub fn form_by_short_hash(&self, short: &str) -> Result<Arc<Form>, CallError> {
        let profile = self.profile();
        let embedded = blake3::hash(EMBEDDED).to_hex().to_string();
        let files = std::fs::read_dir(self.folder().join("forms")).into_iter().flatten().flatten();
        let here = files.filter_map(|f| f.file_name().to_str()?.strip_suffix(".xlsx").map(str::to_owned));
        let known = profile.into_iter().flat_map(|p| p.forms).map(|f| f.hash).chain([embedded]).chain(here);
        let hash = known.into_iter().find(|hash| short.len() >= 16 && hash.starts_with(short) && self.has_form(hash));
        self.form_by_hash(&hash.ok_or_else(|| CallError::new(Code::NotFound).with("what", "form"))?)
    }
}

fn not_published(wanted: &str) -> CallError {
    CallError::new(Code::NotFound).with("what", format!("form {wanted}"))
}

fn broken(e: &impl ToString) -> CallError {
    CallError::new(Code::Internal).with("what", e.to_string())
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

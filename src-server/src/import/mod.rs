//! Import of household registers: file → [`huce_core::register`] → [`compare`] with what is stored → a preview that
//! somebody looks at → [`apply`] as events of the server. Read in this order: `place.rs` (which grid), `compare.rs`
//! (what changes), `rejected.rs` (what does not fit), `apply.rs` (what is written), `cli.rs` and `console.rs`
//! (the two ways in). Registers of facilities: `facility.rs`; files of requests: `request.rs`; grids: `grid.rs`.

use huce_core::{
    ids::GridId,
    ipc::{CallError, Code},
    register::{
        Lang, Register, file_error_text, read_with,
        table::{FileError, Table, read_table},
    },
};

use crate::store::StoreError;

pub mod apply;
pub mod cli;
pub mod compare;
pub mod console;
pub mod facility;
pub mod grid;
pub mod place;
pub mod rejected;
pub mod request;
#[cfg(test)]
mod tests;

/// Why an import stops.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is refused as a whole; nothing was imported.
    #[error("{}", file_error_text(.0, Lang::En))]
    File(FileError),
    /// The file cannot be read from the disk.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The grid that was chosen does not exist.
    #[error("there is no grid {0}")]
    NoGrid(GridId),
    /// Events were not taken, because a grid went away meanwhile.
    #[error("{events} events were not taken; look at the preview again")]
    Refused {
        /// How many.
        events: usize,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The workbook of rejected rows could not be made.
    #[error("rejected rows: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The reader itself failed.
    #[error("the register reader stopped")]
    Reader,
}

impl From<&ImportError> for CallError {
    fn from(error: &ImportError) -> Self {
        match error {
            ImportError::File(file) => file_error(file),
            ImportError::Refused { .. } => Self::new(Code::Stale),
            ImportError::NoGrid(grid) => Self::new(Code::NotFound).with("what", grid),
            other => {
                tracing::error!(error = %other, "an import failed");
                Self::new(Code::Internal).with("what", "import")
            }
        }
    }
}

/// Why a file is refused: `why` is the reader's code, `zh` and `en` are its words.
pub fn file_error(error: &FileError) -> CallError {
    let json = serde_json::to_value(error).unwrap_or_default();
    let why = json.get("code").and_then(serde_json::Value::as_str).unwrap_or("damaged");
    CallError::new(Code::BadFile)
        .with("why", why)
        .with("zh", file_error_text(error, Lang::Zh))
        .with("en", file_error_text(error, Lang::En))
}

/// Reads a file's bytes; `progress` is called with (rows done, rows in all). Blocks.
///
/// # Errors
/// [`ImportError::File`] when the file is no register.
pub fn read(
    file: &str,
    bytes: &[u8],
    mut progress: impl FnMut(usize, usize),
) -> Result<(Table, Register), ImportError> {
    let table = read_table(file, bytes).map_err(ImportError::File)?;
    let all = table.rows();
    let register = read_with(&table, |done| progress(done, all));
    Ok((table, register))
}

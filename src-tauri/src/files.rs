//! Recordings and files on their way between a page and the tablet: megabytes, so they travel as bytes and never as
//! text. What they are and who may have them is said by the same rules as for photos.

use huce_core::{
    ids::PhotoId,
    ipc::{
        CallError, Code,
        visit::{AddFile, Added, SaveFile, SavedFile},
    },
};
use tauri::{
    State,
    ipc::{InvokeBody, Request, Response},
};

use crate::{open::Shell, photos};

/// The header in which a page says what the bytes are: [`AddFile`] as JSON, percent-encoded, since headers are ASCII.
const CALL: &str = "huce-call";

fn fault(what: impl ToString) -> CallError {
    CallError::new(Code::Internal).with("what", what)
}

/// Answers [`AddFile`], whose bytes are the body.
#[tauri::command]
pub(crate) async fn add_file(shell: State<'_, Shell>, request: Request<'_>) -> Result<Added, CallError> {
    let running = shell.running()?;
    let said = request.headers().get(CALL).map(|said| decoded(said.as_bytes())).unwrap_or_default();
    let call: AddFile = serde_json::from_slice(&said).map_err(fault)?;
    let InvokeBody::Raw(bytes) = request.body() else { return Err(fault("the bytes of a file")) };
    // Here and not on a thread of its own: the bytes belong to the request, and are not copied.
    tokio::task::block_in_place(|| running.device.add_file(call, bytes))
}

/// The bytes of a recording or a file that this person may see, from here or from the server.
#[tauri::command]
pub(crate) async fn read_file(shell: State<'_, Shell>, photo: PhotoId) -> Result<Response, CallError> {
    Ok(Response::new(bytes(&shell, photo).await?))
}

/// Answers [`SaveFile`].
#[tauri::command]
pub(crate) async fn save_file(shell: State<'_, Shell>, call: SaveFile) -> Result<SavedFile, CallError> {
    let bytes = bytes(&shell, call.photo).await?;
    let running = shell.running()?;
    let saved = tauri::async_runtime::spawn_blocking(move || running.device.save_copy(&call.name, &bytes));
    saved.await.map_err(fault)?
}

async fn bytes(shell: &Shell, photo: PhotoId) -> Result<Vec<u8>, CallError> {
    let found = photos::bytes(shell.running()?, photo, false).await;
    found.ok_or_else(|| CallError::new(Code::NotFound).with("what", "file"))
}

/// `%E5%8F%B7` as the bytes that are meant; what is no such thing as it stands.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let meant = match (first, after) {
            (b'%', [high, low, ..]) => {
                std::str::from_utf8(&[*high, *low]).ok().and_then(|d| u8::from_str_radix(d, 16).ok())
            }
            _ => None,
        };
        bytes.push(meant.unwrap_or(*first));
        rest = after.get(if meant.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn what_a_header_says() {
        assert_eq!(decoded("%7B%22name%22%3A%22%E5%8F%B7.pdf%22%7D".as_bytes()), "{\"name\":\"号.pdf\"}".as_bytes());
        assert_eq!(decoded(b"a%zz%4"), b"a%zz%4");
        assert_eq!(decoded(b""), b"");
    }
}

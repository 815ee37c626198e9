//! The forms that come with the server: published when they are not there yet.

use huce_core::ids::FormId;
use rust_embed::RustEmbed;

use crate::{
    app::App,
    store::{Result, StoreError, forms},
};

#[derive(RustEmbed)]
#[folder = "../assets/forms"]
#[allow_missing = true]
struct Workbooks;

/// What people call them: file name without extension, Chinese, English.
const TITLES: &[(&str, &str, &str)] = &[("heating-visit", "供热入户", "Heating visit")];

/// Publishes those forms whose workbook the database does not have.
pub async fn publish(app: &App) -> Result<()> {
    for file in Workbooks::iter() {
        let name = file.trim_end_matches(".xlsx");
        let Some(workbook) = Workbooks::get(&file) else { continue };
        let hash = blake3::hash(&workbook.data).to_hex().to_string();
        if forms::bytes(&mut *app.store.pool().acquire().await?, &hash).await?.is_some() {
            continue;
        }
        let form = FormId::new(name).map_err(|_| StoreError::damaged("a form's name"))?;
        let title = TITLES.iter().find(|t| t.0 == name).map_or((name, name), |t| (t.1, t.2));
        let mut write = app.store.write().await?;
        forms::publish(&mut write, &form, title, &workbook.data, app.now_ms()).await?;
        write.commit().await?;
    }
    Ok(())
}

//! The forms that come with the server: published when they are not there yet.

use huce_core::ids::FormId;
use rust_embed::RustEmbed;

use crate::{
    app::App,
    store::{
        Result, StoreError,
        forms::{self, Published},
    },
};

#[derive(RustEmbed)]
#[folder = "../assets/forms"]
#[allow_missing = true]
struct Workbooks;

/// What people call them: file name without extension, Chinese, English.
const TITLES: &[(&str, &str, &str)] = &[
    ("heating-visit", "供热入户", "Heating visit"),
    ("facility-inspection", "供热设施大排查", "Pre-season facility inspection"),
    ("pressure-test", "水压试压", "Pressure test"),
    ("series-to-parallel", "串改并入户", "Series to parallel"),
    ("construction-check", "施工五化检查", "Construction check"),
    ("after-repair", "维修回访", "After-repair follow-up"),
    ("satisfaction", "供热满意度", "Satisfaction survey"),
    ("special-care", "三访关怀", "Special-care visit"),
    ("station-reading", "热力站抄表巡检", "Heat-station reading"),
    ("trench-check", "管沟与破路检查", "Pipe trench and road opening"),
    ("garbage-truck", "清运车辆检查", "Garbage-truck inspection"),
    ("dog-registration", "养犬登记入户", "Dog-registration visit"),
    ("drain-cleaning", "排水清淤", "Manhole and drain cleaning"),
];

/// Publishes those forms whose workbook the database does not have, unless somebody here has published a version of
/// their own, or retired the form.
pub async fn publish(app: &App) -> Result<()> {
    for file in Workbooks::iter() {
        let name = file.trim_end_matches(".xlsx");
        let Some(workbook) = Workbooks::get(&file) else { continue };
        let hash = blake3::hash(&workbook.data).to_hex().to_string();
        if forms::bytes(&mut *app.store.pool().acquire().await?, &hash).await?.is_some() {
            continue;
        }
        let form = FormId::new(name).map_err(|_| StoreError::damaged("a form's name"))?;
        if forms::is_decided(&mut *app.store.pool().acquire().await?, &form).await? {
            continue;
        }
        let title = TITLES.iter().find(|t| t.0 == name).map_or((name, name), |t| (t.1, t.2));
        let mut write = app.store.write().await?;
        let published = Published { form: &form, version: None, title, bytes: &workbook.data, by: None };
        forms::publish(&mut write, published, app.now_ms()).await?;
        write.commit().await?;
    }
    Ok(())
}

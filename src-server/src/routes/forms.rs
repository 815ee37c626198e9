//! `GET /v1/forms/{hash}`: a published workbook's bytes.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

use super::{Fault, Route};
use crate::{app::App, auth::Seer, store::forms};

pub(super) fn route() -> Route {
    Route { method: "GET", path: "/v1/forms/{hash}", open: false, handler: get(form) }
}

async fn form(_: Seer, State(app): State<App>, Path(hash): Path<String>) -> Result<Response, Fault> {
    let bytes = forms::bytes(&mut *app.store.pool().acquire().await?, &hash).await?;
    let bytes = bytes.ok_or_else(|| Fault::not_found("form"))?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

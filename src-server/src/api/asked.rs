//! A call on its way: who asks, when, and with what the handlers read and write.

use huce_core::{
    body::{Body, Edit, Noun},
    clock::Millis,
    household::Household,
    ids::{EventId, GridId, HouseholdId},
    ipc::{CallError, Code},
    projection::Key,
    record::Record,
    site::{KnownSite, Site},
};
use sqlx::pool::PoolConnection;

use super::{
    rounds::Running,
    viewer::{Viewer, WORKERS},
};
use crate::{
    app::App,
    intake::{Entry, Recorded, record_own},
    routes::Fault,
    store::{Conn, Db, StoreError, docs},
};

/// A question by somebody who is signed in.
#[derive(Clone)]
pub struct Asked {
    /// The server.
    pub app: App,
    /// Who asks.
    pub viewer: Viewer,
    /// When.
    pub now_ms: Millis,
    /// The server's address as the browser sees it, to be typed on a tablet.
    pub url: String,
}

/// A reply, or why there is none.
pub type Answer<T> = Result<T, CallError>;

impl Asked {
    /// A connection for reading.
    pub async fn conn(&self) -> Answer<PoolConnection<Db>> {
        Ok(self.app.store.pool().acquire().await.map_err(StoreError::from)?)
    }

    /// The rounds that run today in the grids that the person sees.
    pub async fn running(&self, conn: &mut Conn) -> Answer<Running> {
        Ok(Running::load(conn, &self.viewer.tree, &self.viewer.grids, self.now_ms).await?)
    }

    /// A record that the person sees.
    pub async fn record(&self, noun: Noun, id: &str) -> Answer<Record> {
        let key = Key::Record(noun, id.to_owned());
        let record = docs::standing(&mut *self.conn().await?, &key).await?;
        let record = record.ok_or_else(|| CallError::new(Code::NotFound).with("what", id))?;
        self.viewer.must_see(&record.grid)?;
        Ok(record)
    }

    /// A household that the person sees, with its record.
    pub async fn household(&self, id: &HouseholdId) -> Answer<(Record, Household)> {
        match self.site(&id.into()).await? {
            (record, KnownSite::Household(household)) => Ok((record, household)),
            _ => Err(CallError::new(Code::NotFound).with("what", id)),
        }
    }

    /// A household or facility that the person sees, with its record.
    pub async fn site(&self, site: &Site) -> Answer<(Record, KnownSite)> {
        let record = self.record(site.noun(), site.as_str()).await?;
        let known = KnownSite::from_record(&record);
        Ok((record, known.ok_or_else(|| CallError::new(Code::NotFound).with("what", site))?))
    }

    /// Records something that the person did, as an event of the server.
    pub async fn write(&self, grid: &GridId, site: Option<Site>, body: Body) -> Answer<EventId> {
        let entry = Entry::new(self.viewer.person.id.clone(), grid.clone(), site, body);
        self.put(entry).await
    }

    /// Opens a record that is named by the event which opens it.
    pub async fn open(&self, grid: &GridId, site: Option<Site>, edit: Edit) -> Answer<EventId> {
        let named = move |id: &EventId| Body::Edit(Edit { id: id.to_string(), ..edit.clone() });
        let entry = Entry::opening(self.viewer.person.id.clone(), grid.clone(), site, named);
        self.put(entry).await
    }

    async fn put(&self, entry: Entry) -> Answer<EventId> {
        self.viewer.must(&WORKERS, &entry.grid)?;
        match record_own(&self.app, vec![entry]).await?.pop() {
            Some(Recorded::Stored(id)) => Ok(id),
            Some(Recorded::Refused(_)) | None => Err(CallError::new(Code::NoRight)),
        }
    }
}

impl From<StoreError> for CallError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %error, "a call failed");
        Self::new(Code::Internal).with("what", "store")
    }
}

impl From<Fault> for CallError {
    fn from(fault: Fault) -> Self {
        let code = crate::store::from_word(&fault.refused.code).unwrap_or(Code::Internal);
        Self { code, params: fault.refused.params }
    }
}

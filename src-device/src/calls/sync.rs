//! What has reached the server. Starting and stopping a sync is the sync's own part.

use std::path::Path;

use huce_core::{
    enrol_line::normal_fingerprint,
    ipc::{
        CallError, Code,
        sync::{
            BundleMade, BundlePlace, BundlePlaces, ExportBundle, ImportReceipts, PhotoRuleState, ReadPhotoRule,
            ReceiptsTaken, SetHub, SetPhotoRule, SyncState, SyncStatus,
        },
    },
};

use super::Answer;
use crate::{Device, bundle, sync::http::normal_url};

impl Answer<SyncStatus> for Device {
    fn answer(&self, _: SyncStatus) -> Result<SyncState, CallError> {
        Ok(self.sync_state())
    }
}

impl Answer<SetHub> for Device {
    fn answer(&self, call: SetHub) -> Result<SyncState, CallError> {
        let hub = match call.url.trim() {
            "" => None,
            url => Some(match url.split_once('#') {
                None => normal_url(url)?,
                Some((url, print)) => {
                    let bad = || CallError::new(Code::BadInput).with("field", "fingerprint").with("why", "length");
                    format!("{}#{}", normal_url(url)?, normal_fingerprint(print).ok_or_else(bad)?)
                }
            }),
        };
        if self.book().hub != hub {
            self.forget_held();
            self.edit_book(|book| {
                book.hub = hub;
                book.hub_ms = None;
                book.hub_relayed = None;
            })?;
        }
        Ok(self.sync_state())
    }
}

impl Answer<BundlePlaces> for Device {
    fn answer(&self, _: BundlePlaces) -> Result<Vec<BundlePlace>, CallError> {
        Ok(bundle::places())
    }
}

impl Answer<ExportBundle> for Device {
    fn answer(&self, call: ExportBundle) -> Result<BundleMade, CallError> {
        self.export_bundle(Path::new(&call.path))
    }
}

impl Answer<ImportReceipts> for Device {
    fn answer(&self, call: ImportReceipts) -> Result<ReceiptsTaken, CallError> {
        self.import_receipts(Path::new(&call.path))
    }
}

impl Answer<ReadPhotoRule> for Device {
    fn answer(&self, _: ReadPhotoRule) -> Result<PhotoRuleState, CallError> {
        Ok(self.photo_rule())
    }
}

impl Answer<SetPhotoRule> for Device {
    fn answer(&self, SetPhotoRule { rule }: SetPhotoRule) -> Result<PhotoRuleState, CallError> {
        if rule.limit_kb_s == Some(0) {
            return Err(CallError::new(Code::BadInput).with("field", "limit_kb_s").with("why", "zero"));
        }
        self.edit_book(|book| book.photo_rule = rule)?;
        Ok(self.photo_rule())
    }
}

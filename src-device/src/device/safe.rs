//! The PIN, and the escrow for the day on which it is forgotten.

use huce_core::{
    escrow::{Escrow, Recovery},
    event::key_from_text,
};

use super::{Device, DeviceError, hold};
use crate::vault::{VaultError, wait_ms};

impl Device {
    /// Sets the PIN: from the next start on only it opens this folder, or the server's escrow. `old` where there was one.
    pub fn set_pin(&self, old: Option<&str>, new: &str) -> Result<(), DeviceError> {
        let now_ms = self.now_ms();
        let mut vault = hold(&self.vault);
        if vault.has_pin() && !vault.is_pin(old.unwrap_or_default(), now_ms)? {
            let wait_ms = wait_ms(&self.folder, now_ms);
            return Err(VaultError::WrongPin { wait_ms }.into());
        }
        Ok(vault.set_pin(new)?)
    }

    /// Is there a PIN?
    pub fn has_pin(&self) -> bool {
        hold(&self.vault).has_pin()
    }

    /// Is this the PIN? For a screen that locked by itself. Each wrong one makes the next wait longer.
    pub fn is_pin(&self, pin: &str) -> Result<bool, DeviceError> {
        Ok(hold(&self.vault).is_pin(pin, self.now_ms())?)
    }

    /// The data key, sealed to the server: what an administrator needs to let an inspector in who forgot the PIN.
    pub fn escrow(&self) -> Option<Escrow> {
        hold(&self.vault).escrow().cloned()
    }

    /// Sets a new PIN with what the administrator made of the escrow. Each recovery is good once.
    pub fn recover_with(&self, recovery: &Recovery, code: &str, pin: &str) -> Result<(), DeviceError> {
        Ok(hold(&self.vault).recover_here(recovery, code, pin)?)
    }

    /// As soon as the server's key is known.
    pub(super) fn escrow_data_key(&self) {
        let server = hold(&self.book).server.as_ref().and_then(|(_, key)| key_from_text(key));
        if let Some(server) = server
            && let Err(e) = hold(&self.vault).escrow_to(&server)
        {
            self.report(format!("the data key could not be escrowed: {e}"));
        }
    }
}

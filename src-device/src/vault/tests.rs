#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use ed25519_dalek::SigningKey;

use super::{
    lock::{AFTER_MS, AutoLock, Event},
    *,
};

const NOW: Millis = 1_800_000_000_000;

fn key_of(vault: &Vault) -> [u8; 32] {
    *vault.data
}

#[test]
fn a_pin_wraps_the_data_key_and_a_wrong_one_slows_down_and_destroys_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut vault = Vault::open(dir.path(), None, NOW).unwrap();
    let key = key_of(&vault);
    assert_eq!(key_of(&Vault::open(dir.path(), None, NOW).unwrap()), key);
    assert!(matches!(vault.set_pin("123"), Err(VaultError::ShortPin)));
    vault.set_pin("2580").unwrap();
    for name in ["vault", "vault.copy"] {
        let text = std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert!(!text.contains(&data_encoding::HEXLOWER.encode(&key)), "{name} gives the key away");
    }
    assert!(matches!(Vault::open(dir.path(), None, NOW), Err(VaultError::Locked { wait_ms: 0 })));
    assert_eq!(key_of(&Vault::open(dir.path(), Some("2580"), NOW).unwrap()), key);
    let mut now = NOW;
    let mut waits = Vec::new();
    for _ in 0..12 {
        let Err(VaultError::WrongPin { wait_ms }) = Vault::open(dir.path(), Some("0000"), now) else { panic!() };
        waits.push(wait_ms);
        if wait_ms > 0 {
            // Even the right one has to wait, also after a restart and with the clock set back.
            for early in [now, now + wait_ms - 1, now - 86_400_000] {
                let early = Vault::open(dir.path(), Some("2580"), early);
                assert!(matches!(early, Err(VaultError::Locked { wait_ms }) if wait_ms > 0));
            }
        }
        now += wait_ms;
    }
    assert_eq!(waits[..5], [0, 0, 5_000, 10_000, 20_000]);
    assert_eq!(waits[11], 15 * 60_000, "it does not grow for ever");
    assert_eq!(key_of(&Vault::open(dir.path(), Some("2580"), now).unwrap()), key);
    assert!(matches!(Vault::open(dir.path(), Some("0000"), now), Err(VaultError::WrongPin { wait_ms: 0 })));
}

#[test]
fn a_forgotten_pin_is_replaced_by_way_of_the_servers_escrow() {
    let dir = tempfile::tempdir().unwrap();
    let server = SigningKey::from_bytes(&[7; 32]);
    let mut vault = Vault::open(dir.path(), None, NOW).unwrap();
    let key = key_of(&vault);
    vault.set_pin("2580").unwrap();
    let escrow = vault.escrow_to(&server.verifying_key()).unwrap();
    assert_eq!(vault.escrow_to(&server.verifying_key()).unwrap(), escrow, "once for each server");
    drop(vault);
    assert!(escrow.open(&SigningKey::from_bytes(&[8; 32])).is_none(), "another server cannot open it");
    let opened = Zeroizing::new(escrow.open(&server).unwrap());
    assert_eq!(*opened, key);
    assert!(matches!(Vault::recover(dir.path(), Zeroizing::new([1; 32]), "9999"), Err(VaultError::WrongKey)));
    Vault::recover(dir.path(), opened, "9999").unwrap();
    assert_eq!(key_of(&Vault::open(dir.path(), Some("9999"), NOW).unwrap()), key);
    assert!(Vault::open(dir.path(), Some("2580"), NOW).is_err());
}

#[test]
fn one_damaged_copy_is_harmless_and_two_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let key = key_of(&Vault::open(dir.path(), None, NOW).unwrap());
    let whole = std::fs::read(dir.path().join("vault")).unwrap();
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        for name in ["vault", "vault.copy"] {
            std::fs::write(dir.path().join(name), &bytes).unwrap();
            assert_eq!(key_of(&Vault::open(dir.path(), None, NOW).unwrap()), key, "{name} {place}");
            std::fs::write(dir.path().join(name), &whole).unwrap();
        }
    }
    for name in ["vault", "vault.copy"] {
        std::fs::write(dir.path().join(name), &whole[..20]).unwrap();
    }
    assert!(matches!(Vault::open(dir.path(), None, NOW), Err(VaultError::Damaged)));
}

#[test]
fn sealed_texts_open_only_whole_and_where_they_belong() {
    let keys = Keys::of(&Zeroizing::new([5; 32]));
    let sealed = keys.journal.seal(b"1", b"text").unwrap();
    assert_eq!(keys.journal.open(b"1", &sealed).unwrap(), b"text");
    assert!(keys.journal.open(b"2", &sealed).is_none() && keys.store.open(b"1", &sealed).is_none());
    assert_ne!(keys.journal.seal(b"1", b"text").unwrap(), sealed);
    for place in 0..sealed.len() {
        let mut bytes = sealed.clone();
        bytes[place] ^= 1;
        assert!(keys.journal.open(b"1", &bytes).is_none());
        assert!(keys.journal.open(b"1", &sealed[..place]).is_none());
    }
}

#[test]
fn it_locks_by_itself_only_where_there_is_a_pin() {
    let open = AutoLock::new(false, false, NOW);
    assert!(!open.after(Event::Tick, NOW + 10 * AFTER_MS).is_locked() && !open.after(Event::Lock, NOW).is_locked());
    let lock = AutoLock::new(true, false, NOW);
    assert!(lock.is_locked() && lock.after(Event::Used, NOW).is_locked() && lock.after(Event::PinSet, NOW).is_locked());
    let open = lock.after(Event::Unlocked, NOW);
    assert!(!open.is_locked() && open.after(Event::Lock, NOW).is_locked());
    assert!(!open.after(Event::Tick, NOW + AFTER_MS - 1).is_locked());
    assert!(open.after(Event::Tick, NOW + AFTER_MS).is_locked());
    assert!(open.after(Event::Used, NOW + AFTER_MS).is_locked(), "a touch that comes too late does not open it");
    let used = open.after(Event::Used, NOW + AFTER_MS - 1);
    assert!(!used.after(Event::Tick, NOW + AFTER_MS + 5).is_locked());
    assert!(open.after(Event::Tick, 5).is_locked(), "the clock was set to 1970");
    let set = AutoLock::new(false, false, NOW).after(Event::PinSet, NOW);
    assert!(set.after(Event::Tick, NOW + AFTER_MS).is_locked());
}

//! When photos go, and how fast.

use anyhow::Result;
use huce_core::ipc::sync::{ReadPhotoRule, SetPhotoRule};
use huce_device::{Answer, Device};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Photos wait until this is taken back
    #[arg(long, value_name = "yes|no", value_parser = yes)]
    wait: Option<bool>,
    /// Photos wait on a metered network
    #[arg(long, value_name = "yes|no", value_parser = yes)]
    only_unmetered: Option<bool>,
    /// The most kB a second; 0: as fast as it goes
    #[arg(long, value_name = "KB")]
    limit: Option<u32>,
}

fn yes(text: &str) -> std::result::Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("yes or no".to_owned()),
    }
}

pub fn run(device: &Device, args: &Args) -> Result<()> {
    let mut state = device.answer(ReadPhotoRule {})?;
    let before = state.rule;
    state.rule.wait = args.wait.unwrap_or(before.wait);
    state.rule.only_unmetered = args.only_unmetered.unwrap_or(before.only_unmetered);
    state.rule.limit_kb_s = args.limit.map_or(before.limit_kb_s, |limit| (limit > 0).then_some(limit));
    if state.rule != before {
        state = device.answer(SetPhotoRule { rule: state.rule })?;
    }
    super::print(&state)
}

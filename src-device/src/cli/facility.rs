//! `facility …`: the list, and one with its timeline.

use anyhow::Result;
use clap::Subcommand;
use huce_core::{
    facility::FacilityKind,
    ipc::facility::{Facilities, OpenFacility},
};
use huce_device::Device;

use super::word;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List facilities by kind and name · 列表
    List {
        /// station, pipe, manhole, vehicle, building, other
        #[arg(long, value_parser = word::<FacilityKind>)]
        kind: Option<FacilityKind>,
        /// Words that name, code or estate hold, or pinyin initials
        #[arg(long, default_value = "")]
        text: String,
        /// Only those that nobody has looked at in this heating year
        #[arg(long)]
        due: bool,
    },
    /// Show a facility with its timeline · 查看
    Show {
        /// Its identifier, or a name or code that only one has
        facility: String,
    },
}

pub fn run(device: &Device, command: Command) -> Result<()> {
    match command {
        Command::List { kind, text, due } => super::answer(device, Facilities { kind, text, due }),
        Command::Show { facility } => {
            let facility = super::facility_of(device, &facility)?;
            super::answer(device, OpenFacility { facility })
        }
    }
}

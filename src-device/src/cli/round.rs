//! `round …`: the list, how far one is, the walk, who takes what.

use anyhow::{Result, bail};
use clap::Subcommand;
use huce_core::{
    ids::{PersonId, RoundId},
    ipc::round::{AssignRound, OpenRound, Rounds, WalkRound},
    round::{Entrance, walk::Way},
};
use huce_device::Device;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List rounds, the running ones first · 列表
    List,
    /// How far a round is, by stairwell and by day · 进度
    Show {
        /// Which, as the list names it
        drive: RoundId,
    },
    /// The doors in walking order · 路线
    Walk {
        /// Which, as the list names it
        drive: RoundId,
        /// From the top down
        #[arg(long)]
        down: bool,
        /// Also what others take
        #[arg(long)]
        all: bool,
    },
    /// Say who takes a stairwell · 分派单元
    Assign {
        /// Which, as the list names it
        drive: RoundId,
        /// ESTATE/BUILDING/ENTRANCE, for example 金穗花园/3/2; several times
        #[arg(long = "stairwell", required = true)]
        stairwells: Vec<String>,
        /// Who; without it, nobody in particular
        #[arg(long)]
        person: Option<PersonId>,
    },
}

pub fn run(device: &Device, command: Command) -> Result<()> {
    match command {
        Command::List => super::answer(device, Rounds {}),
        Command::Show { drive } => super::answer(device, OpenRound { drive }),
        Command::Walk { drive, down, all } => {
            let way = if down { Way::Down } else { Way::Up };
            super::answer(device, WalkRound { drive, way, all })
        }
        Command::Assign { drive, stairwells, person } => {
            let mut named = Vec::with_capacity(stairwells.len());
            for text in stairwells {
                match Entrance::of_field(&format!("who/{text}")) {
                    Some(entrance) => named.push(entrance),
                    None => bail!("{text:?} is no ESTATE/BUILDING/ENTRANCE"),
                }
            }
            super::answer(device, AssignRound { drive, stairwells: named, person })
        }
    }
}

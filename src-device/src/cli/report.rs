//! `report day|week|month`: the figures of this person's grids, or the facts behind one of them.

use anyhow::Result;
use huce_core::{
    figures::{Figure, PeriodKind},
    ids::GridId,
    ipc::report::{ReadReport, ReadTraces, Scope},
};
use huce_device::Device;

use super::word;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// day, week, month
    #[arg(value_parser = word::<PeriodKind>)]
    kind: PeriodKind,
    /// A day that lies in it, YYYY-MM-DD; without it today
    #[arg(long)]
    day: Option<String>,
    /// A grid with those below it; without it all of this person's
    #[arg(long)]
    grid: Option<GridId>,
    /// The facts behind this figure, for example visits, plans_overdue, solved_in_time
    #[arg(long, value_parser = word::<Figure>)]
    figure: Option<Figure>,
}

pub fn run(device: &Device, args: Args) -> Result<()> {
    let scope = Scope { kind: args.kind, day: args.day, grid: args.grid };
    match args.figure {
        Some(figure) => super::answer(device, ReadTraces { scope, figure }),
        None => super::answer(device, ReadReport { scope }),
    }
}

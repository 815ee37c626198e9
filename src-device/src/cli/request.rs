//! `request …`: take down, answer, resolve, call back.

use anyhow::Result;
use clap::Subcommand;
use huce_core::{
    ids::{GridId, RequestId},
    ipc::request::{AnswerRequest, RecordCallBack, Requests, ResolveRequest, TakeRequest},
    request::{Category, Channel, Mode, Severity},
};
use huce_device::{Answer, Device};
use serde_json::json;

use super::word;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take a request down; its clocks start · 登记
    Take {
        /// At which door: an identifier or a unique address
        #[arg(long, required_unless_present_any = ["facility", "grid"])]
        household: Option<String>,
        /// At which facility: an identifier, or a name or code that only one has
        #[arg(long, conflicts_with = "household")]
        facility: Option<String>,
        /// In which grid, where there is neither
        #[arg(long)]
        grid: Option<GridId>,
        /// hotline, city_app, grid_group, suggestion_box, desk, visit
        #[arg(long, value_parser = word::<Channel>, default_value = "desk")]
        channel: Channel,
        /// cold, leak, noise, account, equipment, other
        #[arg(long, value_parser = word::<Category>)]
        category: Category,
        /// small, major
        #[arg(long, value_parser = word::<Severity>, default_value = "small")]
        severity: Severity,
        /// In the resident's words
        #[arg(long, default_value = "")]
        text: String,
        /// Whom to call back
        #[arg(long)]
        phone: Option<String>,
        /// own, joint, escalated
        #[arg(long, value_parser = word::<Mode>, default_value = "own")]
        mode: Mode,
    },
    /// List requests, the least time left first · 列表
    List {
        /// Also those that came to their end
        #[arg(long)]
        closed: bool,
    },
    /// Answer: the first clock stops · 响应
    Answer {
        /// Which
        request: RequestId,
    },
    /// Resolve: the second clock stops · 办结
    Resolve {
        /// Which
        request: RequestId,
        /// What was done
        #[arg(long)]
        text: String,
    },
    /// Record a call-back; not satisfied re-opens the request · 回访
    CallBack {
        /// Which
        request: RequestId,
        /// Nobody picked up
        #[arg(long)]
        unreached: bool,
        /// Content with the result? true or false
        #[arg(long, action = clap::ArgAction::Set, conflicts_with = "unreached")]
        satisfied: Option<bool>,
        /// What was said
        #[arg(long, default_value = "")]
        note: String,
    },
}

pub fn run(device: &Device, command: Command) -> Result<()> {
    match command {
        Command::Take { household, facility, grid, channel, category, severity, text, phone, mode } => {
            let household = household.map(|text| super::household_of(device, &text)).transpose()?;
            let facility = facility.map(|text| super::facility_of(device, &text)).transpose()?;
            let call = TakeRequest { household, facility, grid, channel, category, severity, text, phone, mode };
            super::print(&json!({ "request": device.answer(call)? }))
        }
        Command::List { closed } => super::answer(device, Requests { closed }),
        Command::Answer { request } => super::print(&json!({ "event": device.answer(AnswerRequest { request })? })),
        Command::Resolve { request, text } => {
            super::print(&json!({ "event": device.answer(ResolveRequest { request, resolution: text })? }))
        }
        Command::CallBack { request, unreached, satisfied, note } => {
            let call = RecordCallBack { request, reached: !unreached, satisfied, note };
            super::print(&json!({ "event": device.answer(call)? }))
        }
    }
}

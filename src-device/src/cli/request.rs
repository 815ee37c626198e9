//! `request …`: take down, answer, pause, hand over, resolve, call back, join; rules and figures.

use anyhow::Result;
use clap::Subcommand;
use huce_core::{
    ids::{GridId, PersonId, RequestId},
    ipc::request::{
        AnswerRequest, CountRequests, HandOverRequest, JoinRequest, OpenRequest, PauseRequest, RecordCallBack,
        Requests, ResolveRequest, ResumeRequest, Rules, SetRequestMode, TakeRequest,
    },
    request::{Category, Channel, Mode, Party, PauseReason, Severity},
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
        /// hotline, city_app, grid_group, suggestion_box, desk, visit, file
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
        /// It is another matter than what is open there; without it the open one is asked once more
        #[arg(long)]
        another: bool,
    },
    /// Show one: its clocks, its route, what else is due there · 查看
    Show {
        /// Which
        request: RequestId,
    },
    /// Stop the clock, with a reason · 暂停
    Pause {
        /// Which
        request: RequestId,
        /// appointment, nobody_home, parts, others, conditions
        #[arg(long, value_parser = word::<PauseReason>)]
        reason: PauseReason,
        /// In words
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Let the clock run again · 恢复
    Resume {
        /// Which
        request: RequestId,
    },
    /// Hand over, with a reason · 转办
    HandOver {
        /// Which
        request: RequestId,
        /// inspector, crew, plant, billing, community, property, household, other
        #[arg(long, value_parser = word::<Party>)]
        to: Party,
        /// To whom in person
        #[arg(long)]
        who: Option<PersonId>,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Say how it is handled: own, joint, escalated · 办理方式
    Mode {
        /// Which
        request: RequestId,
        /// own, joint, escalated
        #[arg(value_parser = word::<Mode>)]
        mode: Mode,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Join into another one at the same place · 并案
    Join {
        /// Which ends
        request: RequestId,
        /// In which it is handled
        #[arg(long)]
        into: RequestId,
    },
    /// The rules of who is responsible · 责任规则
    Rules,
    /// Closing rate, on-time rate, satisfaction, repeats of the last days · 统计
    Count {
        /// How many days
        #[arg(long, default_value_t = 30)]
        days: u16,
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
        Command::Take { household, facility, grid, channel, category, severity, text, phone, mode, another } => {
            let household = household.map(|text| super::household_of(device, &text)).transpose()?;
            let facility = facility.map(|text| super::facility_of(device, &text)).transpose()?;
            let call =
                TakeRequest { household, facility, grid, channel, category, severity, text, phone, mode, another };
            super::print(&json!({ "request": device.answer(call)? }))
        }
        Command::Show { request } => super::answer(device, OpenRequest { request }),
        Command::Pause { request, reason, note } => {
            super::print(&json!({ "event": device.answer(PauseRequest { request, reason, note })? }))
        }
        Command::Resume { request } => super::print(&json!({ "event": device.answer(ResumeRequest { request })? })),
        Command::HandOver { request, to, who, reason } => {
            super::print(&json!({ "event": device.answer(HandOverRequest { request, to, who, reason })? }))
        }
        Command::Mode { request, mode, reason } => {
            super::print(&json!({ "event": device.answer(SetRequestMode { request, mode, reason })? }))
        }
        Command::Join { request, into } => {
            super::print(&json!({ "event": device.answer(JoinRequest { request, into })? }))
        }
        Command::Rules => super::answer(device, Rules {}),
        Command::Count { days } => {
            let until_ms = device.server_now_ms() + 1;
            let from_ms = until_ms - i64::from(days) * 24 * 3_600_000;
            super::answer(device, CountRequests { from_ms, until_ms })
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

//! One command per call of the screens: `invoke(NAME, { call })`. Each runs the tablet's answer on a thread that may
//! block; an error is a [`CallError`] as it is.

use huce_core::ipc::{
    Call, CallError, Code,
    conflict::{Conflicts, Settle},
    duty::{Duties, RecordDuty},
    facility::{EditFacility, Facilities, OpenFacility},
    household::{EditHousehold, Estates, Facade, Map, OpenHousehold, OpenVisitRecord},
    plan::{ChangePlan, OpenPlan, Plans},
    report::{ReadReport, ReadTraces},
    request::{
        AnswerRequest, CountRequests, FindSame, HandOverRequest, JoinRequest, OpenRequest, PauseRequest,
        RecordCallBack, Requests, ResolveRequest, ResumeRequest, Rules, SetRequestMode, TakeRequest,
    },
    round::{AssignRound, CareVisits, ChangeRound, OpenRound, Rounds, WalkRound},
    search::Search,
    session::{Enrol, EnrolAnew, Lock, Now, Recover, Session, SetPin, Touched, Unlock, WhoAmI},
    sync::{
        BundlePlaces, ExportBundle, ImportReceipts, ReadPhotoRule, SetHub, SetPhotoRule, StopSync, SyncNow, SyncStatus,
    },
    today::Today,
    visit::{
        AddPhoto, BeginVisit, DescribeFile, DiscardDraft, FindChoices, KeepStep, QuickVisit, SubmitVisit, Suggest,
        VisitForms,
    },
};
use huce_device::{Answer, vault::lock::Event};
use tauri::{AppHandle, Manager, State, ipc::Invoke};

use crate::{
    files,
    open::{Running, Shell},
};

/// Answers a call: most by the tablet, a few by its sync.
trait Behind<C: Call> {
    fn reply(&self, call: C) -> Result<C::Reply, CallError>;
}

/// Answers a call before the lock: the shell itself.
trait AtDoor<C: Call> {
    fn at_door(&self, app: &AppHandle, call: C) -> Result<C::Reply, CallError>;
}

macro_rules! commands {
    (tablet { $($name:ident: $call:ident;)* } sync { $($other:ident: $special:ident;)* } door { $($third:ident: $knock:ident;)* }) => {
        $(
            impl Behind<$call> for Running {
                fn reply(&self, call: $call) -> Result<<$call as Call>::Reply, CallError> {
                    self.device.answer(call)
                }
            }

            #[tauri::command]
            pub(crate) async fn $name(
                shell: State<'_, Shell>,
                call: $call,
            ) -> Result<<$call as Call>::Reply, CallError> {
                ask(&shell, call).await
            }
        )*
        $(
            #[tauri::command]
            pub(crate) async fn $other(
                shell: State<'_, Shell>,
                call: $special,
            ) -> Result<<$special as Call>::Reply, CallError> {
                ask(&shell, call).await
            }
        )*

        $(
            #[tauri::command]
            pub(crate) async fn $third(app: AppHandle, call: $knock) -> Result<<$knock as Call>::Reply, CallError> {
                let answer = tauri::async_runtime::spawn_blocking(move || app.state::<Shell>().at_door(&app, call));
                answer.await.map_err(|e| CallError::new(Code::Internal).with("what", e))?
            }
        )*

        /// All commands.
        pub(crate) fn handler() -> impl Fn(Invoke) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($name,)* $($other,)* $($third,)* files::add_file, files::read_file, files::save_file]
        }

        #[cfg(test)]
        const NAMES: &[(&str, &str)] = &[
            $((stringify!($name), $call::NAME),)* $((stringify!($other), $special::NAME),)* $((stringify!($third), $knock::NAME)),*
        ];
    };
}

commands! {
    tablet {
        now: Now;
        today: Today;
        search: Search;
        estates: Estates;
        facade: Facade;
        open_household: OpenHousehold;
        open_visit_record: OpenVisitRecord;
        conflicts: Conflicts;
        settle: Settle;
        edit_household: EditHousehold;
        facilities: Facilities;
        open_facility: OpenFacility;
        edit_facility: EditFacility;
        duties: Duties;
        record_duty: RecordDuty;
        map: Map;
        begin_visit: BeginVisit;
        keep_step: KeepStep;
        submit_visit: SubmitVisit;
        suggest: Suggest;
        discard_draft: DiscardDraft;
        find_choices: FindChoices;
        visit_forms: VisitForms;
        quick_visit: QuickVisit;
        add_photo: AddPhoto;
        describe_file: DescribeFile;
        plans: Plans;
        open_plan: OpenPlan;
        change_plan: ChangePlan;
        requests: Requests;
        open_request: OpenRequest;
        take_request: TakeRequest;
        answer_request: AnswerRequest;
        resolve_request: ResolveRequest;
        record_call_back: RecordCallBack;
        find_same: FindSame;
        join_request: JoinRequest;
        pause_request: PauseRequest;
        resume_request: ResumeRequest;
        hand_over_request: HandOverRequest;
        set_request_mode: SetRequestMode;
        rules: Rules;
        count_requests: CountRequests;
        rounds: Rounds;
        open_round: OpenRound;
        change_round: ChangeRound;
        assign_round: AssignRound;
        walk_round: WalkRound;
        care_visits: CareVisits;
        read_report: ReadReport;
        read_traces: ReadTraces;
        sync_status: SyncStatus;
        set_hub: SetHub;
        bundle_places: BundlePlaces;
        export_bundle: ExportBundle;
        import_receipts: ImportReceipts;
        read_photo_rule: ReadPhotoRule;
        set_photo_rule: SetPhotoRule;
    }
    sync {
        enrol: Enrol;
        sync_now: SyncNow;
        stop_sync: StopSync;
    }
    door {
        who_am_i: WhoAmI;
        unlock: Unlock;
        recover: Recover;
        enrol_anew: EnrolAnew;
        lock: Lock;
        set_pin: SetPin;
        touched: Touched;
    }
}

impl Behind<Enrol> for Running {
    fn reply(&self, call: Enrol) -> Result<<Enrol as Call>::Reply, CallError> {
        self.engine.enrol(call, name_of_tablet())
    }
}

/// What people call this tablet, as far as the system says.
fn name_of_tablet() -> String {
    let name = ["HUCE_NAME", "COMPUTERNAME", "HOSTNAME"].iter().find_map(|name| std::env::var(name).ok());
    name.unwrap_or_else(|| "tablet".to_owned())
}

impl Behind<SyncNow> for Running {
    fn reply(&self, _: SyncNow) -> Result<<SyncNow as Call>::Reply, CallError> {
        Ok(self.engine.now())
    }
}

impl Behind<StopSync> for Running {
    fn reply(&self, _: StopSync) -> Result<<StopSync as Call>::Reply, CallError> {
        Ok(self.engine.stop())
    }
}

impl AtDoor<WhoAmI> for Shell {
    fn at_door(&self, _: &AppHandle, _: WhoAmI) -> Result<Session, CallError> {
        self.session()
    }
}

impl AtDoor<Unlock> for Shell {
    fn at_door(&self, app: &AppHandle, call: Unlock) -> Result<Session, CallError> {
        self.unlock(app, &call.pin)?;
        self.session()
    }
}

impl AtDoor<Recover> for Shell {
    fn at_door(&self, app: &AppHandle, call: Recover) -> Result<Session, CallError> {
        self.recover(app, &call.code, &call.pin)?;
        self.session()
    }
}

impl AtDoor<EnrolAnew> for Shell {
    fn at_door(&self, app: &AppHandle, call: EnrolAnew) -> Result<Session, CallError> {
        self.enrol_anew(app, &call.code, call.pin.as_deref(), &name_of_tablet())?;
        self.session()
    }
}

impl AtDoor<Lock> for Shell {
    fn at_door(&self, app: &AppHandle, _: Lock) -> Result<Session, CallError> {
        self.happened(app, Event::Lock);
        self.session()
    }
}

impl AtDoor<SetPin> for Shell {
    fn at_door(&self, app: &AppHandle, call: SetPin) -> Result<Session, CallError> {
        self.running()?.device.set_pin(call.old.as_deref(), &call.new)?;
        self.happened(app, Event::PinSet);
        self.session()
    }
}

impl AtDoor<Touched> for Shell {
    fn at_door(&self, app: &AppHandle, _: Touched) -> Result<Session, CallError> {
        self.happened(app, Event::Used);
        self.session()
    }
}

async fn ask<C: Call>(shell: &Shell, call: C) -> Result<C::Reply, CallError>
where
    Running: Behind<C>,
{
    let running = shell.running()?;
    let answer = tauri::async_runtime::spawn_blocking(move || running.reply(call));
    answer.await.map_err(|e| CallError::new(Code::Internal).with("what", e))?
}

#[cfg(test)]
mod tests {
    #[test]
    fn commands_are_named_as_their_calls() {
        for (command, call) in super::NAMES {
            assert_eq!(command, call);
        }
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::path::Path;

use huce_core::{
    body::Media,
    facility::{self, FacilityKind},
    form::{Kind, Step},
    ids::{FacilityId, FormId, PhotoId, RoundId},
    ipc::{
        conflict::{Conflicts, Settle},
        facility::{Facilities, OpenFacility},
        household::{EditHousehold, Estates, Facade, OpenHousehold, OpenVisitRecord},
        plan::{ChangePlan, OpenPlan, PlanChange},
        request::{AnswerRequest, RecordCallBack, Requests, ResolveRequest, TakeRequest},
        round::{AssignRound, OpenRound, Rounds, WalkRound},
        search::Search,
        session::WhoAmI,
        today::Today,
        visit::{AddFile, AddPhoto, BeginVisit, DescribeFile, KeepStep, QuickVisit, SubmitVisit, VisitForms},
    },
    person::Role,
    record::first_edit,
    request::{Category, RequestState},
    round::{Entrance, again::DayPart, walk::Way},
    sample,
};
use serde_json::json;

use super::*;
use crate::{
    clock::HandClock,
    device::tests::{door_at, exchange, grid, knocked, tablet},
};

#[test]
fn concurrent_edits_of_a_plan_stand_side_by_side_until_somebody_settles() {
    let (a_dir, b_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (a, _) = tablet(a_dir.path(), "li", &[]);
    let (b, _) = tablet(b_dir.path(), "wang", &[&a]);
    let mut profile = a.profile().unwrap();
    profile.keys = vec![huce_core::wire::DeviceKey { device: b.id().clone(), key: b.public_key() }];
    a.set_profile(profile).unwrap();
    let home = door_at(&a, "501");
    let say = |device: &Device, plan, text: &str| {
        let changes = vec![PlanChange::Diagnosis { text: text.into() }];
        device.answer(ChangePlan { household: home.clone(), plan, changes }).unwrap().plan
    };
    let plan = say(&a, None, "末端不热");
    exchange(&a, &b);
    say(&a, Some(plan.clone()), "气堵");
    say(&b, Some(plan.clone()), "阀门坏");
    assert!(a.answer(OpenHousehold { household: home.clone() }).unwrap().conflicts.is_empty());
    exchange(&a, &b);
    assert_eq!(a.state().unwrap(), b.state().unwrap());
    for device in [&a, &b] {
        let page = device.answer(OpenHousehold { household: home.clone() }).unwrap();
        assert_eq!((page.conflicts.len(), page.conflicts[0].values.len()), (1, 2));
        // What both started from stands beside them, and the desk shows the same.
        assert_eq!(page.conflicts[0].base.as_ref().unwrap().value, json!("末端不热"));
        let desk = device.answer(Conflicts {}).unwrap();
        assert_eq!((&desk.conflicts[0].conflict, desk.more), (&page.conflicts[0], false));
        assert_eq!(desk.conflicts[0].door.as_ref().unwrap().household, home);
    }
    let settle =
        || Settle { noun: Noun::Plan, id: plan.to_string(), field: "diagnosis".into(), value: json!("气堵") };
    a.answer(settle()).unwrap();
    exchange(&a, &b);
    assert!(b.answer(OpenPlan { plan: plan.clone() }).unwrap().conflicts.is_empty());
    assert_eq!(b.answer(settle()).unwrap_err().code, Code::Stale);
    assert!(b.answer(Conflicts {}).unwrap().conflicts.is_empty());
    assert_eq!(a.state().unwrap(), b.state().unwrap());
}

#[test]
fn a_request_runs_its_course() {
    let dir = tempfile::tempdir().unwrap();
    let (device, clock) = tablet(dir.path(), "li", &[]);
    let home = door_at(&device, "501");
    let request = device
        .answer(TakeRequest {
            category: Category::Cold,
            text: "不热".into(),
            phone: Some("13812346265".into()),
            ..sample::take_leak(Some(home.clone()))
        })
        .unwrap();
    clock.set(1_800_000_060_000);
    let lines = || device.answer(Requests { closed: true }).unwrap().requests;
    assert_eq!(lines()[0].request.clock().left_ms(device.server_now_ms()), 4 * 60_000);
    device.answer(AnswerRequest { request: request.clone() }).unwrap();
    assert_eq!(device.answer(AnswerRequest { request: request.clone() }).unwrap_err().code, Code::Stale);
    device.answer(ResolveRequest { request: request.clone(), resolution: "排气".into() }).unwrap();
    let call = RecordCallBack { request, reached: true, satisfied: Some(true), note: String::new() };
    device.answer(call).unwrap();
    assert_eq!(view::request_state(&lines()[0]), RequestState::Closed);
    assert!(device.answer(Requests { closed: false }).unwrap().requests.is_empty());
    assert!(lines()[0].unsent && device.answer(Today {}).unwrap().requests.is_empty());
}

/// Answers whatever the form still asks for, step by step, each one kept; what a screen would show all along.
fn fill(device: &Device, draft: &huce_core::ipc::visit::VisitDraft) -> usize {
    let mut nodes = draft.view.nodes.clone();
    let mut kept = 0;
    for _ in 0..200 {
        let Some(node) = nodes.iter().find(|n| n.violation.is_some()) else { break };
        let given = if node.kind == Kind::Acknowledge { "OK" } else { "17" };
        let value = node.choices.first().map_or_else(|| given.to_owned(), |choice| choice.value.clone());
        let step = Step::Set { reference: node.reference.clone(), value };
        let at = Some(node.reference.clone());
        let reply = device.answer(KeepStep { draft: draft.draft.clone(), step: Some(step), at }).unwrap();
        for changed in reply.change.nodes {
            let place = nodes.iter().position(|n| n.reference == changed.reference).unwrap();
            nodes[place] = changed;
        }
        kept += 1;
    }
    assert!(nodes.iter().all(|n| n.violation.is_none()));
    assert_eq!(nodes, begin(device, &draft_home(device, draft)).view.nodes, "what was told is what there is");
    kept
}

fn draft_home(device: &Device, draft: &huce_core::ipc::visit::VisitDraft) -> HouseholdId {
    device.draft(&draft.draft).unwrap().opened.at.household().unwrap().clone()
}

fn begin(device: &Device, home: &HouseholdId) -> huce_core::ipc::visit::VisitDraft {
    device.answer(BeginVisit::at(home.clone())).unwrap()
}

fn reopened(dir: &Path) -> Device {
    Device::open(dir, HandClock::at(1_800_000_100_000)).unwrap()
}

#[test]
fn a_visit_survives_the_end_of_the_app_and_is_submitted_once() {
    let dir = tempfile::tempdir().unwrap();
    let (device, _) = tablet(dir.path(), "li", &[]);
    let home = door_at(&device, "501");
    let draft = begin(&device, &home);
    let refused = device.answer(SubmitVisit { draft: draft.draft.clone() }).unwrap_err();
    assert_eq!(refused.code, Code::InvalidAnswers, "an empty form is not a visit");
    let kept = fill(&device, &draft);
    assert!(kept > 0);
    drop(device);
    let device = reopened(dir.path());
    let again = begin(&device, &home);
    assert_eq!((again.draft.clone(), again.at.is_some()), (draft.draft.clone(), true));
    assert_eq!(device.draft(&draft.draft).unwrap().steps.len(), kept);
    assert!(again.view.nodes.iter().all(|n| n.violation.is_none()), "the answers are there");
    assert_eq!(device.answer(Today {}).unwrap().drafts.len(), 1);
    let submitted = device.answer(SubmitVisit { draft: draft.draft.clone() }).unwrap();
    assert_eq!(device.answer(SubmitVisit { draft: draft.draft.clone() }).unwrap_err().code, Code::NotFound);
    let record = device.answer(OpenVisitRecord { at: home.clone().into(), visit: submitted.visit.clone() }).unwrap();
    assert!(!record.answers.is_empty());
    drop(device);
    let device = reopened(dir.path());
    let page = device.answer(OpenHousehold { household: home.clone() }).unwrap();
    assert_eq!((page.door.visits.len(), page.draft), (1, None));
    assert!(page.unsent.contains(&submitted.visit));
}

#[test]
fn a_photo_of_a_draft_is_evidence_only_when_it_is_of_a_plan_or_submitted() {
    let dir = tempfile::tempdir().unwrap();
    let (device, _) = tablet(dir.path(), "li", &[]);
    let home = door_at(&device, "501");
    let draft = begin(&device, &home);
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(640, 480, image::Rgb([90, 120, 150]))
        .write_to(&mut png, image::ImageFormat::Png)
        .unwrap();
    let add = |draft| AddPhoto {
        at: home.clone().into(),
        role: huce_core::body::PhotoRole::Before,
        draft,
        plan: None,
        request: None,
        base64: data_encoding::BASE64.encode(png.get_ref()),
    };
    device.answer(add(Some(draft.draft.clone()))).unwrap();
    assert!(device.waiting_photos().is_empty());
    assert_eq!(device.draft(&draft.draft).unwrap().photos.len(), 1);
    let added = device.answer(add(None)).unwrap();
    assert_eq!(device.waiting_photos()[0].photo, added.photo);
    let broken = AddPhoto { base64: "bm8gcGljdHVyZQ==".into(), ..add(None) };
    assert_eq!(device.answer(broken).unwrap_err().code, Code::BadPhoto);
}

/// Asks for a recording and a file.
const SPOKEN: &str = r#"<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>
    <h:title>Spoken</h:title><model><instance><data id="spoken" version="1"><voice/><paper/></data></instance>
    <bind nodeset="/data/voice" type="binary"/><bind nodeset="/data/paper" type="binary"/></model></h:head><h:body>
    <upload ref="/data/voice" mediatype="audio/*"><label>Voice</label></upload>
    <upload ref="/data/paper" mediatype="application/*"><label>Paper</label></upload></h:body></h:html>"#;

/// As a sync would leave it.
fn publish(device: &Device, form: &str, xform: &str) {
    let hash = blake3::hash(xform.as_bytes()).to_hex().to_string();
    assert!(device.keep_form(&hash, xform.as_bytes()).unwrap());
    let mut profile = device.profile().unwrap();
    let (form, title) = (FormId::new(form).unwrap(), (form.to_owned(), form.to_owned()));
    profile.forms.push(huce_core::wire::FormRef { form, title, hash, bytes: xform.len() as u64 });
    device.set_profile(profile).unwrap();
}

#[test]
fn a_recording_is_kept_as_it_came_and_is_evidence_when_it_is_submitted() {
    let dir = tempfile::tempdir().unwrap();
    let (device, _) = tablet(dir.path(), "li", &[]);
    let home = door_at(&device, "501");
    publish(&device, "spoken", SPOKEN);
    let call = BeginVisit { form: FormId::new("spoken").ok(), ..BeginVisit::at(home.clone()) };
    let draft = device.answer(call).unwrap().draft;
    let add = |name: &str, media, bytes: &[u8]| {
        device.add_file(AddFile { draft: draft.clone(), media, name: name.to_owned() }, bytes)
    };
    let why = |refused: CallError| (refused.code, refused.params[0].1.clone());
    assert_eq!(why(add("", Media::Audio, b"").unwrap_err()), (Code::BadPhoto, "file_empty".to_owned()));
    let large = vec![7; huce_core::photo::MAX_FILE_BYTES + 1];
    assert_eq!(why(add("", Media::File, &large).unwrap_err()), (Code::BadPhoto, "file_too_large".to_owned()));

    let sound = b"OggS and what was said".repeat(9_000);
    let voice = add("", Media::Audio, &sound).unwrap();
    let paper = add("../合同.pdf", Media::File, b"%PDF-1.7").unwrap();
    assert_eq!((voice.bytes, voice.photo.clone()), (sound.len() as u64, PhotoId::of_bytes(&sound)));
    let describe = |photo: &PhotoId| device.answer(DescribeFile { draft: draft.clone(), photo: photo.clone() });
    let described = describe(&paper.photo).unwrap();
    assert_eq!((described.attached.name.as_str(), described.bytes), ("合同.pdf", 8));
    assert!(device.waiting_photos().is_empty(), "a draft is no evidence");
    for (name, photo) in [("voice", &voice.photo), ("paper", &paper.photo)] {
        let step = Step::Set { reference: format!("/data/{name}"), value: photo.to_string() };
        device.answer(KeepStep { draft: draft.clone(), step: Some(step), at: None }).unwrap();
    }
    let visit = device.answer(SubmitVisit { draft: draft.clone() }).unwrap().visit;
    let waiting: Vec<_> = device.waiting_photos().into_iter().map(|w| w.photo).collect();
    assert_eq!(waiting.len(), 2);
    let whole = device.files().get(&voice.photo).unwrap().whole().unwrap();
    assert!(whole == sound, "as it came");
    let record = device.answer(OpenVisitRecord { at: home.into(), visit }).unwrap();
    assert!(record.photos.is_empty());
    let held: Vec<_> = record.files.iter().map(|(_, attached, bytes)| (attached.media, *bytes)).collect();
    assert_eq!(held, [(Media::Audio, sound.len() as u64), (Media::File, 8)]);
}

#[test]
fn lists_show_this_persons_doors_and_acts_elsewhere_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (device, _) = tablet(dir.path(), "li", &[]);
    let home = door_at(&device, "501");
    knocked(&device, &home);
    assert!(matches!(device.answer(WhoAmI {}).unwrap(), huce_core::ipc::session::Session::Ready(_)));
    assert_eq!(device.answer(Estates {}).unwrap()[0].buildings[0].households, 1);
    let facade = || device.answer(Facade { estate: "金穗花园".into(), building: "3".into(), drive: None });
    assert_eq!(facade().unwrap().doors[0].visit, Some(huce_core::body::Outcome::NoAnswer));
    assert_eq!(device.answer(Search { text: "jshy3-2-501".into(), limit: 5 }).unwrap().total, 1);
    let mut profile = device.profile().unwrap();
    profile.grids[0].id = GridId::new("G-2").unwrap();
    device.set_profile(profile).unwrap();
    assert_eq!(device.answer(OpenHousehold { household: home.clone() }).unwrap_err().code, Code::NoRight);
    assert!(device.answer(Estates {}).unwrap().is_empty() && facade().is_err());
    let plan = ChangePlan { household: home, plan: None, changes: vec![PlanChange::Consent { agreed: true }] };
    assert_eq!(device.answer(plan).unwrap_err().code, Code::NoRight);
}

const STATION: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/forms/station-reading.xlsx"));
const TRUCK: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/forms/garbage-truck.xlsx"));

/// Publishes two packs, makes a station known.
fn station_at(device: &Device) -> FacilityId {
    let mut profile = device.profile().unwrap();
    for (form, bytes) in [("garbage-truck", TRUCK), ("station-reading", STATION)] {
        let hash = blake3::hash(bytes).to_hex().to_string();
        assert!(device.keep_form(&hash, bytes).unwrap());
        let form = FormId::new(form).unwrap();
        let title = (String::new(), String::new());
        profile.forms.push(huce_core::wire::FormRef { form, title, hash, bytes: bytes.len() as u64 });
    }
    device.set_profile(profile).unwrap();
    let id = facility::id_of(FacilityKind::Station, Some("RL-001"), &grid(), "");
    let set = [("kind", json!("station")), ("name", json!("一号热力站")), ("code", json!("RL-001"))];
    let edit = first_edit(Noun::Facility, id.as_str(), set.map(|(k, v)| (k.to_owned(), v)));
    device.record(PersonId::new("li").unwrap(), grid(), Some(&id), Body::Edit(edit)).unwrap();
    id
}

#[test]
fn a_station_is_found_visited_with_its_form_and_has_what_was_found_there() {
    let dir = tempfile::tempdir().unwrap();
    let (device, _) = tablet(dir.path(), "li", &[]);
    let id = station_at(&device);
    let list = |text: &str, due| {
        let text = text.to_owned();
        device.answer(Facilities { kind: Some(FacilityKind::Station), text, due }).unwrap()
    };
    for text in ["一号", "yhrlz", "rl-001", "ｒｌ－００１", ""] {
        assert_eq!(list(text, true).facilities[0].facility.id, id, "{text}");
    }
    assert!(list("二号", false).facilities.is_empty());
    assert_eq!(device.answer(Search { text: "yhrl".into(), limit: 5 }).unwrap().facilities[0].id, id);
    let forms = device.answer(VisitForms { at: (&id).into() }).unwrap();
    assert_eq!(forms.iter().map(|f| f.form.as_str()).collect::<Vec<_>>(), ["station-reading"]);
    let wrong = BeginVisit { form: FormId::new("garbage-truck").ok(), ..BeginVisit::at(&id) };
    assert_eq!(device.answer(wrong).unwrap_err().code, Code::NotFound, "a truck's form is not for a station");
    let draft = device.answer(BeginVisit::at(&id)).unwrap();
    assert_eq!((draft.form.as_str(), draft.short.as_str()), ("station-reading", "一号热力站"));
    // The draft survives the end of the app, and is shown.
    drop(device);
    let device = reopened(dir.path());
    assert_eq!(device.answer(Today {}).unwrap().drafts[0].at, Site::from(&id));
    assert_eq!(device.answer(OpenFacility { facility: id.clone() }).unwrap().draft, Some(draft.draft.clone()));
    let mut answers = json!({
        "station": {"station_name": "S", "running": "yes"},
        "primary": {"t1_supply": 90, "t1_return": 45, "p1_supply": 0.8, "p1_return": 0.6},
        "circuits": [{"zone": "low", "t2_supply": 48, "t2_return": 38, "p2_supply": 0.5, "p2_return": 0.35, "p2_set": 0.35,
            "filter_before": 0.4, "filter_after": 0.38}],
        "makeup": {"meter_now": 110, "meter_before": 100, "used_usual": 9, "tank": "ok"},
        "pumps": [{"pump": "circulation_1", "pump_state": "fault"}],
        "house": {"floor_water": "dry", "wrong": ["none"], "neighbour": "no"},
    });
    answers["house"]["photo_gauges"] = json!("0".repeat(64));
    let done = device.record_visit(&Site::from(&id), draft.form.clone(), &answers).unwrap();
    assert_eq!(done.requests.len(), 1, "a pump at fault is a request at the station: {:?}", done.requests);
    let page = device.answer(OpenFacility { facility: id.clone() }).unwrap();
    assert_eq!((page.door.visits.len(), page.door.requests.len(), page.draft), (1, 1, None));
    assert!(page.unsent.contains(&done.visit));
    let line = &device.answer(Requests { closed: false }).unwrap().requests[0];
    assert_eq!((line.facility.as_ref().map(|f| &f.id), line.door.is_none()), (Some(&id), true));
    let record = device.answer(OpenVisitRecord { at: (&id).into(), visit: done.visit }).unwrap();
    assert!(!record.answers.is_empty());
    let all = device.answer(Facilities::default()).unwrap();
    assert_eq!((all.kinds, all.facilities[0].open_requests), (vec![(FacilityKind::Station, 1, 0)], 1));
    // Documents made anew, and read by the next start, are the same.
    let state = device.state().unwrap();
    device.grant(&[grid()].into()).unwrap();
    assert_eq!(device.state().unwrap(), state);
    drop(device);
    assert_eq!(reopened(dir.path()).answer(Facilities::default()).unwrap().total, 1);
    // In another person's grid nothing of it is shown.
    let device = reopened(dir.path());
    let mut profile = device.profile().unwrap();
    profile.grids[0].id = GridId::new("G-2").unwrap();
    device.set_profile(profile).unwrap();
    assert_eq!(device.answer(Facilities::default()).unwrap().total, 0);
    assert_eq!(device.answer(BeginVisit::at(&id)).unwrap_err().code, Code::NoRight);
    assert_eq!(device.answer(OpenFacility { facility: id }).unwrap_err().code, Code::NoRight);
}

/// A round of those who are looked after: 501, and not 502.
fn round_for_501(device: &Device) -> (HouseholdId, RoundId) {
    let home = door_at(device, "501");
    door_at(device, "502");
    let set = vec![("care".to_owned(), json!(["空巢"]))];
    device.answer(EditHousehold { household: home.clone(), set }).unwrap();
    let set = [
        ("name", json!("关爱走访")),
        ("form", json!("heating-visit")),
        ("from", json!("2027-01-10")),
        ("until", json!("2027-01-20")),
        ("query", json!({ "care": [] })),
        ("drive", json!("drive")),
    ];
    let edit = first_edit(Noun::Round, "r1", set.map(|(name, value)| (name.to_owned(), value)));
    device.record(PersonId::new("li").unwrap(), grid(), None::<Site>, Body::Edit(edit)).unwrap();
    (home, RoundId::new("drive").unwrap())
}

#[test]
fn a_rounds_silent_door_is_offered_again_in_the_evening() {
    let dir = tempfile::tempdir().unwrap();
    let (device, clock) = tablet(dir.path(), "li", &[]);
    let (home, drive) = round_for_501(&device);
    let lines = device.answer(Rounds {}).unwrap().drives;
    assert_eq!((lines.len(), &lines[0].drive, lines[0].doors), (1, &drive, 1));
    let next = || device.answer(Today {}).unwrap().rounds[0].next.clone();
    assert_eq!(next(), Some(home.clone()));
    // Four in the afternoon. The visit counts for the round that asks for this door, without anybody naming it.
    device.answer(QuickVisit { household: home.clone(), round: None, refused: false }).unwrap();
    let again = || {
        let walk = WalkRound { drive: drive.clone(), way: Way::Up, all: false };
        device.answer(walk).unwrap().rounds[0].1[0].doors[0].again.clone().unwrap()
    };
    assert_eq!((again().at, again().now, next()), (DayPart::Evening, false, None));
    clock.set(1_800_000_000_000 + 3 * 3_600_000);
    assert_eq!((again().now, next()), (true, Some(home.clone())));
    device.answer(QuickVisit { household: home, round: None, refused: true }).unwrap();
    let page = device.answer(OpenRound { drive: drive.clone() }).unwrap();
    assert_eq!((page.coverage.doors, page.coverage.visited, page.coverage.refused), (1, 1, 1));
    let facade = Facade { estate: "金穗花园".into(), building: "3".into(), drive: Some(drive) };
    let doors = device.answer(facade).unwrap().doors;
    assert_eq!(doors.iter().map(|d| (d.room.as_str(), d.apart)).collect::<Vec<_>>(), [("501", false), ("502", true)]);
}

#[test]
fn who_leads_says_who_takes_a_stairwell() {
    let dir = tempfile::tempdir().unwrap();
    let (device, _) = tablet(dir.path(), "li", &[]);
    let (_, drive) = round_for_501(&device);
    let stairwell = Entrance { estate: "金穗花园".into(), building: "3".into(), entrance: "2".into() };
    let wang = PersonId::new("wang").unwrap();
    let assign =
        || AssignRound { drive: drive.clone(), stairwells: vec![stairwell.clone()], person: Some(wang.clone()) };
    assert_eq!(device.answer(assign()).unwrap_err().code, Code::NoRight);
    let mut profile = device.profile().unwrap();
    profile.person.roles[0].role = Role::CrewLead;
    device.set_profile(profile).unwrap();
    assert_eq!(device.answer(assign()).unwrap(), 1);
    assert_eq!(device.answer(assign()).unwrap(), 0, "it is so already");
    let walk = |all| device.answer(WalkRound { drive: drive.clone(), way: Way::Up, all }).unwrap().rounds.len();
    assert_eq!((walk(false), walk(true)), (0, 1), "it is somebody else's now");
    assert!(device.answer(Today {}).unwrap().rounds.is_empty());
}

#[test]
fn one_trip_counts_for_every_round_that_asks_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (device, _) = tablet(dir.path(), "li", &[]);
    let (home, drive) = round_for_501(&device);
    for (id, form) in [("whole", "heating-visit"), ("other", "special-care")] {
        let set = [("name", id), ("form", form), ("from", "2027-01-01"), ("until", "2027-01-31")];
        let edit = first_edit(Noun::Round, id, set.map(|(name, value)| (name.to_owned(), json!(value))));
        device.record(PersonId::new("li").unwrap(), grid(), None::<Site>, Body::Edit(edit)).unwrap();
    }
    device.answer(QuickVisit { household: home, round: None, refused: true }).unwrap();
    let visited = |drive: &str| {
        let drive = RoundId::new(drive).unwrap();
        device.answer(OpenRound { drive }).unwrap().coverage.visited
    };
    assert_eq!([visited(drive.as_str()), visited("whole"), visited("other")], [1, 1, 0]);
}

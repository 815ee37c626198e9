//! The corpus, made from what the program itself writes: small, whole examples of everything that is read.
//! `HUCE_MAKE_CORPUS=1` makes it again after a shape has changed; files that were found by fuzzing stay beside it.

use std::{fs, io::Write, path::PathBuf};

use ed25519_dalek::SigningKey;
use huce_core::{
    bundle::{Manifest, Sealer},
    clock::Hlc,
    escrow::Escrow,
    event::{Event, SignedEvent, device_id},
    form::{package::Package, read_sheets},
    ids::{GridId, HouseholdId, PersonId, PhotoId},
    wire::{PulledEvent, PushAsk},
    workbook::Sheets,
};
use huce_device::{
    journal::{Entry, Journal},
    vault::Vault,
};
use serde_json::{Value, json};

/// Writes it.
pub fn make(folder: &dyn Fn(&str) -> PathBuf) {
    let put = |target: &str, name: &str, bytes: &[u8]| {
        let folder = folder(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), bytes).unwrap();
    };
    let events = events();
    for (name, event) in &events {
        put("event", name, event.payload.get().as_bytes());
    }
    let signed: Vec<SignedEvent> = events.iter().map(|(_, e)| e.clone()).collect();
    let ask = PushAsk { events: signed.clone(), unsent: (3, 1), by_owners: false };
    put("push", "all.json", &serde_json::to_vec(&ask).unwrap());
    put("push", "empty.json", br#"{"events":[],"unsent":[0,0]}"#);
    // A zstd frame of one raw block.
    let small = br#"{"events":[],"unsent":[0,0]}"#;
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0x20, small.len() as u8];
    frame.extend_from_slice(&((small.len() as u32) << 3 | 1).to_le_bytes()[..3]);
    frame.extend_from_slice(small);
    put("push", "empty.zst", &frame);

    let pulled: Vec<PulledEvent> =
        (1..).zip(signed.iter().cloned()).map(|(pos, event)| PulledEvent { pos, event }).collect();
    let page = json!({ "next": 5, "head": 5, "digest": { "count": 5, "sum": 77 }, "epoch": 1 });
    let page = page.to_string().replacen('{', &format!("{{\"events\":{},", serde_json::to_string(&pulled).unwrap()), 1);
    put("reply", "pulled.json", page.as_bytes());
    let receipt = json!({ "receipts": [
        { "event": format!("{}-1", device_id(&key().verifying_key())), "fate": { "fate": "stored" } },
        { "event": null, "fate": { "fate": "refused", "code": "gap" } },
    ], "now_ms": 1_768_003_200_000_i64, "epoch": 1 });
    put("reply", "pushed.json", receipt.to_string().as_bytes());
    put("reply", "token.json", br#"{"token":"abc","until_ms":1,"now_ms":1,"revoked":true,"epoch":2}"#);
    put("reply", "missing.json", br#"{"complete":false,"chunks":[0,1,2]}"#);
    put("reply", "refused.json", br#"{"code":"locked","params":[["minutes","5"]]}"#);

    let photo = PhotoId::of_bytes(b"photo");
    put("photo_parts", "chunk", format!("PUT {photo}/chunks/0\nphoto").as_bytes());
    put("photo_parts", "commit", format!("POST {photo}/commit\n{{}}").as_bytes());
    put("photo_parts", "missing", format!("GET {photo}/missing?bytes=5\n").as_bytes());
    put("photo_parts", "photo", format!("GET {photo}?thumb=1\n").as_bytes());
    put("photo_parts", "above", b"GET ..%2f..%2fhuce.db\n");

    for (name, format) in [("small.png", image::ImageFormat::Png), ("small.jpg", image::ImageFormat::Jpeg)] {
        let mut picture = image::RgbImage::new(24, 16);
        picture.enumerate_pixels_mut().for_each(|(x, y, p)| *p = image::Rgb([x as u8 * 9, y as u8 * 13, 80]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        put("picture", name, bytes.get_ref());
    }

    let here = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(here.path(), None, 0).unwrap();
    for event in &signed {
        journal.append(&Entry::Events { events: vec![event.clone()], closes: None }).unwrap();
    }
    put("segment", "five.log", &fs::read(here.path().join("00000001.log")).unwrap());
    let old = huce_tests::root().join("tests/fixtures/stores/v1/journal/00000001.log");
    put("segment", "version1.log", &fs::read(old).unwrap().into_iter().take(6_000).collect::<Vec<_>>());

    let rows = "小区,楼栋,单元,房号,户号,面积,电话\n西里路54号,3号楼,2单元,501,2031000417,88.5,13800006265\n西里路54号,3号楼,2单元,502,,,\n";
    put("register", "comma.csv", rows.as_bytes());
    let facilities = "类别,名称,编号,小区,楼栋,网格编号,经度,纬度\n热力站,一号站,RL-001,西里路54号,3号楼,S-1,113.63,34.76\n车辆,垃圾车,豫AYS001,,,S-1,,\n";
    put("register", "facilities.csv", facilities.as_bytes());
    put("register", "tab.tsv", rows.replace(',', "\t").as_bytes());
    let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(rows.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    put("register", "utf16.csv", &utf16);
    put("register", "small.xlsx", &workbook(rows));
    put("form", "heating-visit.xlsx", &fs::read(huce_tests::root().join("assets/forms/heating-visit.xlsx")).unwrap());
    let survey = "type,name,label,relevant,calculation,constraint\ntext,a,甲,,,\ninteger,b,乙,${a} != '',,. > 3\ncalculate,c,,,${b} * 2,\nbegin repeat,r,房间,,,\ndecimal,t,室温,,,. < 40\nend repeat,,,,,\n";
    put("form", "small.csv", survey.as_bytes());
    let survey = "type|name|label|image|calculation\nselect_one_from_file makers.csv|maker|谁家的|plate.png|\ncalculate|years|||pulldata('makers', 'years', 'name', ${maker})";
    let rows: Vec<Vec<&str>> = survey.lines().map(|line| line.split('|').collect()).collect();
    let xform = read_sheets(&Sheets::from_rows([("survey", rows)]), Some("makers"), true).xform;
    let list = "name,label,years\ndafa,大发阀业,5\n".as_bytes().to_vec();
    let files = [("makers.xml".to_owned(), xform.into_bytes()), ("makers.csv".to_owned(), list)];
    put("form", "package.zip", &Package::of(files).unwrap().bytes().unwrap());

    let here = tempfile::tempdir().unwrap();
    let mut vault = Vault::open(here.path(), None, 0).unwrap();
    let json = || fs::read_to_string(here.path().join("vault")).unwrap().split_once('\n').unwrap().1.to_owned();
    put("vault", "open.json", json().as_bytes());
    let server = SigningKey::from_bytes(&[7; 32]);
    vault.escrow_to(&server.verifying_key()).unwrap();
    vault.set_pin("1234").unwrap();
    put("vault", "pin.json", json().as_bytes());
    put("vault", "whole", &fs::read(here.path().join("vault")).unwrap());
    let device = device_id(&key().verifying_key());
    let manifest = Manifest { device, made_ms: 1_768_003_200_000, epoch: Some(1), events: 6, photos: 1 };
    let mut sealer = Sealer::begin(Vec::new(), &server.verifying_key(), &[9; 48], &manifest, &key()).unwrap();
    sealer.events(&signed).unwrap();
    sealer.photo(&photo, b"photo").unwrap();
    put("bundle", "one.huce", &sealer.end().unwrap());
    let receipts = json!({ "receipts": { "device": "aaaaaaaaaaaaaaaa", "server": "bbbbbbbbbbbbbbbb", "epoch": 1,
        "now_ms": 1, "events": [], "photos": [[photo, 5]] }, "sig": "AAAA" });
    put("bundle", "receipts.json", receipts.to_string().as_bytes());
    let escrow = Escrow::seal(&[5; 32], &server.verifying_key(), &[9; 56]).unwrap();
    put("escrow", "to-the-server.json", &serde_json::to_vec(&escrow).unwrap());
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// A chain with one event of each kind.
fn events() -> Vec<(&'static str, SignedEvent)> {
    let household = HouseholdId::of_address("西里路54号", "3", "2", "501");
    let photo = PhotoId::of_bytes(b"photo");
    let bodies: [(&str, Value); 6] = [
        (
            "household.json",
            json!({ "kind": "edit", "noun": "household", "id": household, "set": {
                "estate": { "v": "西里路54号" }, "building": { "v": "3" }, "entrance": { "v": "2" }, "room": { "v": "501" },
                "floor": { "v": 5 }, "area_m2": { "v": 88.5 } } }),
        ),
        (
            "visit.json",
            json!({ "kind": "visit", "outcome": "done", "round": "r1", "answers": { "rooms": [{ "t": 16.4 }] },
                "readings": [{ "room": "客厅", "temp_c": 16.4 }], "satisfaction": 4, "photos": [photo] }),
        ),
        ("photo.json", json!({ "kind": "photo", "photo": photo, "bytes": 5, "role": "visit", "place": [34.7, 113.6] })),
        (
            "request.json",
            json!({ "kind": "edit", "noun": "request", "id": "x-9", "set": { "channel": { "v": "desk" },
                "category": { "v": "cold" }, "severity": { "v": "small" }, "taken_ms": { "v": 1_768_003_200_000_i64 } } }),
        ),
        ("newer.json", json!({ "kind": "of a newer version", "what": [1, 2, { "deep": null }] })),
        (
            "plan.json",
            json!({ "kind": "edit", "noun": "plan", "id": "x-8", "set": { "state": { "v": "agreed" },
                "measure.vent-1": { "v": { "state": "todo", "until": "2026-02-01" }, "over": ["aaaaaaaaaaaaaaaa-3"] } } }),
        ),
    ];
    let (mut prev, mut all) = (None, Vec::new());
    for (n, (name, body)) in bodies.into_iter().enumerate() {
        let event = Event {
            device: device_id(&key().verifying_key()),
            seq: n as u64 + 1,
            prev: prev.take(),
            at: Hlc { ms: 1_768_003_200_000 + n as i64, count: 0 },
            offset_ms: Some(-5),
            person: PersonId::new("li").unwrap(),
            grid: GridId::new("S-1").unwrap(),
            household: Some(household.clone()),
            facility: None,
            body: serde_json::from_value(body).unwrap(),
        };
        let signed = SignedEvent::sign(&event, &key()).unwrap();
        prev = Some(signed.hash());
        all.push((name, signed));
    }
    all
}

/// A workbook of one sheet, as small as one can be.
fn workbook(rows: &str) -> Vec<u8> {
    let cell = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let row = |row: &str| format!("<row>{}</row>", row.split(',').map(cell).collect::<String>());
    let sheet = rows.lines().map(row).collect::<String>();
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let files = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{package}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"rId1\" Type=\"{relation}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"rId1\" Type=\"{relation}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{relation}\"><sheets><sheet name=\"台账\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{main}\"><sheetData>{sheet}</sheetData></worksheet>")),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

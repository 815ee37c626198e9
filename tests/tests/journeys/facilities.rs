//! What is no household: a truck's inspection by the command line, a heat station read in the real window; both reach the
//! console with what was found there.

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use huce_tests::{
    server::Server,
    tablet::{Tablet, photo_file},
    window::{Held, Window},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::door_to_depot::{choose, enrol, question, reach, sign_in, write};

/// A heat station of 王建设's grid.
const STATION: &str = "锅炉厂家属院1号楼热力站";
/// A truck of 王建设's grid.
const TRUCK: &str = "豫AYS003";

#[test]
fn a_truck_without_a_tracker_becomes_a_request_at_the_truck() -> Result<()> {
    let mut server = Server::with_demo()?;
    let again = server.json(&["import", "facilities", &demo(), "--json"])?;
    ensure!((&again["new"], &again["changed"], &again["events"]) == (&json!(0), &json!(0), &json!(0)), "{again}");
    ensure!(again["rows"] == json!(138) && again["facilities"] == json!(135), "{again}");
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    let trucks = tablet.must(&["facility", "list", "--kind", "vehicle", "--due"])?;
    ensure!(trucks["total"] == json!(6), "those of this grid and no others: {trucks}");
    let elsewhere = tablet.command(&["facility", "show", "豫AYS001"])?;
    ensure!(!elsewhere.1, "a truck of another grid: {}", elsewhere.0);

    let folder = TempDir::new()?;
    let answers = folder.path().join("truck.json");
    let filled = json!({
        "truck": {"plate": TRUCK, "company": "演示环卫", "kind": "press", "spot": "road", "driver": "赵"},
        "papers": {"shown": ["vehicle", "driving", "permit", "insurance", "emission"], "permit_until": "2099-12-31"},
        "body": {"cover": "closed", "leak": "none", "clean": "clean", "damaged": "no", "marks": "yes"},
        "load": {"loaded": "part", "rated": 8, "weighed": 8, "mixed": ["none"]},
        "track": {"gps": "none", "route": "yes"},
        "close": {"decision": "pass"},
    });
    std::fs::write(&answers, filled.to_string())?;
    let photo = photo_file(folder.path(), 1600, 1200)?.to_string_lossy().into_owned();
    let answers = answers.to_string_lossy().into_owned();
    let visit = ["visit", "--facility", TRUCK, "--answers", &answers, "--photo", &photo];
    let done = tablet.must(&visit)?;
    ensure!(done["requests"].as_array().is_some_and(|r| r.len() == 1), "{done}");
    ensure!(done["photos"].as_array().is_some_and(|p| p.len() == 1), "{done}");
    ensure!(!tablet.command(&["visit", "--facility", TRUCK, "--no-answer"])?.1, "nobody opens a truck");
    tablet.must(&["sync"])?;

    // Somebody else of the same grid pulls it: the truck is no longer due, and has its request.
    let other = Tablet::enrolled(&server, "wangjianshe")?;
    let page = other.must(&["facility", "show", TRUCK])?;
    let visits = page["door"]["visits"].as_object().context("no visits")?;
    ensure!(visits.len() == 1 && page["door"]["requests"].as_object().is_some_and(|r| r.len() == 1), "{page}");
    ensure!(page["door"]["photos"].as_object().is_some_and(|p| p.len() == 1), "{page}");
    let list = other.must(&["facility", "list", "--kind", "vehicle"])?;
    let line = list["facilities"].as_array().and_then(|l| l.iter().find(|l| l["facility"]["code"] == json!(TRUCK)));
    let line = line.context("no line")?;
    ensure!((&line["due"], &line["open_requests"]) == (&json!(false), &json!(1)), "{line}");
    let requests = other.must(&["request", "list"])?;
    let at = |r: &Value| r["facility"]["code"] == json!(TRUCK);
    ensure!(requests["requests"].as_array().is_some_and(|r| r.iter().any(at)), "{requests}");
    ensure!(tablet.must(&["state"])? == other.must(&["state"])?, "the two tablets differ");
    Ok(())
}

fn demo() -> String {
    huce_tests::root().join("assets/demo/facilities.csv").to_string_lossy().into_owned()
}

#[tokio::test]
async fn a_heat_station_is_read_in_the_window_and_the_console_shows_it() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let folder = TempDir::new()?;
    let store = folder.path().join("tablet");
    let photo = photo_file(folder.path(), 1600, 1200)?;
    let app = Window::tablet(&store, Held::Landscape).await?;
    enrol(&app, &server).await?;
    find_station(&app).await?;
    app.shoot("facility-new").await?;
    app.click("a.btn.primary[href*='/facility-visit/']").await?;
    app.see(".form-frame").await?;
    fill(&app).await?;
    app.kill_app()?;

    // It goes on where it was.
    let app = Window::tablet(&store, Held::Portrait).await?;
    app.read(&["仪表照片", STATION]).await?;
    let file = question("仪表照片", "//input[@type='file']");
    app.page.find(Locator::XPath(&file)).await?.send_keys(&photo.to_string_lossy()).await?;
    app.see(".photo-answer img").await?;
    app.read(&["已保存"]).await?;
    app.shoot("facility-photo").await?;
    app.tap_in(".section", "核对提交").await?;
    app.click(".form-foot .btn.primary:not([disabled])").await?;
    // The only pump is at fault: the station is cold, and that is a request with a clock.
    app.read(&["循环泵都停了", "换备用泵"]).await?;
    app.shoot("facility-submitted").await?;
    app.tap("回到设施").await?;
    app.read(&["诉求：不热", "待同步"]).await?;
    app.settle().await?;
    app.shoot("facility-portrait").await?;
    app.go("/sync").await?;
    app.tap("立即同步").await?;
    app.read(&["都已送到服务器"]).await?;
    app.close().await?;

    for (held, language, words) in [(Held::Landscape, "zh", "设施"), (Held::Portrait, "en", "Facilities")] {
        let app = Window::tablet(&store, held).await?;
        app.see("nav").await?;
        app.page.execute("localStorage.setItem('huce.language', arguments[0])", vec![json!(language)]).await?;
        app.reload("nav").await?;
        app.go("/facilities").await?;
        app.read(&[words, STATION]).await?;
        app.settle().await?;
        app.shoot(&format!("facilities-{}", held.size())).await?;
        app.tap_in(".row a", STATION).await?;
        app.read(&["RL-005"]).await?;
        app.settle().await?;
        app.shoot(&format!("facility-{}", held.size())).await?;
        app.close().await?;
    }

    let console = sign_in(&server, folder.path()).await?;
    console.page.goto(&format!("{}/console/facilities?kind=station", server.url())).await?;
    console.tap_in(".row a", STATION).await?;
    console.read(&["RL-005", "王建设", "诉求：不热"]).await?;
    console.tap("答案").await?;
    console.read(&["现在状态", "故障"]).await?;
    console.shoot("facility-console").await?;
    console.page.goto(&format!("{}/console/facilities?kind=station", server.url())).await?;
    console.read(&[STATION, "未检"]).await?;
    console.settle().await?;
    console.shoot("facilities-console").await?;
    console.close().await
}

async fn find_station(app: &Window) -> Result<()> {
    app.go("/buildings").await?;
    app.tap("设施").await?;
    app.tap_in("[role=radio]", "热力站").await?;
    app.fill("input[name=facility]", "rl-005").await?;
    app.tap_in(".row a", STATION).await?;
    app.read(&["RL-005", "还没有记录"]).await?;
    Ok(())
}

/// Everything but the photo.
async fn fill(app: &Window) -> Result<()> {
    write(app, "站名", STATION).await?;
    choose(app, "现在在供热吗", "是").await?;
    for (label, value) in
        [("一次供水温度", "90"), ("一次回水温度", "45"), ("一次供水压力", "0.8"), ("一次回水压力", "0.6")]
    {
        write(app, label, value).await?;
    }
    choose(app, "哪个机组", "低区").await?;
    for (label, value) in [
        ("二次供水温度", "48"),
        ("二次回水温度", "38"),
        ("二次供水压力", "0.5"),
        ("二次回水压力", "0.35"),
        ("定压值", "0.35"),
    ] {
        write(app, label, value).await?;
    }
    for (label, value) in [("补水表今天读数", "110"), ("上次读数", "100"), ("平时一天补多少", "9")] {
        write(app, label, value).await?;
    }
    choose(app, "水箱水位", "正常").await?;
    choose(app, "哪台泵", "1 号循环泵").await?;
    choose(app, "现在状态", "故障").await?;
    choose(app, "地面、集水坑", "干燥").await?;
    choose(app, "哪里不对", "都正常").await?;
    choose(app, "周围住户", "否").await?;
    reach(app, "仪表照片").await
}

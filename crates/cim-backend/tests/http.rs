//! A real client reads everything over HTTP.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod fixture;

use cim_model::{Case, CaseSummary};
use fixture::{cases, get, options, town, write_city};
use serde_json::Value;

#[tokio::test]
async fn every_collection_is_read_page_by_page() {
    let (_folder, backend) = town(false).await;
    let list = get(&backend, "api/collections").await;
    let ids: Vec<&str> = list["collections"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["camera", "sensor", "case", "ai_alarm", "vehicle"]);
    for (id, total) in [("camera", 25), ("sensor", 10), ("case", 20), ("vehicle", 20), ("ai_alarm", 0)] {
        let mut path = format!("api/collections/{id}/items?limit=7");
        let mut seen = std::collections::BTreeSet::new();
        loop {
            let page = get(&backend, &path).await;
            assert_eq!(page["numberMatched"], total, "{id}");
            let features = page["features"].as_array().unwrap();
            assert_eq!(page["numberReturned"], features.len());
            for f in features {
                assert!(f["properties"]["key"].as_str().unwrap().contains(':'));
                assert!(seen.insert(f["id"].as_str().unwrap().to_owned()), "{id}: twice");
            }
            let next = page["links"].as_array().unwrap().iter().find(|l| l["rel"] == "next");
            match next {
                Some(link) => path = link["href"].as_str().unwrap().trim_start_matches('/').to_owned(),
                None => break,
            }
        }
        assert_eq!(seen.len(), total, "{id}");
    }
}

#[tokio::test]
async fn boxes_and_properties_filter() {
    let (_folder, backend) = town(false).await;
    let matched = |path: &'static str| {
        let backend = &backend;
        async move { get(backend, path).await["numberMatched"].as_u64().unwrap() }
    };
    assert_eq!(matched("api/collections/camera/items?bbox=116.5795,35,116.5825,36").await, 3);
    assert_eq!(matched("api/collections/camera/items?ptz_type=ball").await, 13);
    assert_eq!(matched("api/collections/camera/items?online=true&ptz_type=box").await, 12);
    assert_eq!(matched("api/collections/sensor/items?alarm=75").await, 10);
    assert_eq!(matched("api/collections/case/items?state=open").await, 10);
    assert_eq!(matched("api/collections/vehicle/items?kind=sweeper").await, 0);
    let item = get(&backend, "api/collections/camera/items/3").await;
    assert_eq!(item["properties"]["name"], "camera 3");
}

#[tokio::test]
async fn wrong_questions_get_a_reason() {
    let (_folder, backend) = town(false).await;
    for (path, status) in [
        ("api/collections/dragons/items", 404),
        ("api/collections/camera/items/999", 404),
        ("api/collections/camera/items?bbox=1,2,three,4", 400),
        ("api/collections/camera/items?limit=-1", 400),
        ("api/entities/nonsense", 400),
        ("api/entities/camera:none", 404),
        ("api/cases/none", 404),
        ("api/nothing", 404),
        ("media/cases/none/before.png", 404),
        ("api/live?format=xml", 400),
    ] {
        let answer = reqwest::get(format!("{}{path}", backend.url())).await.unwrap();
        // A request for a socket without an upgrade is refused before its parameters are looked at.
        if path.starts_with("api/live") {
            assert!(answer.status().is_client_error());
            continue;
        }
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let body: Value = answer.json().await.unwrap();
        assert!(body["code"].is_string() && body["description"].is_string(), "{path}");
    }
}

#[tokio::test]
async fn what_only_the_tiles_know_is_no_error() {
    let (_folder, backend) = town(false).await;
    let entity = get(&backend, "api/entities/building:only-in-the-tiles").await;
    assert_eq!(entity["properties"], serde_json::json!({}));
    assert_eq!(get(&backend, "api/entities/building:only-in-the-tiles/cases").await["total"], 0);
}

#[tokio::test]
async fn the_case_history_of_a_thing_is_all_of_it_newest_first() {
    let (_folder, backend) = town(false).await;
    let answer = get(&backend, "api/entities/building:B1/cases").await;
    let served: Vec<CaseSummary> = serde_json::from_value(answer["cases"].clone()).unwrap();
    let mut expected: Vec<CaseSummary> = cases().into_iter().map(|c| c.summary).collect();
    expected.retain(|c| c.subject.as_ref().unwrap().to_string() == "building:B1");
    expected.reverse();
    assert_eq!(served, expected);
    assert_eq!(answer["total"], 15);
    assert!(served.iter().any(|c| c.place.is_none()), "the case without a place is there too");
    // What a case is related to has it in its history as well.
    assert_eq!(get(&backend, "api/entities/grid:370811001001001/cases?limit=5").await["total"], 20);
    let one: Case = serde_json::from_value(get(&backend, "api/cases/2025-0007").await).unwrap();
    assert_eq!(one, cases()[6]);
}

#[tokio::test]
async fn entities_site_network_tiles_and_page() {
    let (_folder, backend) = town(false).await;
    let site = get(&backend, "api/site").await;
    assert_eq!(site["name_zh"], "试验城");
    assert_ne!(site["now"], "2026-01-01T00:00:00Z");
    assert_eq!(get(&backend, "api/network").await["edges"].as_array().unwrap().len(), 3);
    assert_eq!(get(&backend, "tiles/tileset.json").await["asset"]["version"], "1.1");
    let camera = get(&backend, "api/entities/camera:3").await;
    assert_eq!((&camera["layer"], &camera["properties"]["name"]), (&"camera".into(), &"camera 3".into()));
    assert!((camera["place"]["lon"].as_f64().unwrap() - 116.583).abs() < 1e-9);
    let page = reqwest::get(backend.url()).await.unwrap().text().await.unwrap();
    assert!(page.contains("make web"));
}

#[tokio::test]
async fn what_could_not_be_imported_is_named_and_the_rest_is_there() {
    let (folder, backend) = town(false).await;
    let report = get(&backend, "api/diagnostics").await;
    assert_eq!(report["counts"]["records-unreadable"], 1);
    assert_eq!(report["counts"]["case-unreadable"], 1);
    assert_eq!(report["counts"]["unknown-class"], 1);
    assert!(report["recent"].to_string().contains("line 4"));
    // And it stays named when the backend starts again on what it had imported.
    backend.shutdown().await.unwrap();
    let backend = cim_backend::start(options(&folder, false)).await.unwrap();
    assert_eq!(get(&backend, "api/diagnostics").await["counts"], report["counts"]);
}

#[tokio::test]
async fn a_class_that_no_dictionary_has_is_named_and_kept() {
    let (_folder, backend) = town(false).await;
    let classes = get(&backend, "api/classes").await;
    assert!(classes["classes"].as_array().unwrap().iter().any(|c| c["code"] == "0504" && c["zh"] == "店外经营"));
    let before = get(&backend, "api/diagnostics").await["counts"]["unknown-class"].as_u64().unwrap();
    let alert = serde_json::json!([{"alerts": [{
        "id": "A1", "class": "X7", "class_name": "专项行动", "severity": "minor", "state": "raised",
        "time": "2026-11-23T06:00:00Z", "place": null, "source": "camera:3", "grid": null, "confidence": null,
        "snapshot_url": null, "case_id": null
    }]}]);
    let client = reqwest::Client::new();
    client.post(format!("{}api/ingest", backend.url())).json(&alert).send().await.unwrap();
    assert_eq!(get(&backend, "api/diagnostics").await["counts"]["unknown-class"], before + 1);
    assert_eq!(get(&backend, "api/entities/alert:A1").await["properties"]["class_name"], "专项行动");
}

#[tokio::test]
async fn sensorthings_leads_from_things_to_observations() {
    let (_folder, backend) = town(false).await;
    let reading = serde_json::json!([{"readings": [{"id": "4", "value": 51.5, "state": "normal", "time": "2026-11-01T00:00:00Z"}]}]);
    let client = reqwest::Client::new();
    client.post(format!("{}api/ingest", backend.url())).json(&reading).send().await.unwrap();
    let things = get(&backend, "api/sta/v1.1/Things?$top=4&$count=true").await;
    assert_eq!(things["@iot.count"], 10);
    assert!(things["@iot.nextLink"].as_str().unwrap().contains("$skip=4"));
    let streams = get(&backend, "api/sta/v1.1/Things('4')/Datastreams").await;
    let link = streams["value"][0]["Observations@iot.navigationLink"].as_str().unwrap();
    let observations = get(&backend, link.trim_start_matches('/')).await;
    assert_eq!(observations["value"][0]["result"], 51.5);
    assert_eq!(get(&backend, "api/sta/v1.1/Observations").await["value"].as_array().unwrap().len(), 1);
    assert_eq!(get(&backend, "api/sta/v1.1/Datastreams('4')/ObservedProperty").await["name"], "噪声");
}

#[tokio::test]
async fn a_taken_port_is_one_clear_sentence() {
    let (folder, backend) = town(false).await;
    let mut again = options(&folder, false);
    again.database = folder.path().join("other.sqlite");
    again.listen = backend.local_addr();
    let error = cim_backend::start(again).await.err().unwrap().to_string();
    assert!(error.contains("already in use") && error.contains("--port"), "{error}");
    let mut nowhere = options(&folder, false);
    nowhere.city = folder.path().join("nowhere");
    let error = cim_backend::start(nowhere).await.err().unwrap().to_string();
    assert!(error.contains("cim-twin synth"), "{error}");
}

#[tokio::test]
async fn a_city_made_anew_is_imported_anew() {
    let (folder, backend) = town(false).await;
    backend.shutdown().await.unwrap();
    let root = folder.path().join("city");
    write_city(&root);
    std::fs::write(root.join("records/camera.geojson"), r#"{"type":"FeatureCollection","features":[]}"#).unwrap();
    let backend = cim_backend::start(options(&folder, false)).await.unwrap();
    let list = get(&backend, "api/collections").await;
    assert!(!list["collections"].to_string().contains("\"camera\""));
}

#[tokio::test]
async fn boxes_of_a_large_collection_are_paged_and_hold_what_lies_in_them_to_the_last_digit() {
    let folder = tempfile::TempDir::new().unwrap();
    let root = folder.path().join("city");
    write_city(&root);
    // Places a centimetre apart, which the numbers of an R*Tree cannot tell from one another.
    let place = |i: u32| [116.58 + f64::from(i % 60) * 1e-7, 35.41 + f64::from(i / 60) * 1e-7];
    let features: Vec<Value> = (0..3000)
        .map(|i| {
            serde_json::json!({"type": "Feature", "id": format!("{i:016}"),
                "geometry": {"type": "Point", "coordinates": place(i)},
                "properties": {"key": format!("component:{i:016}"), "name": "路灯"}})
        })
        .chain([serde_json::json!({"type": "Feature", "id": format!("{:016}", 7), "properties": {}})])
        .collect();
    let text = serde_json::json!({"type": "FeatureCollection", "features": features}).to_string();
    std::fs::write(root.join("records/components.geojson"), text).unwrap();
    let backend = cim_backend::start(options(&folder, false)).await.unwrap();
    assert_eq!(get(&backend, "api/diagnostics").await["counts"]["record-twice"], 1);

    let (w, s, e, n) = (116.58 + 9.5e-7, 35.41 + 4.5e-7, 116.58 + 30.5e-7, 35.41 + 20.5e-7);
    let inside = (0..3000).filter(|i| {
        let [x, y] = place(*i);
        (w..=e).contains(&x) && (s..=n).contains(&y)
    });
    let expected: Vec<String> = inside.map(|i| format!("{i:016}")).collect();
    let (mut path, mut seen) = (format!("api/collections/components/items?bbox={w},{s},{e},{n}&limit=100"), Vec::new());
    loop {
        let page = get(&backend, &path).await;
        assert_eq!(page["numberMatched"], expected.len());
        let ids = page["features"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap().to_owned());
        seen.extend(ids);
        match page["links"].as_array().unwrap().iter().find(|l| l["rel"] == "next") {
            Some(link) => path = link["href"].as_str().unwrap().trim_start_matches('/').to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, expected);
    let last = get(&backend, "api/collections/components/items?limit=10&offset=2995").await;
    assert_eq!((&last["numberMatched"], &last["numberReturned"]), (&3000.into(), &5.into()));
    assert_eq!(get(&backend, "api/collections/components/items?offset=4000").await["numberReturned"], 0);
    let one = get(&backend, "api/entities/component:0000000000000007").await;
    assert_eq!((&one["layer"], &one["properties"]["name"]), (&"component".into(), &"路灯".into()));
    assert_eq!(get(&backend, "api/collections/components/items/0000000000000042").await["id"], "0000000000000042");
}

#[tokio::test]
async fn a_database_of_an_older_version_is_filled_anew() {
    let (folder, backend) = town(false).await;
    backend.shutdown().await.unwrap();
    let old = rusqlite::Connection::open(folder.path().join("twin.sqlite")).unwrap();
    old.execute_batch(
        "DROP TABLE feature; DROP TABLE collection; DROP TABLE feature_box; PRAGMA user_version = 0;
         CREATE TABLE feature (collection TEXT, position INTEGER, fid TEXT, key TEXT, json TEXT);",
    )
    .unwrap();
    drop(old);
    let backend = cim_backend::start(options(&folder, false)).await.unwrap();
    assert_eq!(get(&backend, "api/collections/camera/items").await["numberMatched"], 25);
}

//! A real client listens to the living city.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod fixture;

use cim_backend::Backend;
use cim_model::live::{Body, Envelope};
use fixture::{get, options, town};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

type Stream = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn listen(backend: &Backend, query: &str) -> Stream {
    let url = format!("ws://{}/api/live?{query}", backend.local_addr());
    connect_async(url).await.unwrap().0
}

async fn next(stream: &mut Stream) -> Envelope {
    let message =
        tokio::time::timeout(Duration::from_secs(20), stream.next()).await.expect("silence").unwrap().unwrap();
    match message {
        Message::Text(text) => Envelope::from_json(&text).unwrap(),
        Message::Binary(bytes) => Envelope::from_binary(&bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn ingest(backend: &Backend, body: &Value) -> Value {
    let client = reqwest::Client::new();
    let answer = client.post(format!("{}api/ingest", backend.url())).json(body).send().await.unwrap();
    assert!(answer.status().is_success());
    answer.json().await.unwrap()
}

fn alert(id: &str) -> Value {
    json!({"alerts": [{
        "id": id, "class": "0504", "class_name": "店外经营", "severity": "minor", "state": "raised",
        "time": "2026-11-23T06:00:00Z", "place": {"lon": 116.58, "lat": 35.41}, "source": "camera:3",
        "grid": null, "confidence": 0.9, "snapshot_url": null, "case_id": null
    }]})
}

fn position(id: &str, lon: f64, lat: f64) -> Value {
    json!({"positions": [{
        "id": id, "kind": "muck_truck", "place": {"lon": lon, "lat": lat}, "heading_deg": 90.0, "speed_mps": 8.0,
        "state": "working", "time": "2026-11-23T06:00:00Z"
    }]})
}

#[tokio::test]
async fn both_forms_begin_with_hello_and_the_city_moves() {
    let (_folder, backend) = town(true).await;
    for format in ["json", "binary"] {
        let mut stream = listen(&backend, &format!("format={format}")).await;
        assert!(matches!(next(&mut stream).await.body, Body::Hello { .. }));
        let mut moving = std::collections::BTreeMap::new();
        let mut readings = 0;
        for _ in 0..60 {
            match next(&mut stream).await.body {
                Body::Positions(list) => {
                    for p in list {
                        assert!((p.place.lon - 116.585).abs() < 0.02 && (p.place.lat - 35.415).abs() < 0.02);
                        moving.entry(p.id).or_insert_with(Vec::new).push(p.place);
                    }
                }
                Body::Readings(list) => readings += list.len(),
                _ => {}
            }
            let moved = moving.values().filter(|track| track.windows(2).any(|w| w[0] != w[1])).count();
            if moved > 5 && readings > 0 {
                break;
            }
        }
        assert_eq!(moving.len(), 20, "{format}");
        assert!(readings > 0, "{format}");
    }
}

#[tokio::test]
async fn who_comes_back_gets_every_alert_that_was_missed() {
    let (folder, backend) = town(false).await;
    let mut stream = listen(&backend, "format=json").await;
    let hello = next(&mut stream).await;
    let Body::Hello { epoch, .. } = hello.body else { panic!() };
    ingest(&backend, &json!([alert("A1")])).await;
    let first = loop {
        let e = next(&mut stream).await;
        if matches!(e.body, Body::Alerts(_)) {
            break e;
        }
    };
    drop(stream);
    for i in 2..=9 {
        ingest(&backend, &json!([alert(&format!("A{i}"))])).await;
    }
    // The backend itself goes and comes back: the log is on disk.
    backend.shutdown().await.unwrap();
    let backend = cim_backend::start(options(&folder, false)).await.unwrap();
    let mut stream = listen(&backend, &format!("format=binary&epoch={epoch}&since={}", first.seq)).await;
    let mut got = Vec::new();
    while got.len() < 8 {
        match next(&mut stream).await.body {
            Body::Alerts(list) => got.extend(list.into_iter().map(|a| a.id)),
            Body::Resync => panic!("asked to read everything again"),
            _ => {}
        }
    }
    assert_eq!(got, (2..=9).map(|i| format!("A{i}")).collect::<Vec<_>>());
    assert_eq!(get(&backend, "api/alerts?limit=100").await.as_array().unwrap().len(), 9);
    // A number that was never given out means that the client's past is not ours.
    let mut stream = listen(&backend, &format!("epoch={epoch}&since=99999")).await;
    next(&mut stream).await;
    assert!(matches!(next(&mut stream).await.body, Body::Resync));
}

#[tokio::test]
async fn bad_reports_are_named_and_good_ones_beside_them_arrive() {
    let (_folder, backend) = town(false).await;
    let mut stream = listen(&backend, "format=json").await;
    let body = json!([
        position("V1", 0.0, 0.0),
        position("V2", 116.58, 35.41),
        {"dragons": []},
        position("V3", 2.35, 48.85),
        "heartbeat",
        {"alerts": [{"id": "half"}]},
    ]);
    let outcome = ingest(&backend, &body).await;
    assert_eq!(outcome["accepted"], 1);
    let rejected: Vec<(u64, &str)> = outcome["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["index"].as_u64().unwrap(), r["code"].as_str().unwrap()))
        .collect();
    assert_eq!(
        rejected,
        [
            (0, "implausible-place"),
            (2, "message-unreadable"),
            (3, "implausible-place"),
            (4, "message-misplaced"),
            (5, "message-unreadable")
        ]
    );
    assert_eq!(get(&backend, "api/diagnostics").await["counts"]["implausible-place"], 2);
    loop {
        if let Body::Positions(list) = next(&mut stream).await.body {
            assert_eq!(list.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["V2"]);
            break;
        }
    }
    let client = reqwest::Client::new();
    for garbage in ["", "[", "{}", "\u{0}"] {
        let answer = client.post(format!("{}api/ingest", backend.url())).body(garbage).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 400);
    }
    assert_eq!(get(&backend, "api/entities/vehicle:V2").await["place"]["lon"], 116.58);
}

#[tokio::test]
async fn an_acknowledged_alert_tells_everybody() {
    let (_folder, backend) = town(false).await;
    ingest(&backend, &json!([alert("A1")])).await;
    let mut stream = listen(&backend, "format=json").await;
    let client = reqwest::Client::new();
    let answer = client.post(format!("{}api/alerts/A1/ack", backend.url())).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["state"], "acknowledged");
    loop {
        if let Body::Alerts(list) = next(&mut stream).await.body {
            assert_eq!(serde_json::to_value(list[0].state).unwrap(), "acknowledged");
            break;
        }
    }
}

//! The real program serving, and a client that reads all of it: every collection to the last page, and a minute of the
//! living city.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod town;

use cim_model::{
    Place,
    live::{Body, Envelope},
};
use futures_util::StreamExt;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio_tungstenite::{connect_async, tungstenite::Message};
use url::Url;

struct Server {
    process: Child,
    url: Url,
}

impl Server {
    fn start(name: &str) -> Self {
        let (city, database) = (town::folder().join("city"), town::folder().join(name));
        let mut process = Command::new(env!("CARGO_BIN_EXE_cim-twin"))
            .args(["serve", "--port", "0", "--city", city.to_str().unwrap(), "--database", database.to_str().unwrap()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, url: line.trim().parse().unwrap() }
    }

    async fn get(&self, path: &str) -> Value {
        let answer = reqwest::get(self.url.join(path).unwrap()).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; the test then has failed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn every_collection_is_read_to_its_last_page() {
    let server = Server::start("collections.sqlite");
    assert!(server.get("api/site").await["name_zh"].as_str().unwrap().contains("济宁"));
    let mut read = BTreeMap::new();
    for collection in server.get("api/collections").await["collections"].as_array().unwrap() {
        let id = collection["id"].as_str().unwrap();
        let mut path = format!("api/collections/{id}/items?limit=500");
        let (mut ids, mut items) = (BTreeSet::new(), 0);
        let matched = loop {
            let page = server.get(&path).await;
            for feature in page["features"].as_array().unwrap() {
                assert_eq!(feature["type"], "Feature", "{id}");
                assert!(ids.insert(feature["id"].to_string()), "{id}: {} came twice", feature["id"]);
                items += 1;
            }
            let links = page["links"].as_array().unwrap();
            match links.iter().find(|l| l["rel"] == "next") {
                Some(next) => path = next["href"].as_str().unwrap().to_owned(),
                None => break page["numberMatched"].as_u64().unwrap(),
            }
        };
        assert_eq!(items, matched, "{id}");
        read.insert(id.to_owned(), items);
    }
    for (id, least) in [
        ("unit_grid", 100),
        ("roads", 30),
        ("camera", 100),
        ("sensor", 20),
        ("shop_sign", 100),
        ("shared_bike", 600),
        ("bike_area", 20),
        ("components", 4_000),
        ("admin", 3),
        ("case", 900),
    ] {
        assert!(read.get(id).is_some_and(|n| *n >= least), "{id}: {:?}", read.get(id));
    }
    assert_eq!(read.get("vehicle"), Some(&1362));
}

#[tokio::test]
async fn a_minute_of_the_living_city() {
    let server = Server::start("minute.sqlite");
    let roads = Roads::read();
    let mut live = server.url.join("api/live?format=binary").unwrap();
    live.set_scheme("ws").unwrap();
    let mut stream = connect_async(live.as_str()).await.unwrap().0;
    let (mut seen, mut moved): (BTreeMap<String, Place>, BTreeSet<String>) = (BTreeMap::new(), BTreeSet::new());
    let (mut readings, mut alerts, mut kept) = (BTreeSet::new(), BTreeSet::new(), None::<u64>);
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end {
        let message = tokio::time::timeout(Duration::from_secs(20), stream.next()).await.expect("silence");
        let Message::Binary(bytes) = message.unwrap().unwrap() else { continue };
        let envelope = Envelope::from_binary(&bytes).unwrap();
        let next = kept.map(|k| k + u64::from(envelope.body.is_kept()));
        assert!(next.is_none_or(|n| n == envelope.seq), "after {kept:?} came {}", envelope.seq);
        kept = Some(envelope.seq);
        match envelope.body {
            Body::Positions(list) => {
                for p in list {
                    if p.speed_mps > 0.0 {
                        let off = roads.distance_m(p.place);
                        assert!(off < 20.0, "{} drives {off:.0} m beside the road", p.id);
                    }
                    if seen.insert(p.id.clone(), p.place).is_some_and(|before| before != p.place) {
                        moved.insert(p.id);
                    }
                }
            }
            Body::Readings(list) => readings.extend(list.into_iter().map(|r| r.id)),
            Body::Alerts(list) => alerts.extend(list.into_iter().map(|a| a.id)),
            _ => {}
        }
    }
    assert_eq!(seen.len(), 1362);
    assert!(moved.len() > 300, "only {} vehicles moved", moved.len());
    assert!(!readings.is_empty() && !alerts.is_empty());
    // What was heard is what is on record.
    let page = server.get("api/collections/ai_alarm/items?limit=1000").await;
    let on_record: BTreeSet<&str> =
        page["features"].as_array().unwrap().iter().filter_map(|f| f["properties"]["id"].as_str()).collect();
    assert!(alerts.iter().all(|id| on_record.contains(id.as_str())), "{alerts:?} {on_record:?}");
}

/// The centre lines of the city's roads, metres from the first node.
struct Roads {
    origin: [f64; 2],
    lines: Vec<Vec<[f64; 2]>>,
}

impl Roads {
    fn read() -> Self {
        let text = std::fs::read(town::folder().join("city/network.json")).unwrap();
        let network: Value = serde_json::from_slice(&text).unwrap();
        let pair = |v: &Value| [v[0].as_f64().unwrap(), v[1].as_f64().unwrap()];
        let origin = pair(&network["nodes"][0]);
        let edges = network["edges"].as_array().unwrap();
        let line = |e: &Value| e["points"].as_array().unwrap().iter().map(|p| local(origin, pair(p))).collect();
        Self { origin, lines: edges.iter().map(line).collect() }
    }

    fn distance_m(&self, place: Place) -> f64 {
        let p = local(self.origin, [place.lon, place.lat]);
        let to = |a: [f64; 2], b: [f64; 2]| {
            let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
            let t = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy).max(1e-9);
            let t = t.clamp(0.0, 1.0);
            (a[0] + t * dx - p[0]).hypot(a[1] + t * dy - p[1])
        };
        let all = self.lines.iter().flat_map(|l| l.windows(2).map(|w| to(w[0], w[1])));
        all.fold(f64::INFINITY, f64::min)
    }
}

/// Metres east and north, good enough over a city for a test in metres.
fn local(origin: [f64; 2], [lon, lat]: [f64; 2]) -> [f64; 2] {
    let metres = 111_320.0;
    [(lon - origin[0]) * metres * origin[1].to_radians().cos(), (lat - origin[1]) * metres]
}

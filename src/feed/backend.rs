//! The one backend: connecting, reading what it has, asking it.

use super::{
    arrivals::Fleet,
    events::{FeedEvent, LinkState, Request},
    fetch::Fetcher,
    link::{Link, News, Step},
    reading::{Again, Reading, Source, json},
    records::{self, Collections},
    socket::{self, Socket},
};
use crate::{
    diagnostics::{BackendDefects, Diagnostics},
    live::Layers,
};
use bevy::prelude::*;
use cim_geo::Relief;
use cim_model::{Alert, Case, CaseSummary, LayerId, Place, Site, Timestamp, live::Body, live::Envelope};
use crossbeam_channel::{Receiver, Sender, bounded};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};
use url::Url;

/// Parcels that may wait; more make the connection wait, or end where it cannot.
pub(super) const WAITING: usize = 256;
/// Parcels that one frame takes.
const PARCELS_A_FRAME: usize = 48;
/// Seconds between two looks at what the backend found wrong.
const DEFECTS_EVERY_SECS: f64 = 30.0;

/// Where the backend is.
#[derive(Resource, Debug, Clone, Default, PartialEq, Eq)]
pub struct Backend {
    /// Its root, such as `http://127.0.0.1:8620/`; `None` when there is none.
    pub base: Option<Url>,
}

/// The backend's clock.
#[derive(Resource, Debug, Clone, Copy, Default)]
pub struct Clock {
    /// Milliseconds that the backend's time is ahead of the seconds since the program started.
    offset_ms: Option<f64>,
    now_secs: f64,
}

impl Clock {
    /// The time at the backend now; `None` before it was ever heard.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        self.offset_ms.map(|o| Timestamp((o + self.now_secs * 1000.0) as i64))
    }

    /// Seconds since the program started.
    #[must_use]
    pub fn elapsed_secs(&self) -> f64 {
        self.now_secs
    }

    /// Hears the backend's time; single late messages do not turn the clock.
    fn hear(&mut self, time: Timestamp) {
        let seen = time.0 as f64 - self.now_secs * 1000.0;
        self.offset_ms = Some(match self.offset_ms {
            Some(o) if (seen - o).abs() < 5000.0 => o + (seen - o) * 0.05,
            _ => seen,
        });
    }
}

/// How the connection stands.
#[derive(Resource, Debug, Clone, PartialEq, Eq)]
pub struct LinkStatus(pub LinkState);

impl Default for LinkStatus {
    fn default() -> Self {
        Self(LinkState::None)
    }
}

/// Something that arrived from the network's side.
#[derive(Debug)]
pub(super) enum Parcel {
    /// The site was read; now the socket may be opened.
    Ready { generation: u64, site: Site, relief: Option<Arc<Relief>> },
    /// Connecting failed or the connection ended.
    Closed { generation: u64, reason: String },
    /// Which collections the backend has.
    Collections(Collections),
    /// A live message.
    Live { generation: u64, envelope: Envelope },
    /// What the backend at `base` could not give in the `attempt`th try.
    Unread { base: Url, reading: Reading, attempt: u32 },
    /// Anything else, ready to be passed on.
    Event(FeedEvent),
}

impl Parcel {
    pub(super) fn defect(code: &'static str, place: &str, message: impl ToString) -> Self {
        Self::Event(FeedEvent::Defect { code, place: place.to_owned(), message: message.to_string() })
    }
}

/// Both ends of the channel and the connection's state.
#[derive(Resource)]
pub(super) struct Inbox {
    pub(super) sender: Sender<Parcel>,
    pub(super) receiver: Receiver<Parcel>,
    pub(super) collections: Collections,
    pub(super) again: Again,
    pub(super) fleet: Fleet,
    link: Link,
    base: Option<Url>,
    defects_at: f64,
}

impl Default for Inbox {
    fn default() -> Self {
        // Where nobody can wait, answers have room of their own beyond what live messages may fill.
        let (sender, receiver) = bounded(if cfg!(target_arch = "wasm32") { 16 * WAITING } else { WAITING });
        let link = Link::default();
        let (collections, again, fleet) = (Collections::default(), Again::default(), Fleet::default());
        Self { sender, receiver, collections, again, fleet, link, base: None, defects_at: f64::INFINITY }
    }
}

/// The open socket. The browser's cannot leave its thread.
#[derive(Default)]
pub(super) struct OpenSocket(Option<Socket>);

/// Hands over what was asked for. On the desktop a full channel makes the thread that fetches wait; in the browser nobody
/// may wait, and answers are as few as questions.
pub(super) fn deliver(sender: &Sender<Parcel>, parcel: Parcel) {
    // Without a receiver the application is going down.
    #[cfg(not(target_arch = "wasm32"))]
    let _ = sender.send(parcel);
    #[cfg(target_arch = "wasm32")]
    let _ = sender.try_send(parcel);
}

pub(super) fn connect(
    backend: Res<Backend>,
    fetcher: Res<Fetcher>,
    time: Res<Time<Real>>,
    mut inbox: ResMut<Inbox>,
    mut socket: NonSendMut<OpenSocket>,
    mut clock: ResMut<Clock>,
    mut status: ResMut<LinkStatus>,
) {
    let now = time.elapsed_secs_f64();
    clock.now_secs = now;
    let inbox = &mut *inbox;
    if inbox.base != backend.base {
        inbox.base.clone_from(&backend.base);
        inbox.collections = Collections::default();
        inbox.again.clear();
        inbox.fleet = Fleet::default();
        socket.0 = None;
        if inbox.base.is_some() {
            inbox.link.start(now);
        } else {
            inbox.link = Link::default();
            status.0 = LinkState::None;
        }
    }
    let Some(base) = inbox.base.clone() else { return };
    match inbox.link.step(now) {
        Step::Rest => {}
        Step::Close => {
            socket.0 = None;
            inbox.link.lost(now);
            status.0 = LinkState::Lost { reason: "no sign of life".into() };
        }
        Step::Open => {
            if !matches!(status.0, LinkState::Lost { .. }) {
                status.0 = LinkState::Connecting { attempt: inbox.link.attempt };
            }
            let (generation, sender) = (inbox.link.generation, inbox.sender.clone());
            let (again, root) = (fetcher.clone(), base.clone());
            get::<Site>(&fetcher, &base, "api/site", move |result| match result {
                Ok(site) => ground(&again, &root, sender, generation, site),
                Err(reason) => deliver(&sender, Parcel::Closed { generation, reason }),
            });
        }
    }
    if status.0 == LinkState::Connected {
        let due = inbox.again.due(now);
        let source = Source { fetcher: fetcher.clone(), base: base.clone(), sender: inbox.sender.clone() };
        due.into_iter().for_each(|(reading, attempt)| reading.start(&source, attempt));
    }
    if now >= inbox.defects_at
        && let Ok(url) = base.join("api/diagnostics")
    {
        inbox.defects_at = now + DEFECTS_EVERY_SECS;
        let out = inbox.sender.clone();
        fetcher.poll(url.clone(), move |result| {
            // A backend of another make may keep none; that the connection is lost is said elsewhere.
            if let Ok(defects) = json(result, &url) {
                deliver(&out, Parcel::Event(FeedEvent::BackendDefects(defects)));
            }
        });
    }
}

/// Reads the heights of the ground before anything that lies on it; without them the city is shown flat.
fn ground(fetcher: &Fetcher, base: &Url, sender: Sender<Parcel>, generation: u64, site: Site) {
    let Some(url) = site.terrain_url.as_ref().map(|path| base.join(path)) else {
        deliver(&sender, Parcel::Ready { generation, site, relief: None });
        return;
    };
    let url = match url {
        Ok(url) => url,
        Err(e) => {
            deliver(&sender, Parcel::defect("terrain-unreadable", "terrain_url", e));
            deliver(&sender, Parcel::Ready { generation, site, relief: None });
            return;
        }
    };
    fetcher.get(url.clone(), move |result| {
        let read = |bytes: Vec<u8>| Relief::from_bytes(&bytes).map_err(|e| e.to_string());
        let relief = match result.map_err(|e| e.to_string()).and_then(read) {
            Ok(relief) => Some(Arc::new(relief)),
            Err(e) => {
                deliver(&sender, Parcel::defect("terrain-unreadable", url.as_str(), e));
                None
            }
        };
        deliver(&sender, Parcel::Ready { generation, site, relief });
    });
}

/// Takes what arrived and passes it on.
pub(super) fn receive(
    fetcher: Res<Fetcher>,
    mut inbox: ResMut<Inbox>,
    mut socket: NonSendMut<OpenSocket>,
    mut clock: ResMut<Clock>,
    mut status: ResMut<LinkStatus>,
    mut events: MessageWriter<FeedEvent>,
) {
    let inbox = &mut *inbox;
    let now = clock.now_secs;
    for _ in 0..PARCELS_A_FRAME {
        let Ok(parcel) = inbox.receiver.try_recv() else { break };
        let Some(base) = inbox.base.clone() else { continue };
        match parcel {
            Parcel::Ready { generation, site, relief } if generation == inbox.link.generation => {
                clock.hear(site.now);
                events.write(FeedEvent::Site { site, relief });
                socket.0 = live_url(&base, inbox.link.seen)
                    .map(|url| socket::open(&fetcher, url, generation, inbox.sender.clone()));
            }
            Parcel::Closed { generation, reason } if generation == inbox.link.generation => {
                socket.0 = None;
                inbox.link.lost(now);
                let lost = LinkState::Lost { reason };
                if status.0 != lost {
                    status.0 = lost.clone();
                    events.write(FeedEvent::Link(lost));
                }
            }
            Parcel::Live { generation, envelope } if generation == inbox.link.generation => {
                clock.hear(envelope.time);
                if status.0 != LinkState::Connected {
                    status.0 = LinkState::Connected;
                    events.write(FeedEvent::Link(LinkState::Connected));
                }
                match inbox.link.heard(&envelope, now) {
                    News::Old => {}
                    News::Fresh => {
                        inbox.fleet.heard |= matches!(envelope.body, Body::Positions(_));
                        events.write(FeedEvent::Live(envelope));
                    }
                    News::ReadAll => {
                        let source = Source { fetcher: fetcher.clone(), base, sender: inbox.sender.clone() };
                        // The records follow when it is known which there are.
                        let all = [Reading::Collections, Reading::Vehicles, Reading::Classes, Reading::Alerts];
                        all.into_iter().for_each(|reading| reading.start(&source, 0));
                        inbox.again.clear();
                        inbox.defects_at = now;
                    }
                }
            }
            Parcel::Collections(known) => {
                let source = Source { fetcher: fetcher.clone(), base, sender: inbox.sender.clone() };
                for layer in records::read(&source, &known) {
                    events.write(FeedEvent::Records { layer, first: true, records: Vec::new() });
                }
                inbox.collections = known;
            }
            Parcel::Unread { base: of, reading, attempt } if of == base => inbox.again.keep(reading, attempt, now),
            Parcel::Event(event) => {
                if matches!(&event, FeedEvent::Vehicles(list) if !list.is_empty()) {
                    inbox.fleet.known_since.get_or_insert(now);
                }
                events.write(event);
            }
            _ => {}
        }
    }
}

/// Ages of layers, and defects.
pub(super) fn note(
    mut events: MessageReader<FeedEvent>,
    clock: Res<Clock>,
    mut layers: ResMut<Layers>,
    mut diagnostics: ResMut<Diagnostics>,
    mut remote: ResMut<BackendDefects>,
) {
    let now = clock.now_secs;
    for event in events.read() {
        match event {
            FeedEvent::Records { layer, .. } => layers.touch(*layer, now),
            FeedEvent::Total { layer, count } => {
                layers.touch(*layer, now);
                layers.set_count(*layer, *count);
            }
            FeedEvent::Alerts(_) => layers.touch(LayerId::AiAlarm, now),
            FeedEvent::BackendDefects(said) => {
                remote.set_if_neq(said.clone());
            }
            FeedEvent::Defect { code, place, message } => diagnostics.report(code, place.clone(), message.clone()),
            FeedEvent::Live(envelope) => match &envelope.body {
                Body::Positions(list) => {
                    for layer in [LayerId::SanitationVehicle, LayerId::MuckTruck] {
                        if list.iter().any(|p| p.kind.layer() == layer) {
                            layers.touch(layer, now);
                        }
                    }
                }
                Body::Readings(_) => layers.touch(LayerId::IotDevice, now),
                Body::Cameras(_) => layers.touch(LayerId::Camera, now),
                // A connection that lives and says nothing says that nothing has happened.
                Body::Heartbeat | Body::Alerts(_) | Body::Cases(_) | Body::Hello { .. } => {
                    layers.touch(LayerId::AiAlarm, now);
                    layers.touch(LayerId::Case, now);
                }
                Body::Resync => {}
            },
            _ => {}
        }
    }
}

/// Passes questions on.
pub(super) fn ask(
    mut requests: MessageReader<Request>,
    backend: Res<Backend>,
    fetcher: Res<Fetcher>,
    inbox: Res<Inbox>,
    mut events: MessageWriter<FeedEvent>,
) {
    for request in requests.read().cloned() {
        let Some(base) = &backend.base else {
            events.write(FeedEvent::Failed { request, message: "there is no backend".into() });
            continue;
        };
        let sender = inbox.sender.clone();
        let failed = {
            let request = request.clone();
            move |message| FeedEvent::Failed { request, message }
        };
        match request {
            Request::CaseList(key) => {
                let path = format!("api/entities/{}/cases?limit=500", encode(&key.to_string()));
                get::<CaseList>(&fetcher, base, &path, move |result| {
                    let event = match result {
                        Ok(list) => FeedEvent::CaseList { key, total: list.total, cases: list.cases },
                        Err(e) => failed(e),
                    };
                    deliver(&sender, Parcel::Event(event));
                });
            }
            Request::Case(id) => {
                get::<Case>(&fetcher, base, &format!("api/cases/{}", encode(&id)), move |result| {
                    let event = result.map_or_else(failed, |case| FeedEvent::Case(Box::new(case)));
                    deliver(&sender, Parcel::Event(event));
                });
            }
            Request::Entity(key) => {
                let path = format!("api/entities/{}", encode(&key.to_string()));
                get::<EntityAnswer>(&fetcher, base, &path, move |result| {
                    let event = match result {
                        Ok(answer) => FeedEvent::Entity { key, place: answer.place, properties: answer.properties },
                        Err(e) => failed(e),
                    };
                    deliver(&sender, Parcel::Event(event));
                });
            }
            Request::Acknowledge(id) => {
                let Ok(url) = base.join(&format!("api/alerts/{}/ack", encode(&id))) else { continue };
                fetcher.post(url.clone(), move |result| {
                    let event = match json::<Alert>(result, &url) {
                        Ok(alert) => FeedEvent::Alerts(vec![alert]),
                        Err(e) => failed(e),
                    };
                    deliver(&sender, Parcel::Event(event));
                });
            }
            Request::Image(address) => match base.join(&address) {
                Ok(url) => fetcher.get(url, move |result| {
                    let event = match result {
                        Ok(bytes) => FeedEvent::Image { url: address, bytes },
                        Err(e) => failed(e.to_string()),
                    };
                    deliver(&sender, Parcel::Event(event));
                }),
                Err(e) => {
                    events.write(failed(format!("{address} is not an address: {e}")));
                }
            },
        }
    }
}

#[derive(Deserialize)]
struct CaseList {
    total: usize,
    cases: Vec<CaseSummary>,
}

#[derive(Deserialize)]
struct EntityAnswer {
    place: Option<Place>,
    #[serde(default)]
    properties: Map<String, Value>,
}

/// Reads JSON; `done` runs off the render thread.
fn get<T: DeserializeOwned + 'static>(
    fetcher: &Fetcher,
    base: &Url,
    path: &str,
    done: impl FnOnce(Result<T, String>) + Send + 'static,
) {
    match base.join(path) {
        Ok(url) => fetcher.get(url.clone(), move |result| done(json(result, &url))),
        Err(e) => done(Err(format!("{path} is not an address: {e}"))),
    }
}

/// One path segment: ids are opaque and may hold anything.
fn encode(segment: &str) -> String {
    segment.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~:".contains(&b) {
            out.push(char::from(b));
        } else {
            out += &format!("%{b:02X}");
        }
        out
    })
}

fn live_url(base: &Url, seen: Option<(u64, u64)>) -> Option<Url> {
    let mut url = base.join("api/live").ok()?;
    let scheme = if base.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme).ok()?;
    let mut query = BTreeMap::from([("format", "binary".to_owned())]);
    if let Some((epoch, seq)) = seen {
        query.insert("epoch", epoch.to_string());
        query.insert("since", seq.to_string());
    }
    url.query_pairs_mut().extend_pairs(query);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_live_address_says_what_was_seen() {
        let base = Url::parse("https://h:1/city/").unwrap();
        assert_eq!(live_url(&base, None).unwrap().as_str(), "wss://h:1/city/api/live?format=binary");
        assert!(live_url(&base, Some((3, 9))).unwrap().as_str().ends_with("?epoch=3&format=binary&since=9"));
    }

    #[test]
    fn ids_with_anything_in_them_stay_one_segment() {
        assert_eq!(encode("sign:a/b?c#济"), "sign:a%2Fb%3Fc%23%E6%B5%8E");
    }

    #[test]
    fn the_clock_follows_and_does_not_jump_for_a_late_message() {
        let mut clock = Clock { offset_ms: None, now_secs: 10.0 };
        clock.hear(Timestamp(1_000_000));
        assert_eq!(clock.now(), Some(Timestamp(1_000_000)));
        clock.hear(Timestamp(999_000));
        assert!((clock.now().unwrap().0 - 1_000_000).abs() <= 60);
        clock.hear(Timestamp(9_000_000));
        assert_eq!(clock.now(), Some(Timestamp(9_000_000)));
    }
}

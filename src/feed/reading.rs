//! What is read by itself once the backend is there, and again where that failed: on a wall nobody presses "reload".

use super::{
    backend::{Parcel, deliver},
    events::FeedEvent,
    fetch::{FetchError, Fetcher},
    records::{self, Collections},
};
use cim_model::LayerId;
use crossbeam_channel::Sender;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

/// Seconds before the first new try; each further one waits twice as long.
const FIRST_WAIT_SECS: f64 = 1.0;
/// Seconds between tries at most.
const LONGEST_WAIT_SECS: f64 = 60.0;

/// Where to read from, and where what comes goes to.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) fetcher: Fetcher,
    pub(super) base: Url,
    pub(super) sender: Sender<Parcel>,
}

/// Something to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// Which collections there are.
    Collections,
    /// A page of a collection, and all that follow it.
    Page { url: Url, layer: LayerId, first: bool },
    /// How many things a collection has of which only a part is read.
    Total { collection: &'static str, layer: LayerId },
    /// All vehicles.
    Vehicles,
    /// The dictionary of event classes.
    Classes,
    /// The latest alerts.
    Alerts,
}

#[derive(Deserialize)]
struct CollectionList {
    collections: Vec<CollectionName>,
}

#[derive(Deserialize)]
struct CollectionName {
    id: String,
}

#[derive(Deserialize)]
struct Classes {
    classes: Vec<cim_model::EventClass>,
}

impl Reading {
    /// Reads it for the `attempt`th time from 0. What failed and may be better later comes back as [`Parcel::Unread`].
    pub(super) fn start(self, source: &Source, attempt: u32) {
        let Some(url) = self.url(&source.base) else { return };
        let to = source.clone();
        source.fetcher.get(url.clone(), move |result| match result {
            Err(e) if e.is_temporary() => {
                deliver(&to.sender, Parcel::defect("collection-unreadable", url.as_str(), e));
                deliver(&to.sender, Parcel::Unread { base: to.base, reading: self, attempt });
            }
            result => self.take(result, &url, &to),
        });
    }

    fn url(&self, base: &Url) -> Option<Url> {
        let path = match self {
            Self::Page { url, .. } => return Some(url.clone()),
            Self::Collections => "api/collections".to_owned(),
            Self::Total { collection, .. } => format!("api/collections/{collection}/items?limit=1"),
            Self::Vehicles => "api/vehicles".to_owned(),
            Self::Classes => "api/classes".to_owned(),
            Self::Alerts => "api/alerts?limit=500".to_owned(),
        };
        base.join(&path).ok()
    }

    /// Passes on what came, or that there is none.
    fn take(self, result: Result<Vec<u8>, FetchError>, url: &Url, to: &Source) {
        let event = match self {
            Self::Collections => {
                let names =
                    |list: CollectionList| Collections::Named(list.collections.into_iter().map(|c| c.id).collect());
                deliver(&to.sender, Parcel::Collections(json(result, url).map_or(Collections::Unsaid, names)));
                return;
            }
            Self::Page { layer, first, .. } => {
                if let Some(url) = records::deliver_page(result, url, &to.sender, layer, first) {
                    Self::Page { url, layer, first: false }.start(to, 0);
                }
                return;
            }
            Self::Total { layer, .. } => {
                // A city may lack the collection, and a backend need not count: then there is no number to show.
                let count = json::<Value>(result, url).ok().and_then(|page| page.get("numberMatched")?.as_u64());
                count.and_then(|n| usize::try_from(n).ok()).map(|count| FeedEvent::Total { layer, count })
            }
            // A backend of another make may have none: the standard's dictionary serves.
            Self::Classes => json::<Classes>(result, url).ok().map(|c| FeedEvent::Classes(c.classes)),
            Self::Vehicles => said(json(result, url).map(FeedEvent::Vehicles), url, &to.sender),
            Self::Alerts => said(json(result, url).map(FeedEvent::Alerts), url, &to.sender),
        };
        event.into_iter().for_each(|event| deliver(&to.sender, Parcel::Event(event)));
    }
}

/// What could be read, or why not as a defect.
fn said(result: Result<FeedEvent, String>, url: &Url, sender: &Sender<Parcel>) -> Option<FeedEvent> {
    result.map_err(|e| deliver(sender, Parcel::defect("collection-unreadable", url.as_str(), e))).ok()
}

/// Reads an answer as JSON.
pub(super) fn json<T: DeserializeOwned>(result: Result<Vec<u8>, FetchError>, url: &Url) -> Result<T, String> {
    let bytes = result.map_err(|e| e.to_string())?;
    serde_json::from_slice(&bytes).map_err(|e| format!("{url} did not answer as expected: {e}"))
}

/// What waits to be read again.
#[derive(Debug, Default)]
pub(super) struct Again(Vec<(f64, Reading, u32)>);

impl Again {
    /// Keeps what failed in its `attempt`th try, at the second `now`.
    pub(super) fn keep(&mut self, reading: Reading, attempt: u32, now: f64) {
        let wait = FIRST_WAIT_SECS * f64::from(1u32 << attempt.min(16));
        self.0.push((now + wait.min(LONGEST_WAIT_SECS), reading, attempt.saturating_add(1)));
    }

    /// What is due at the second `now`, with the number of its try.
    pub(super) fn due(&mut self, now: f64) -> Vec<(Reading, u32)> {
        self.0.extract_if(.., |(at, ..)| *at <= now).map(|(_, reading, attempt)| (reading, attempt)).collect()
    }

    /// All of it is read anyhow, or not wanted any more.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// How much waits.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_tried_again_ever_later_but_never_given_up() {
        let (mut again, mut now) = (Again::default(), 5.0);
        again.keep(Reading::Alerts, 0, now);
        let mut waits = Vec::new();
        for _ in 0..40 {
            let from = now;
            let (reading, attempt) = loop {
                if let Some(due) = again.due(now).pop() {
                    break due;
                }
                now += 0.5;
            };
            waits.push(now - from);
            again.keep(reading, attempt, now);
        }
        assert_eq!(&waits[..4], &[1.0, 2.0, 4.0, 8.0]);
        assert!(waits[10..].iter().all(|w| *w == LONGEST_WAIT_SECS), "{waits:?}");
        assert_eq!(again.len(), 1);
    }

    /// A server on loopback that gives these answers, one connection after the other.
    #[cfg(not(target_arch = "wasm32"))]
    fn server(answers: [&'static str; 2]) -> Url {
        use std::io::{Read as _, Write as _};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4096]).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        base
    }

    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn a_collection_that_could_not_be_read_is_read_later() {
        let base = server([
            "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 16\r\n\r\n{\"features\": []}",
        ]);
        let (sender, parcels) = crossbeam_channel::bounded(16);
        let next = || parcels.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
        let source = Source { fetcher: Fetcher::new().unwrap(), base: base.clone(), sender };
        let url = base.join("api/collections/camera/items").unwrap();
        Reading::Page { url, layer: LayerId::Camera, first: true }.start(&source, 0);
        assert!(matches!(next(), Parcel::Event(FeedEvent::Defect { .. })));
        let Parcel::Unread { base: of, reading, attempt } = next() else { panic!("it was given up") };
        assert_eq!(of, base);
        let mut again = Again::default();
        again.keep(reading, attempt, 100.0);
        assert!(again.due(100.5).is_empty());
        let Some((reading, 1)) = again.due(101.0).pop() else { panic!("it is not due") };
        reading.start(&source, 1);
        let Parcel::Event(FeedEvent::Records { layer: LayerId::Camera, first: true, records }) = next() else {
            panic!("no records came")
        };
        assert!(records.is_empty());
    }
}

//! Reading records: whole collections, and squares of those that are large.

use super::{
    backend::{Inbox, Parcel, deliver, get},
    events::FeedEvent,
    features,
    fetch::{FetchError, Fetcher},
    near::{REACHES, Reach},
};
use cim_model::LayerId;
use crossbeam_channel::Sender;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// Collections that are read as a whole: name, what of them, and the layer that they are on.
const WHOLE: [(&str, &str, LayerId); 9] = [
    ("admin", "", LayerId::Admin),
    ("roads", "&main=true", LayerId::RoadChief),
    ("camera", "", LayerId::Camera),
    ("sensor", "", LayerId::IotDevice),
    ("case", "&state=open", LayerId::Case),
    ("muck_site", "", LayerId::MuckSite),
    ("muck_dump", "", LayerId::MuckDump),
    ("flood_point", "", LayerId::FloodPoint),
    ("bike_area", "", LayerId::BikeArea),
];

#[derive(Deserialize)]
struct CollectionList {
    collections: Vec<CollectionName>,
}

#[derive(Deserialize)]
struct CollectionName {
    id: String,
}

/// Which collections the backend has.
#[derive(Debug, Default)]
pub(super) enum Collections {
    /// It has not said yet.
    #[default]
    Unknown,
    /// It does not say: it may have any.
    Unsaid,
    /// These.
    Named(Vec<String>),
}

impl Collections {
    /// Whether a collection may be asked for.
    pub(super) fn may_have(&self, collection: &str) -> bool {
        match self {
            Self::Unknown => false,
            Self::Unsaid => true,
            Self::Named(names) => names.iter().any(|name| name == collection),
        }
    }
}

/// Asks which collections there are.
pub(super) fn list(fetcher: &Fetcher, base: &Url, sender: &Sender<Parcel>) {
    let out = sender.clone();
    get::<CollectionList>(fetcher, base, "api/collections", move |result| {
        let names = |list: CollectionList| Collections::Named(list.collections.into_iter().map(|c| c.id).collect());
        deliver(&out, Parcel::Collections(result.map_or(Collections::Unsaid, names)));
    });
}

/// Reads what there is; the layers of which there is nothing.
pub(super) fn read(fetcher: &Fetcher, base: &Url, sender: &Sender<Parcel>, known: &Collections) -> Vec<LayerId> {
    let mut empty = Vec::new();
    for (name, query, layer) in WHOLE {
        if known.may_have(name) {
            collection(fetcher, base, sender, name, query, layer);
        } else {
            empty.push(layer);
        }
    }
    for reach in REACHES.iter().filter(|reach| known.may_have(reach.collection)) {
        total(fetcher, base, sender, reach);
    }
    empty
}

/// How many things a collection has of which only a part is read.
fn total(fetcher: &Fetcher, base: &Url, sender: &Sender<Parcel>, reach: &Reach) {
    let (out, layer) = (sender.clone(), reach.layer);
    get::<Value>(fetcher, base, &format!("api/collections/{}/items?limit=1", reach.collection), move |result| {
        // A city may lack the collection, and a backend need not count: then there is no number to show.
        let count = result.ok().and_then(|page| page.get("numberMatched")?.as_u64());
        if let Some(count) = count.and_then(|n| usize::try_from(n).ok()) {
            deliver(&out, Parcel::Event(FeedEvent::Total { layer, count }));
        }
    });
}

impl Inbox {
    /// Reads the one page of a square of a large collection.
    pub(super) fn read_square(&self, fetcher: &Fetcher, base: &Url, reach: &Reach, query: &str) {
        let Ok(url) = base.join(&format!("api/collections/{}/items{query}", reach.collection)) else { return };
        let (sender, layer) = (self.sender.clone(), reach.layer);
        fetcher.get(url.clone(), move |result| {
            deliver_page(result, &url, &sender, layer, true);
        });
    }
}

/// Reads a collection page by page.
fn collection(fetcher: &Fetcher, base: &Url, sender: &Sender<Parcel>, name: &str, query: &str, layer: LayerId) {
    if let Ok(url) = base.join(&format!("api/collections/{name}/items?limit=5000{query}")) {
        page(fetcher.clone(), url, sender.clone(), layer, true);
    }
}

fn page(fetcher: Fetcher, url: Url, sender: Sender<Parcel>, layer: LayerId, first: bool) {
    let again = fetcher.clone();
    fetcher.get(url.clone(), move |result| {
        if let Some(next) = deliver_page(result, &url, &sender, layer, first) {
            page(again, next, sender, layer, false);
        }
    });
}

/// Passes the records of a page on, and what is wrong with them; where the next page is.
fn deliver_page(
    result: Result<Vec<u8>, FetchError>,
    url: &Url,
    sender: &Sender<Parcel>,
    layer: LayerId,
    first: bool,
) -> Option<Url> {
    let page = match result {
        Ok(bytes) => features::parse(&bytes, url),
        // A city may lack a collection: then its layer is empty.
        Err(FetchError::Missing(_)) => Ok(features::Page::default()),
        Err(e) => Err(e.to_string()),
    };
    match page {
        Ok(features::Page { records, defects, next }) => {
            for (place, message) in defects {
                deliver(sender, Parcel::defect("record-unusable", &place, message));
            }
            deliver(sender, Parcel::Event(FeedEvent::Records { layer, first, records }));
            next
        }
        Err(e) => {
            deliver(sender, Parcel::defect("collection-unreadable", url.as_str(), e));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_backend_has_is_asked_for_and_anything_of_one_that_does_not_say() {
        assert!(!Collections::default().may_have("camera"));
        assert!(Collections::Unsaid.may_have("camera"));
        let named = Collections::Named(vec!["camera".into(), "roads".into()]);
        assert!(named.may_have("roads") && !named.may_have("sensor"));
    }
}

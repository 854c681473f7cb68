//! Reading records: whole collections, and squares of those that are large.

use super::{
    backend::{Inbox, Parcel, deliver},
    events::FeedEvent,
    features,
    fetch::{FetchError, Fetcher},
    near::{REACHES, Reach},
    reading::{Reading, Source},
};
use cim_model::LayerId;
use crossbeam_channel::Sender;
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

/// Reads what there is; the layers of which there is nothing.
pub(super) fn read(source: &Source, known: &Collections) -> Vec<LayerId> {
    let mut empty = Vec::new();
    for (name, query, layer) in WHOLE {
        if !known.may_have(name) {
            empty.push(layer);
        } else if let Ok(url) = source.base.join(&format!("api/collections/{name}/items?limit=5000{query}")) {
            Reading::Page { url, layer, first: true }.start(source, 0);
        }
    }
    for reach in REACHES.iter().filter(|reach| known.may_have(reach.collection)) {
        Reading::Total { collection: reach.collection, layer: reach.layer }.start(source, 0);
    }
    empty
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

/// Passes the records of a page on, and what is wrong with them; where the next page is.
pub(super) fn deliver_page(
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

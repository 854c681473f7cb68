//! The site that the backend describes.

use super::{frame::SiteGeo, stream::TilesetSource};
use crate::{
    diagnostics::Diagnostics,
    feed::{Backend, FeedEvent},
};
use bevy::prelude::*;
use cim_geo::{Geodetic, SiteFrame};
use cim_model::Site;

/// What the backend says of the city; `None` for a tileset alone.
#[derive(Resource, Debug, Clone, Default)]
pub struct SiteInfo(pub Option<Site>);

/// Shows the site's tileset, unless another one was asked for.
pub(super) fn follow(
    mut events: MessageReader<FeedEvent>,
    backend: Res<Backend>,
    mut info: ResMut<SiteInfo>,
    mut source: ResMut<TilesetSource>,
    mut geo: ResMut<SiteGeo>,
    mut diagnostics: ResMut<Diagnostics>,
) {
    for event in events.read() {
        let FeedEvent::Site { site, relief } = event else { continue };
        geo.relief.clone_from(relief);
        info.0 = Some(site.clone());
        let Some(base) = &backend.base else { continue };
        match base.join(&site.tileset_url) {
            Ok(url) if !source.fixed => {
                // The records may come before the tileset, and lie in this frame.
                geo.frame = SiteFrame::new(Geodetic::new(site.origin.lon, site.origin.lat, 0.0));
                let next = TilesetSource { url: Some(url), origin: Some(site.origin), fixed: false };
                source.set_if_neq(next);
            }
            Ok(_) => {}
            Err(e) => diagnostics.report("tileset-invalid", site.tileset_url.clone(), e.to_string()),
        }
    }
}

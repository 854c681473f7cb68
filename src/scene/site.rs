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
        // The records may come before the tileset, and lie in this frame, whatever tileset is shown; one that was opened
        // in its own is opened anew.
        geo.frame = SiteFrame::new(Geodetic::new(site.origin.lon, site.origin.lat, 0.0));
        let mut next = TilesetSource { origin: Some(site.origin), ..source.clone() };
        if !source.fixed {
            match base.join(&site.tileset_url) {
                Ok(url) => next.url = Some(url),
                Err(e) => {
                    diagnostics.report("tileset-invalid", site.tileset_url.clone(), e.to_string());
                    continue;
                }
            }
        }
        source.set_if_neq(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_model::{Place, SiteBounds, Timestamp};

    #[test]
    fn records_lie_in_the_frame_of_the_site_whatever_tileset_is_shown() {
        let origin = Place::new(24.94, 60.17);
        let site = Site {
            name_zh: String::new(),
            name_en: String::new(),
            origin,
            bounds: SiteBounds { west: 24.9, south: 60.1, east: 25.0, north: 60.2 },
            tileset_url: "tiles/tileset.json".into(),
            terrain_url: None,
            utc_offset_minutes: 120,
            now: Timestamp::default(),
        };
        let asked: url::Url = "http://127.0.0.1:1/other/tileset.json".parse().unwrap();
        let fixed = TilesetSource { url: Some(asked.clone()), origin: None, fixed: true };
        for (source, shown) in [(TilesetSource::default(), "/tiles/tileset.json"), (fixed, asked.path())] {
            let mut app = App::new();
            app.add_message::<FeedEvent>()
                .insert_resource(Backend { base: Some("http://127.0.0.1:1/".parse().unwrap()) })
                .init_resource::<SiteInfo>()
                .insert_resource(source)
                .init_resource::<SiteGeo>()
                .init_resource::<Diagnostics>()
                .add_systems(Update, follow);
            let off = |app: &App| app.world().resource::<SiteGeo>().position(origin, 0.0).length();
            assert!(off(&app) > 1e6);
            app.world_mut().write_message(FeedEvent::Site { site: site.clone(), relief: None });
            app.update();
            assert!(off(&app) < 1e-3, "{}", off(&app));
            let source = app.world().resource::<TilesetSource>();
            assert_eq!((source.url.as_ref().unwrap().path(), source.origin), (shown, Some(origin)));
        }
    }
}

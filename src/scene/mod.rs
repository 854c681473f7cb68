//! The city: tileset streaming, materials, sky, sun.

#[cfg_attr(not(target_arch = "wasm32"), path = "decode_native.rs")]
#[cfg_attr(target_arch = "wasm32", path = "decode_web.rs")]
mod decode;
mod frame;
mod inspector;
mod light;
mod load;
mod opening;
mod outlines;
mod pick;
mod picture;
mod points;
mod select;
mod site;
mod stream;
mod style;
mod sun;
mod surface;
mod upload;

#[cfg(target_arch = "wasm32")]
pub(crate) use decode::set_decoder;
pub use frame::{Anchor, RenderOrigin, SiteGeo};
pub use inspector::{StreamFacts, TileFacts, TileInspector};
pub use light::Quality;
pub use pick::{Highlights, TileHit, TileScene};
pub use site::SiteInfo;
pub use stream::{SceneStatus, TilesetSource};
pub use style::{CityStyle, STYLES};
pub use sun::{Sun, direction as sun_direction};

use crate::{
    camera::{CameraLimits, FirstView, Flight, FlyTo, InputBlocked, MapCamera},
    diagnostics::Diagnostics,
    feed::{Backend, FeedEvent, FeedSystems},
};
use bevy::{prelude::*, transform::TransformSystems};

/// Shows the tileset of [`TilesetSource`] under sky and sun.
pub struct ScenePlugin;

impl Plugin for ScenePlugin {
    fn build(&self, app: &mut App) {
        surface::plugin(app);
        points::plugin(app);
        outlines::plugin(app);
        app.init_resource::<SiteGeo>()
            .init_resource::<RenderOrigin>()
            .init_resource::<MapCamera>()
            .init_resource::<CameraLimits>()
            .init_resource::<Flight>()
            .init_resource::<FirstView>()
            .init_resource::<Diagnostics>()
            .init_resource::<Quality>()
            .init_resource::<TilesetSource>()
            .init_resource::<SiteInfo>()
            .init_resource::<Backend>()
            .init_resource::<SceneStatus>()
            .init_resource::<Highlights>()
            .init_resource::<Sun>()
            .init_resource::<TileInspector>()
            .init_resource::<CityStyle>()
            .init_resource::<InputBlocked>()
            .init_resource::<GlobalAmbientLight>()
            .init_resource::<stream::Stream>()
            .add_message::<FlyTo>()
            .add_message::<FeedEvent>()
            .add_observer(light::equip)
            .add_systems(Startup, light::set_up)
            .add_systems(Update, inspector::toggle)
            .add_systems(PreUpdate, (site::follow, stream::open, stream::receive).chain().after(FeedSystems))
            .add_systems(
                PostUpdate,
                (
                    (
                        select::select,
                        inspector::inspect,
                        inspector::draw,
                        pick::paint,
                        light::light_windows,
                        light::shine,
                    )
                        .chain(),
                    (frame::place_anchored, light::carry_dome).chain(),
                )
                    .chain()
                    .after(crate::camera::CameraSystems)
                    .before(TransformSystems::Propagate),
            );
    }
}

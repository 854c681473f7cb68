//! Pulls from the backend and pushes into the world, without ever making the render thread wait.

mod archive;
mod arrivals;
mod backend;
mod events;
mod features;
mod fetch;
mod http;
mod link;
mod near;
#[cfg_attr(not(target_arch = "wasm32"), path = "native.rs")]
#[cfg_attr(target_arch = "wasm32", path = "web.rs")]
mod platform;
mod reading;
mod records;
#[cfg_attr(not(target_arch = "wasm32"), path = "socket_native.rs")]
#[cfg_attr(target_arch = "wasm32", path = "socket_web.rs")]
mod socket;

pub(crate) use archive::entrance;
pub use arrivals::Arrivals;
pub use backend::{Backend, Clock, LinkStatus};
pub use events::{FeedEvent, Geometry, LinkState, Record, Request};
pub use fetch::{FetchError, Fetcher};
pub use near::is_read_near;

use bevy::prelude::*;

/// The systems that take what arrived; they run in `PreUpdate`.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FeedSystems;

/// Connects to [`Backend`] and keeps the connection.
pub struct FeedPlugin;

impl Plugin for FeedPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Backend>()
            .init_resource::<Clock>()
            .init_resource::<LinkStatus>()
            .init_resource::<backend::Inbox>()
            .init_resource::<near::Near>()
            .init_resource::<crate::scene::SiteGeo>()
            .init_non_send::<backend::OpenSocket>()
            .init_resource::<crate::diagnostics::Diagnostics>()
            .init_resource::<crate::diagnostics::BackendDefects>()
            .init_resource::<crate::live::Layers>()
            .add_message::<FeedEvent>()
            .add_message::<Request>()
            .add_systems(
                PreUpdate,
                (backend::connect, backend::receive, backend::note, backend::ask, near::hear)
                    .chain()
                    .in_set(FeedSystems),
            )
            // After the camera has moved.
            .add_systems(PostUpdate, near::look);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a refused connection takes a moment to be refused")]
    fn a_backend_that_is_not_there_is_lost_and_tried_again() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut app = App::new();
        app.add_plugins((MinimalPlugins, FeedPlugin))
            .insert_resource(Fetcher::new().unwrap())
            .insert_resource(Backend { base: Some(format!("http://{free}/").parse().unwrap()) });
        for _ in 0..2000 {
            app.update();
            if let LinkState::Lost { reason } = &app.world().resource::<LinkStatus>().0 {
                assert!(reason.contains(&free.to_string()), "{reason}");
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("{:?}", app.world().resource::<LinkStatus>());
    }
}

//! A city that plays by itself: it publishes through the same ingest as any producer.

mod cases;
mod drive;
mod watch;

use crate::{city::Network, server::Shared};
use cim_model::live::Body;
use rand::SeedableRng;
use rand_pcg::Pcg64;
use std::{sync::Arc, time::Duration};
use tokio::time::MissedTickBehavior;

/// Seconds of a step.
const STEP_SECS: u64 = 1;

/// Runs until the backend stops.
pub(crate) async fn run(shared: Arc<Shared>, network: Network, seed: u64) {
    let mut random = Pcg64::seed_from_u64(seed);
    let mut fleet = drive::Fleet::new(&network, &shared.vehicles, shared.frame, &mut random);
    let mut watch = watch::Watch::new(&shared, &mut random).await;
    let mut office = cases::Office::new(&shared).await;
    let mut stop = shared.stopping();
    let mut clock = tokio::time::interval(Duration::from_secs(STEP_SECS));
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut tick = 0u64;
    loop {
        tokio::select! {
            _ = clock.tick() => {}
            _ = stop.changed() => return,
        }
        let now = shared.now();
        let mut bodies = vec![Body::Positions(fleet.step(STEP_SECS as f64, now, &mut random))];
        bodies.extend(watch.step(tick, now, &mut random));
        let raised: Vec<_> =
            bodies.iter().filter_map(|b| if let Body::Alerts(a) = b { Some(a.clone()) } else { None }).collect();
        let outcome = shared.publish(bodies).await;
        if !outcome.rejected.is_empty() {
            tracing::warn!("the simulator made {} unusable reports", outcome.rejected.len());
        }
        for case in office.step(&raised.concat(), now, &mut random) {
            let summary = case.summary.clone();
            if shared.with_store(move |s| s.put_case(&case)).await.is_some() {
                shared.publish(vec![Body::Cases(vec![summary])]).await;
            }
        }
        tick += 1;
    }
}

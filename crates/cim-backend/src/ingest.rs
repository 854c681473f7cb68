//! The one way in for everything live: checked, stored, and passed on.

use crate::server::Shared;
use cim_model::{Case, Place, VehiclePosition, live::Body};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// Metres from the site's origin beyond which a report is not of this city.
const FARTHEST_M: f64 = 150_000.0;

/// Why an item was refused.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Rejected {
    /// Position in the array that was sent.
    pub(crate) index: usize,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// `POST /api/ingest`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Outcome {
    /// Values taken.
    pub(crate) accepted: usize,
    pub(crate) rejected: Vec<Rejected>,
}

/// Reads a JSON array of bodies; what cannot be read is named and the rest is published.
pub(crate) async fn receive(shared: &Arc<Shared>, bytes: &[u8]) -> Result<Outcome, String> {
    let items: Vec<Value> = serde_json::from_slice(bytes).map_err(|e| format!("the body is not a JSON array: {e}"))?;
    let mut outcome = Outcome::default();
    for (index, item) in items.into_iter().enumerate() {
        match serde_json::from_value::<Body>(item) {
            Ok(body) => {
                let mut one = publish(shared, vec![body]).await;
                one.rejected.iter_mut().for_each(|r| r.index = index);
                outcome.accepted += one.accepted;
                outcome.rejected.append(&mut one.rejected);
            }
            Err(e) => {
                shared.diagnostics.report("message-unreadable", "ingest", e.to_string(), shared.now());
                outcome.rejected.push(Rejected { index, code: "message-unreadable", message: e.to_string() });
            }
        }
    }
    Ok(outcome)
}

/// Checks, stores and passes on.
pub(crate) async fn publish(shared: &Arc<Shared>, bodies: Vec<Body>) -> Outcome {
    let mut outcome = Outcome::default();
    for (index, body) in bodies.into_iter().enumerate() {
        let mut refuse = |code: &'static str, place: String, message: String| {
            shared.diagnostics.report(code, place, message.clone(), shared.now());
            outcome.rejected.push(Rejected { index, code, message });
        };
        match body {
            Body::Positions(mut list) => {
                list.retain(|p| match check(shared, p) {
                    Ok(()) => true,
                    Err(message) => {
                        refuse("implausible-place", format!("vehicle:{}", p.id), message);
                        false
                    }
                });
                outcome.accepted += list.len();
                // What a source says itself is kept.
                for report in list.iter_mut().filter(|r| r.height_m == 0.0 || !r.height_m.is_finite()) {
                    report.height_m = shared.decks.height_m(report);
                }
                shared.hub.put_positions(list);
            }
            Body::Readings(mut list) => {
                list.retain(|r| {
                    let sound = r.value.is_finite() && !r.id.is_empty();
                    if !sound {
                        refuse("reading-unusable", format!("sensor:{}", r.id), "the value is no number".into());
                    }
                    sound
                });
                outcome.accepted += list.len();
                shared.hub.put_readings(list);
            }
            Body::Alerts(mut list) => {
                // An alert without a usable place is still an alert.
                for alert in &mut list {
                    know(shared, &alert.class, &alert.class_name, || format!("alert:{}", alert.id));
                    if alert.place.is_some_and(|p| near(shared, p).is_err()) {
                        shared.diagnostics.report(
                            "implausible-place",
                            format!("alert:{}", alert.id),
                            "the place was dropped, the alert kept",
                            shared.now(),
                        );
                        alert.place = None;
                    }
                }
                let count = list.len();
                let kept = shared
                    .with_store(move |s| {
                        list.iter().try_for_each(|a| s.put_alert(a))?;
                        s.keep(&Body::Alerts(list))
                    })
                    .await;
                count_kept(&mut outcome, index, kept.is_some(), count);
            }
            Body::Cases(list) => {
                let count = list.len();
                for case in &list {
                    know(shared, &case.class, &case.class_name, || format!("case:{}", case.id));
                }
                let kept = shared
                    .with_store(move |s| {
                        for summary in &list {
                            let case = match s.case(&summary.id)? {
                                Some(known) => Case { summary: summary.clone(), ..known },
                                None => Case {
                                    summary: summary.clone(),
                                    source: "上报".into(),
                                    steps: Vec::new(),
                                    attachments: Vec::new(),
                                },
                            };
                            s.put_case(&case)?;
                        }
                        s.keep(&Body::Cases(list))
                    })
                    .await;
                count_kept(&mut outcome, index, kept.is_some(), count);
            }
            Body::Cameras(list) => {
                shared.hub.put_cameras(&list);
                let count = list.len();
                let kept = shared.with_store(move |s| s.keep(&Body::Cameras(list))).await;
                count_kept(&mut outcome, index, kept.is_some(), count);
            }
            Body::Hello { .. } | Body::Resync | Body::Heartbeat => {
                refuse("message-misplaced", "ingest".into(), "only the backend sends this".into());
            }
        }
    }
    shared.hub.wake();
    outcome
}

/// Says when a class is in no dictionary. It is kept all the same: a city adds classes faster than dictionaries.
fn know(shared: &Shared, class: &str, name: &str, of: impl FnOnce() -> String) {
    if shared.classes.get(class).is_none() {
        let text = format!("class {class} is in no dictionary: it is shown as {name}");
        shared.diagnostics.report("unknown-class", of(), text, shared.now());
    }
}

fn count_kept(outcome: &mut Outcome, index: usize, kept: bool, count: usize) {
    if kept {
        outcome.accepted += count;
    } else {
        outcome.rejected.push(Rejected {
            index,
            code: "database",
            message: "it could not be stored: send it again".into(),
        });
    }
}

fn check(shared: &Shared, p: &VehiclePosition) -> Result<(), String> {
    if p.id.is_empty() {
        return Err("the report has no id".into());
    }
    if !p.heading_deg.is_finite() || !p.speed_mps.is_finite() {
        return Err("heading or speed is no number".into());
    }
    near(shared, p.place)
}

fn near(shared: &Shared, place: Place) -> Result<(), String> {
    if !place.is_plausible() {
        return Err(format!(
            "{}, {} is what a receiver without a fix reports, or no place at all",
            place.lon, place.lat
        ));
    }
    let enu = shared.frame.to_enu(cim_geo::Geodetic::new(place.lon, place.lat, 0.0));
    if enu.length() > FARTHEST_M {
        return Err(format!("{}, {} is {:.0} km away from the city", place.lon, place.lat, enu.length() / 1000.0));
    }
    Ok(())
}

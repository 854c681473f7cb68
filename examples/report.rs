//! Reports a vehicle's position to a running backend, as a fleet system does:
//! `cargo run --release --example report -- http://127.0.0.1:8620/ V1 116.587 35.415`.

use cim_model::{Place, Timestamp, VehicleKind, VehiclePosition, WorkState, live::Body};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [backend, id, lon, lat] = args.as_slice() else {
        return Err("give the backend's root, the vehicle's id, longitude and latitude".into());
    };
    // The newest report wins: it is sent with the backend's own time.
    let site: cim_model::Site = reqwest::get(format!("{backend}api/site")).await?.json().await?;
    let position = VehiclePosition {
        id: id.clone(),
        kind: VehicleKind::MuckTruck,
        place: Place::new(lon.parse()?, lat.parse()?),
        heading_deg: 0.0,
        speed_mps: 0.0,
        state: WorkState::Working,
        time: Timestamp(site.now.0),
        height_m: 0.0,
    };
    let body = vec![Body::Positions(vec![position])];
    let answer = reqwest::Client::new().post(format!("{backend}api/ingest")).json(&body).send().await?;
    println!("{}", answer.text().await?);
    Ok(())
}

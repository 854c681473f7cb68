//! Prints every alert of a running backend: `cargo run --release --example listen -- ws://127.0.0.1:8620/api/live`.
//!
//! This is all that another system needs in order to hear the living city.

use cim_model::live::{Body, Envelope};
use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::Message;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:8620/api/live".into());
    let (mut stream, _) = tokio_tungstenite::connect_async(&url).await?;
    while let Some(message) = stream.next().await {
        let Message::Text(text) = message? else { continue };
        let envelope = Envelope::from_json(&text)?;
        match envelope.body {
            Body::Hello { server, .. } => println!("connected to {server}"),
            Body::Alerts(alerts) => {
                for alert in alerts {
                    let place = alert.place.map_or_else(|| "?".into(), |p| format!("{:.5}, {:.5}", p.lon, p.lat));
                    println!("{} {} {} ({place})", alert.time.to_rfc3339(), alert.class_name, alert.source);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

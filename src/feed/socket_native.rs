//! The live socket on the desktop.

use super::{backend::Parcel, fetch::Fetcher};
use cim_model::live::Envelope;
use crossbeam_channel::Sender;
use futures_util::StreamExt;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use url::Url;

/// An open connection; it ends when this is dropped.
pub(super) struct Socket(tokio::task::JoinHandle<()>);

impl Drop for Socket {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Connects; everything that happens comes as parcels of this generation. When the world is slow the channel fills,
/// this task waits, TCP passes that on, and the backend coalesces.
pub(super) fn open(fetcher: &Fetcher, url: Url, generation: u64, sender: Sender<Parcel>) -> Socket {
    Socket(fetcher.runtime().spawn(async move {
        let reason = converse(&url, generation, &sender).await;
        hand_over(&sender, Parcel::Closed { generation, reason }).await;
    }))
}

async fn converse(url: &Url, generation: u64, sender: &Sender<Parcel>) -> String {
    let connecting = tokio_tungstenite::connect_async(url.as_str());
    let mut stream = match tokio::time::timeout(Duration::from_secs(5), connecting).await {
        Ok(Ok((stream, _))) => stream,
        Ok(Err(e)) => return e.to_string(),
        Err(_) => return "no answer within 5 seconds".into(),
    };
    while let Some(message) = stream.next().await {
        let envelope = match message {
            Ok(Message::Text(text)) => Envelope::from_json(&text),
            Ok(Message::Binary(bytes)) => Envelope::from_binary(&bytes),
            Ok(Message::Close(_)) => return "the backend closed the connection".into(),
            Ok(_) => continue,
            Err(e) => return e.to_string(),
        };
        let parcel = match envelope {
            Ok(envelope) => Parcel::Live { generation, envelope },
            Err(e) => Parcel::defect("live-message-broken", url.as_str(), e),
        };
        if !hand_over(sender, parcel).await {
            return "the application is going down".into();
        }
    }
    "the connection ended".into()
}

/// False when nobody receives any more.
async fn hand_over(sender: &Sender<Parcel>, parcel: Parcel) -> bool {
    match sender.try_send(parcel) {
        Ok(()) => true,
        Err(crossbeam_channel::TrySendError::Disconnected(_)) => false,
        Err(crossbeam_channel::TrySendError::Full(parcel)) => {
            let sender = sender.clone();
            tokio::task::spawn_blocking(move || sender.send(parcel).is_ok()).await.unwrap_or(false)
        }
    }
}

//! One client's live socket.

use crate::{server::Shared, store::Since};
use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket},
};
use cim_model::live::{Body, Envelope, LiveError, VERSION};
use std::{sync::Arc, time::Duration};

/// Messages sent on nothing but this often, so that many small changes travel together.
const TICK: Duration = Duration::from_millis(250);
/// Seconds between signs of life.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Values in one message.
const BATCH: usize = 500;

/// What the client asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wish {
    pub(crate) binary: bool,
    /// Epoch and number of the last kept message that it saw.
    pub(crate) seen: Option<(u64, u64)>,
}

struct Client {
    socket: WebSocket,
    shared: Arc<Shared>,
    binary: bool,
    /// Last kept message that was sent.
    seq: u64,
    /// Version of the state that was sent.
    version: u64,
}

/// The client is gone or the store cannot be read: the connection ends, the client will come back.
struct Gone;

impl From<axum::Error> for Gone {
    fn from(_: axum::Error) -> Self {
        Self
    }
}

impl From<LiveError> for Gone {
    fn from(_: LiveError) -> Self {
        Self
    }
}

/// Serves a client until it leaves.
pub(crate) async fn serve(socket: WebSocket, shared: Arc<Shared>, wish: Wish) {
    let mut client = Client { socket, binary: wish.binary, seq: 0, version: 0, shared };
    // Leaving is how every connection ends.
    let _ = client.run(wish).await;
}

impl Client {
    async fn run(&mut self, wish: Wish) -> Result<(), Gone> {
        let mut changed = self.shared.hub.subscribe();
        let mut stop = self.shared.stopping();
        let last = self.shared.last_seq().await.ok_or(Gone)?;
        let epoch = self.shared.epoch;
        self.seq = match wish.seen {
            Some((e, seq)) if e == epoch => seq,
            _ => last,
        };
        let server = concat!("cim-backend ", env!("CARGO_PKG_VERSION")).to_owned();
        self.send(self.seq, Body::Hello { server, epoch }).await?;
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.tick().await;
        loop {
            self.kept().await?;
            self.newest().await?;
            tokio::select! {
                r = changed.changed() => {
                    if r.is_err() { return Ok(()); }
                    tokio::time::sleep(TICK).await;
                    changed.mark_unchanged();
                }
                _ = heartbeat.tick() => self.send(self.seq, Body::Heartbeat).await?,
                _ = stop.changed() => return Ok(()),
                message = self.socket.recv() => match message {
                    None | Some(Err(_) | Ok(Message::Close(_))) => return Ok(()),
                    Some(Ok(_)) => {}
                },
            }
        }
    }

    /// Everything that was kept since the last time.
    async fn kept(&mut self) -> Result<(), Gone> {
        loop {
            match self.shared.kept_since(self.seq, BATCH).await.ok_or(Gone)? {
                Since::Gone => {
                    self.seq = self.shared.last_seq().await.ok_or(Gone)?;
                    self.send(self.seq, Body::Resync).await?;
                    return Ok(());
                }
                Since::All(list) if list.is_empty() => return Ok(()),
                Since::All(list) => {
                    for (seq, body) in list {
                        self.send(seq, body).await?;
                        self.seq = seq;
                    }
                }
            }
        }
    }

    /// The newest of everything that changed.
    async fn newest(&mut self) -> Result<(), Gone> {
        let changes = self.shared.hub.changes(self.version);
        self.version = changes.version;
        for part in changes.positions.chunks(BATCH) {
            self.send(self.seq, Body::Positions(part.to_vec())).await?;
        }
        for part in changes.readings.chunks(BATCH) {
            self.send(self.seq, Body::Readings(part.to_vec())).await?;
        }
        Ok(())
    }

    async fn send(&mut self, seq: u64, body: Body) -> Result<(), Gone> {
        let envelope = Envelope { v: VERSION, seq, time: self.shared.now(), body };
        let message = if self.binary {
            Message::Binary(Bytes::from(envelope.to_binary()?))
        } else {
            Message::Text(envelope.to_json()?.into())
        };
        // A client that takes nothing for half a minute is gone, whatever TCP still believes.
        match tokio::time::timeout(Duration::from_secs(30), self.socket.send(message)).await {
            Ok(sent) => Ok(sent?),
            Err(_) => Err(Gone),
        }
    }
}

//! The live protocol between backend and viewer.
//!
//! The backend sends [`Envelope`]s over a WebSocket: JSON in text frames or [postcard](https://postcard.jamesmunns.com)
//! behind a two-byte prefix in binary frames, as the client asked with `?format=json|binary`. Sequence numbers rise by
//! one per *kept* message (alerts, cases and camera states); a client that comes back says the last number it saw and
//! gets every kept message since, or [`Body::Resync`] when they are no longer held. Positions and readings are
//! not kept: the newest wins, and the sender repeats the current state at each new connection.

use crate::{Alert, CameraStatus, CaseSummary, SensorReading, Timestamp, VehiclePosition};
use serde::{Deserialize, Serialize};

/// Version of this protocol. A receiver refuses another.
pub const VERSION: u8 = 2;

/// First byte of a binary frame; the second is [`VERSION`].
const MAGIC: u8 = 0xC1;

/// One message with what is needed to resume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// [`VERSION`].
    pub v: u8,
    /// Sequence number of the last kept message, this one included when it is kept.
    pub seq: u64,
    /// The backend's clock.
    pub time: Timestamp,
    /// What happened.
    pub body: Body,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// First message of a connection.
    Hello {
        /// Name and version of the server.
        server: String,
        /// Changes when the server's sequence starts anew; then everything must be read again.
        epoch: u64,
    },
    /// Position reports; the newest per vehicle wins.
    Positions(Vec<VehiclePosition>),
    /// Sensor readings; the newest per sensor wins.
    Readings(Vec<SensorReading>),
    /// Alerts raised or changed. Kept.
    Alerts(Vec<Alert>),
    /// Cases opened or changed. Kept.
    Cases(Vec<CaseSummary>),
    /// Cameras that came or went. Kept.
    Cameras(Vec<CameraStatus>),
    /// The messages asked for are no longer held: read the collections again.
    Resync,
    /// Nothing happened, the connection lives.
    Heartbeat,
}

impl Body {
    /// Whether the message is kept for clients that come back.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        matches!(self, Self::Alerts(_) | Self::Cases(_) | Self::Cameras(_))
    }
}

/// Why a message could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// Not JSON, or not this message.
    #[error("live message is not valid JSON of this protocol: {0}")]
    Json(#[from] serde_json::Error),
    /// Not postcard, cut off, or not this message.
    #[error("live message is cut off or not valid binary of this protocol: {0}")]
    Binary(#[from] postcard::Error),
    /// The two bytes in front are something else.
    #[error("live message does not begin with {MAGIC:#04x} {VERSION:#04x}")]
    Prefix,
    /// Another version of the protocol.
    #[error("live message has protocol version {0}, this program speaks {VERSION}")]
    Version(u8),
}

impl Envelope {
    /// As JSON text.
    ///
    /// # Errors
    /// Never for values that JSON can hold; a NaN becomes `null` and will not read back.
    pub fn to_json(&self) -> Result<String, LiveError> {
        Ok(serde_json::to_string(self)?)
    }

    /// From JSON text.
    ///
    /// # Errors
    /// The text is not such a message, or of another version.
    pub fn from_json(text: &str) -> Result<Self, LiveError> {
        let envelope: Self = serde_json::from_str(text)?;
        if envelope.v == VERSION { Ok(envelope) } else { Err(LiveError::Version(envelope.v)) }
    }

    /// As the compact binary form.
    ///
    /// # Errors
    /// Out of memory.
    pub fn to_binary(&self) -> Result<Vec<u8>, LiveError> {
        Ok(postcard::to_extend(self, vec![MAGIC, VERSION])?)
    }

    /// From the compact binary form.
    ///
    /// # Errors
    /// The bytes are not such a message, cut off, or of another version.
    pub fn from_binary(bytes: &[u8]) -> Result<Self, LiveError> {
        match bytes {
            [MAGIC, VERSION, rest @ ..] => {
                let envelope: Self = postcard::from_bytes(rest)?;
                if envelope.v == VERSION { Ok(envelope) } else { Err(LiveError::Version(envelope.v)) }
            }
            [MAGIC, other, ..] => Err(LiveError::Version(*other)),
            _ => Err(LiveError::Prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AlertState, EntityKey, EntityKind, Place, SensorState, Severity, VehicleKind, WorkState};
    use proptest::prelude::*;

    fn body() -> impl Strategy<Value = Body> {
        let place = (-180.0..180.0, -90.0..90.0).prop_map(|(lon, lat)| Place::new(lon, lat));
        let position = (".{0,12}", place.clone(), 0f32..360.0, 0f32..40.0, 0i64..4_000_000_000_000).prop_map(
            |(id, place, heading_deg, speed_mps, t)| VehiclePosition {
                id,
                kind: VehicleKind::MuckTruck,
                place,
                heading_deg,
                speed_mps,
                state: WorkState::Empty,
                time: Timestamp(t),
                height_m: 0.0,
            },
        );
        let reading = (".{0,12}", -1e6..1e6, 0i64..4_000_000_000_000).prop_map(|(id, value, t)| SensorReading {
            id,
            value,
            state: SensorState::Warning,
            time: Timestamp(t),
        });
        let alert =
            (".{1,12}", proptest::option::of(place), 0i64..4_000_000_000_000).prop_map(|(id, place, t)| Alert {
                id,
                class: "0504".into(),
                class_name: "店外经营".into(),
                severity: Severity::Minor,
                state: AlertState::Raised,
                time: Timestamp(t),
                place,
                source: EntityKey::new(EntityKind::Camera, "c"),
                grid: None,
                confidence: Some(0.5),
                snapshot_url: None,
                case_id: None,
            });
        prop_oneof![
            proptest::collection::vec(position, 0..8).prop_map(Body::Positions),
            proptest::collection::vec(reading, 0..8).prop_map(Body::Readings),
            proptest::collection::vec(alert, 0..8).prop_map(Body::Alerts),
            any::<u64>().prop_map(|epoch| Body::Hello { server: "x".into(), epoch }),
            Just(Body::Resync),
            Just(Body::Heartbeat),
        ]
    }

    proptest! {
        #[test]
        fn both_forms_round_trip(body in body(), seq in any::<u64>(), t in 0i64..4_000_000_000_000) {
            let e = Envelope { v: VERSION, seq, time: Timestamp(t), body };
            prop_assert_eq!(&Envelope::from_json(&e.to_json().unwrap()).unwrap(), &e);
            prop_assert_eq!(&Envelope::from_binary(&e.to_binary().unwrap()).unwrap(), &e);
        }

        #[test]
        fn cut_messages_are_errors(body in body(), cut in 0usize..64) {
            let e = Envelope { v: VERSION, seq: 1, time: Timestamp(0), body };
            let bytes = e.to_binary().unwrap();
            let end = bytes.len().saturating_sub(1 + cut);
            prop_assert!(Envelope::from_binary(&bytes[..end]).is_err());
            let json = e.to_json().unwrap();
            prop_assert!(Envelope::from_json(json.get(..json.len() / 2).unwrap_or("")).is_err());
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = Envelope::from_binary(&bytes);
            let mut framed = vec![MAGIC, VERSION];
            framed.extend(&bytes);
            let _ = Envelope::from_binary(&framed);
        }
    }

    #[test]
    fn another_version_is_named() {
        let e = Envelope { v: 9, seq: 0, time: Timestamp(0), body: Body::Heartbeat };
        assert!(matches!(Envelope::from_json(&e.to_json().unwrap()), Err(LiveError::Version(9))));
        assert!(matches!(Envelope::from_binary(&[MAGIC, 7]), Err(LiveError::Version(7))));
    }
}

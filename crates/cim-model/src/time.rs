//! Instants on the UTC time line.

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Milliseconds since 1970-01-01T00:00:00Z. RFC 3339 text in human-readable formats, a plain integer in binary ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

/// The text is not an RFC 3339 date and time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an RFC 3339 time such as 2026-11-23T14:50:00+08:00")]
pub struct TimestampError {
    text: String,
}

impl Timestamp {
    /// Reads an RFC 3339 date and time with any offset.
    ///
    /// # Errors
    /// The text is something else.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        DateTime::parse_from_rfc3339(text)
            .map(|t| Self(t.timestamp_millis()))
            .map_err(|_| TimestampError { text: text.chars().take(64).collect() })
    }

    /// RFC 3339 in UTC with milliseconds. Instants beyond year ±262,000 are clamped.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// Local civil time `2026-11-23 14:50:00` at `offset_minutes` east of UTC (China: 480).
    #[must_use]
    pub fn civil(self, offset_minutes: i32) -> String {
        match FixedOffset::east_opt(offset_minutes.saturating_mul(60)) {
            Some(offset) => self.utc().with_timezone(&offset).format("%Y-%m-%d %H:%M:%S").to_string(),
            None => self.to_rfc3339(),
        }
    }

    /// This instant `secs` seconds later (earlier when negative).
    #[must_use]
    pub const fn plus_secs(self, secs: i64) -> Self {
        Self(self.0.saturating_add(secs.saturating_mul(1000)))
    }

    /// Seconds from `earlier` to this instant; negative when it is later.
    #[must_use]
    pub fn secs_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1000.0
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(if self.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.serialize_str(&self.to_rfc3339()) } else { s.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            let text = String::deserialize(d)?;
            Self::parse(&text).map_err(D::Error::custom)
        } else {
            i64::deserialize(d).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_offsets_and_writes_utc() {
        let t = Timestamp::parse("2026-11-23T14:50:00+08:00").unwrap();
        assert_eq!(t.to_rfc3339(), "2026-11-23T06:50:00.000Z");
        assert_eq!(t.civil(480), "2026-11-23 14:50:00");
        assert!(Timestamp::parse("yesterday").is_err());
    }

    #[test]
    fn extremes_do_not_panic() {
        for t in [Timestamp(i64::MIN), Timestamp(i64::MAX)] {
            assert!(!t.to_rfc3339().is_empty());
            let _ = t.plus_secs(i64::MAX).secs_since(t);
        }
    }
}

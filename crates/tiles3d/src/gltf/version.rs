//! glTF of another version than 2.

use super::json::{Asset, Root};
use crate::content::DecodeError;
use serde::Deserialize;

/// Parses the JSON of glTF 2.0; that of another version is refused by name, however little its JSON looks like 2.0.
pub(super) fn parse(json: &[u8]) -> Result<Root, DecodeError> {
    #[derive(Deserialize)]
    #[serde(default)]
    #[derive(Default)]
    struct Probe {
        asset: Asset,
    }
    match serde_json::from_slice::<Root>(json) {
        Ok(root) => {
            check(&root.asset)?;
            Ok(root)
        }
        Err(e) => {
            if let Ok(probe) = serde_json::from_slice::<Probe>(json) {
                check(&probe.asset)?;
            }
            Err(DecodeError::malformed("glTF JSON", e))
        }
    }
}

/// A missing version is taken for 2.0: some writers forget it.
fn check(asset: &Asset) -> Result<(), DecodeError> {
    let asked = asset.min_version.as_ref().unwrap_or(&asset.version);
    match asked.split('.').next() {
        Some("2" | "") | None => Ok(()),
        Some(_) => Err(unread(asked)),
    }
}

/// The error for a version that is not read, with what to do about it.
pub(super) fn unread(version: &str) -> DecodeError {
    let version: String = version.chars().take(20).collect();
    DecodeError::Unsupported(if version.starts_with('1') {
        format!("glTF {version} (`3d-tiles-tools upgrade` makes glTF 2.0 of it)")
    } else {
        format!("glTF {version}")
    })
}

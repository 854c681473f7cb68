//! The browser's worker: bytes of a tile in, bytes of what is drawn out. `web/decoder.js` starts some of them and shares
//! the work out.
#![cfg(target_arch = "wasm32")]

use cim_scene::{Outcome, Work, from_bytes, to_bytes};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// Decodes `content` as `work` (a [`Work`] in bytes) says; an [`Outcome`] in bytes.
///
/// # Errors
/// The work is not of this version of the program.
#[wasm_bindgen]
pub fn decode(content: &[u8], work: &[u8]) -> Result<Vec<u8>, JsValue> {
    let work: Work = from_bytes(work).map_err(|e| JsValue::from_str(&e))?;
    let outcome: Outcome = work.run(content);
    to_bytes(&outcome).map_err(|e| JsValue::from_str(&e))
}

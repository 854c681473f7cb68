//! Decoding in the browser: in a worker of the page, so that its own thread only draws.

use cim_scene::{Outcome, Work, from_bytes, to_bytes};
use js_sys::{Function, Promise, Uint8Array};
use std::cell::RefCell;
use tiles3d::Diagnostic;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

thread_local! {
    static DECODER: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Hands in the page's pool of workers: a function of the bytes of a content and of the work that promises the bytes
/// of the outcome, or nothing where there are no workers.
pub(crate) fn set_decoder(decoder: Option<Function>) {
    DECODER.with_borrow_mut(|d| *d = decoder);
}

/// Decodes `content` in a worker, or here when there is none; `done` gets it back with the work and the outcome.
pub(super) fn decode(content: Vec<u8>, work: Work, done: impl FnOnce(Vec<u8>, Work, Outcome) + Send + 'static) {
    spawn_local(async move {
        let outcome = match ask(&content, &work).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => work.run(&content),
            Err(message) => Outcome::Failed(Diagnostic::new("tile-broken", "", message)),
        };
        done(content, work, outcome);
    });
}

/// What a worker makes of it; `None` when there is none.
async fn ask(content: &[u8], work: &Work) -> Result<Option<Outcome>, String> {
    let Some(decoder) = DECODER.with_borrow(Clone::clone) else { return Ok(None) };
    let work = to_bytes(work)?;
    let promise = decoder
        .call2(&JsValue::NULL, &Uint8Array::from(content), &Uint8Array::from(&work[..]))
        .and_then(|p| p.dyn_into::<Promise>())
        .map_err(text)?;
    let answer = JsFuture::from(promise).await.map_err(text)?;
    if answer.is_undefined() {
        return Ok(None);
    }
    from_bytes(&Uint8Array::new(&answer).to_vec()).map(Some)
}

fn text(error: JsValue) -> String {
    error.dyn_into::<js_sys::Error>().map_or_else(|e| format!("{e:?}"), |e| String::from(e.message()))
}

//! The live socket in the browser.

use super::{
    backend::{Parcel, WAITING},
    fetch::Fetcher,
};
use cim_model::live::Envelope;
use crossbeam_channel::Sender;
use url::Url;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

/// An open connection; it ends when this is dropped.
pub(super) struct Socket {
    socket: Option<WebSocket>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some(socket) = &self.socket {
            socket.set_onmessage(None);
            socket.set_onclose(None);
            // Closing what is closed already is no error that matters.
            let _ = socket.close();
        }
    }
}

/// Connects; everything that happens comes as parcels of this generation. A page in the background draws no frames:
/// then messages gather and the connection is given up, to be resumed where it ended when the page is seen again.
pub(super) fn open(_fetcher: &Fetcher, url: Url, generation: u64, sender: Sender<Parcel>) -> Socket {
    let socket = WebSocket::new(url.as_str()).ok();
    let (out, place, own) = (sender.clone(), url.to_string(), socket.clone());
    let on_message = Closure::new(move |event: MessageEvent| {
        let data = event.data();
        let envelope = match data.as_string() {
            Some(text) => Envelope::from_json(&text),
            None => Envelope::from_binary(&js_sys::Uint8Array::new(&data).to_vec()),
        };
        let parcel = match envelope {
            Ok(envelope) => Parcel::Live { generation, envelope },
            Err(e) => Parcel::defect("live-message-broken", &place, e),
        };
        if out.len() < WAITING {
            // Without a receiver the page is going down.
            let _ = out.try_send(parcel);
        } else if let Some(socket) = &own {
            let _ = socket.close();
        }
    });
    let out = sender.clone();
    let on_close = Closure::new(move |event: CloseEvent| {
        let reason = format!("the connection ended (code {})", event.code());
        let _ = out.try_send(Parcel::Closed { generation, reason });
    });
    match &socket {
        Some(socket) => {
            socket.set_binary_type(BinaryType::Arraybuffer);
            socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
            socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        }
        None => {
            let _ = sender.try_send(Parcel::Closed { generation, reason: format!("{url} cannot be opened") });
        }
    }
    Socket { socket, _on_message: on_message, _on_close: on_close }
}

//! Fetching in the browser: the page's own `fetch`.

use super::fetch::{FetchError, MAX_BYTES, Method};
use url::Url;

type Done = Box<dyn FnOnce(Result<Vec<u8>, FetchError>) + Send>;

#[derive(Clone)]
pub(super) struct Platform;

impl Platform {
    #[expect(clippy::unnecessary_wraps, reason = "the desktop's can fail")]
    pub(super) fn new() -> Result<Self, String> {
        Ok(Self)
    }

    pub(super) fn send(&self, method: Method, url: Url, done: Done) {
        wasm_bindgen_futures::spawn_local(async move { done(read(method, url).await) });
    }
}

async fn read(method: Method, url: Url) -> Result<Vec<u8>, FetchError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchError::Scheme(url));
    }
    let failed = |e: reqwest::Error| FetchError::Failed { url: url.clone(), reason: e.to_string() };
    let client = reqwest::Client::new();
    let request = match method {
        Method::Get => client.get(url.clone()),
        Method::Post => client.post(url.clone()),
    };
    let answer = request.send().await.map_err(failed)?;
    if [404, 410].contains(&answer.status().as_u16()) {
        return Err(FetchError::Missing(url));
    }
    if !answer.status().is_success() {
        return Err(FetchError::Failed { reason: format!("the server answered {}", answer.status()), url });
    }
    let bytes = answer.bytes().await.map_err(failed)?;
    if bytes.len() > MAX_BYTES { Err(FetchError::TooLarge(url)) } else { Ok(bytes.to_vec()) }
}

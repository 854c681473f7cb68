//! Fetching in the browser: the page's own `fetch`.

use super::{
    fetch::{Done, FetchError, MAX_BYTES, Method},
    http,
};
use url::Url;

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

    /// How many bytes the file at `url` has.
    pub(super) fn size(&self, url: Url, done: Box<dyn FnOnce(Result<u64, FetchError>) + Send>) {
        wasm_bindgen_futures::spawn_local(async move { done(size(url).await) });
    }
}

async fn read(method: Method, url: Url) -> Result<Vec<u8>, FetchError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchError::Scheme(url));
    }
    let answer = http::ask(&reqwest::Client::new(), method, &url).await?;
    let bytes = answer.bytes().await.map_err(|e| http::failed(&url, &e))?;
    if bytes.len() > MAX_BYTES { Err(FetchError::TooLarge(url)) } else { Ok(bytes.to_vec()) }
}

async fn size(url: Url) -> Result<u64, FetchError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchError::Scheme(url));
    }
    http::size(&reqwest::Client::new(), &url).await
}

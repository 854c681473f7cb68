//! Fetching on the desktop: tokio, reqwest, and the file system.

use super::fetch::{FetchError, MAX_BYTES, Method};
use std::{sync::Arc, time::Duration};
use tokio::{runtime::Runtime, sync::Semaphore};
use url::Url;

/// How many fetches run at a time; the others wait.
const AT_ONCE: usize = 16;

type Done = Box<dyn FnOnce(Result<Vec<u8>, FetchError>) + Send>;

#[derive(Clone)]
pub(super) struct Platform {
    runtime: Arc<Runtime>,
    client: reqwest::Client,
    places: Arc<Semaphore>,
}

impl Platform {
    pub(super) fn new() -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("fetch")
            .enable_all()
            .build()
            .map_err(|e| format!("cannot start the threads that fetch: {e}"))?;
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(|e| format!("cannot set up HTTP: {e}"))?;
        Ok(Self { runtime: Arc::new(runtime), client, places: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    pub(super) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(super) fn send(&self, method: Method, url: Url, done: Done) {
        let (client, places) = (self.client.clone(), Arc::clone(&self.places));
        self.runtime.spawn(async move {
            // The semaphore is never closed; without a place the fetch would only be less polite.
            let place = places.acquire_owned().await;
            let result = read(&client, method, url).await;
            drop(place);
            let _ = tokio::task::spawn_blocking(move || done(result)).await;
        });
    }
}

async fn read(client: &reqwest::Client, method: Method, url: Url) -> Result<Vec<u8>, FetchError> {
    match url.scheme() {
        "file" => {
            let path = url.to_file_path().map_err(|()| FetchError::Scheme(url.clone()))?;
            match tokio::fs::metadata(&path).await {
                Ok(m) if m.len() > MAX_BYTES as u64 => return Err(FetchError::TooLarge(url)),
                _ => {}
            }
            tokio::fs::read(&path).await.map_err(|e| match e.kind() {
                std::io::ErrorKind::NotFound => FetchError::Missing(url),
                _ => FetchError::Failed { url, reason: e.to_string() },
            })
        }
        "http" | "https" => {
            let failed = |e: reqwest::Error| FetchError::Failed { url: url.clone(), reason: chain(&e) };
            let request = match method {
                Method::Get => client.get(url.clone()),
                Method::Post => client.post(url.clone()),
            };
            let mut answer = request.send().await.map_err(failed)?;
            if [404, 410].contains(&answer.status().as_u16()) {
                return Err(FetchError::Missing(url));
            }
            if !answer.status().is_success() {
                return Err(FetchError::Failed { reason: format!("the server answered {}", answer.status()), url });
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(failed)? {
                if bytes.len() + chunk.len() > MAX_BYTES {
                    return Err(FetchError::TooLarge(url));
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(bytes)
        }
        _ => Err(FetchError::Scheme(url)),
    }
}

/// An error with its causes: reqwest's own text stops at "error sending request".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(e) = cause {
        text = format!("{text}: {e}");
        cause = e.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn get(url: &str) -> Result<Vec<u8>, FetchError> {
        let (tx, rx) = mpsc::channel();
        // Dropping the platform ends its requests.
        let platform = Platform::new().unwrap();
        platform.send(Method::Get, Url::parse(url).unwrap(), Box::new(move |r| tx.send(r).unwrap()));
        rx.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    #[test]
    fn files_are_read_and_missing_ones_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), b"hello").unwrap();
        let url = |name: &str| Url::from_file_path(dir.path().join(name)).unwrap().to_string();
        assert_eq!(get(&url("a")).unwrap(), b"hello");
        assert!(matches!(get(&url("b")), Err(FetchError::Missing(_))));
        assert!(matches!(get("ftp://h/x"), Err(FetchError::Scheme(_))));
    }

    #[test]
    fn nobody_listening_is_temporary() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let error = get(&format!("http://{free}/x")).unwrap_err();
        assert!(error.is_temporary(), "{error}");
    }
}

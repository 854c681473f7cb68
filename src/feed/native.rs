//! Fetching on the desktop: tokio, reqwest, and the file system.

use super::{
    fetch::{Done, FetchError, MAX_BYTES, Method},
    http,
};
use std::{
    io::{self, SeekFrom},
    path::Path,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncSeekExt},
    runtime::Runtime,
    sync::Semaphore,
};
use url::Url;

/// How many fetches run at a time; the others wait.
const AT_ONCE: usize = 16;

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

    /// How many bytes the file at `url` has.
    pub(super) fn size(&self, url: Url, done: Box<dyn FnOnce(Result<u64, FetchError>) + Send>) {
        let (client, places) = (self.client.clone(), Arc::clone(&self.places));
        self.runtime.spawn(async move {
            let place = places.acquire_owned().await;
            let result = size(&client, url).await;
            drop(place);
            let _ = tokio::task::spawn_blocking(move || done(result)).await;
        });
    }
}

async fn read(client: &reqwest::Client, method: Method, url: Url) -> Result<Vec<u8>, FetchError> {
    match url.scheme() {
        "file" => read_file(method, url).await,
        "http" | "https" => {
            let mut answer = http::ask(client, method, &url).await?;
            let most = match method {
                Method::Part { start, end } => usize::try_from(end - start).unwrap_or(MAX_BYTES).min(MAX_BYTES),
                Method::Get | Method::Post => MAX_BYTES,
            };
            let mut bytes = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(|e| http::failed(&url, &e))? {
                if bytes.len() + chunk.len() > most {
                    return Err(FetchError::TooLarge(url));
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(bytes)
        }
        _ => Err(FetchError::Scheme(url)),
    }
}

async fn read_file(method: Method, url: Url) -> Result<Vec<u8>, FetchError> {
    let path = url.to_file_path().map_err(|()| FetchError::Scheme(url.clone()))?;
    let read = match method {
        Method::Part { start, end } => read_part(&path, start, end).await,
        Method::Get | Method::Post => match tokio::fs::metadata(&path).await {
            Ok(m) if m.len() > MAX_BYTES as u64 => return Err(FetchError::TooLarge(url)),
            _ => tokio::fs::read(&path).await,
        },
    };
    read.map_err(|e| unreadable(url, &e))
}

async fn read_part(path: &Path, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let mut file = tokio::fs::File::open(path).await?;
    file.seek(SeekFrom::Start(start)).await?;
    let mut bytes = Vec::new();
    file.take(end - start).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

async fn size(client: &reqwest::Client, url: Url) -> Result<u64, FetchError> {
    match url.scheme() {
        "file" => {
            let path = url.to_file_path().map_err(|()| FetchError::Scheme(url.clone()))?;
            tokio::fs::metadata(&path).await.map(|m| m.len()).map_err(|e| unreadable(url, &e))
        }
        "http" | "https" => http::size(client, &url).await,
        _ => Err(FetchError::Scheme(url)),
    }
}

fn unreadable(url: Url, error: &io::Error) -> FetchError {
    match error.kind() {
        io::ErrorKind::NotFound => FetchError::Missing(url),
        _ => FetchError::Failed { url, reason: error.to_string() },
    }
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

//! Asking over HTTP, the same on the desktop and in the browser.

use super::fetch::{FetchError, Method};
use reqwest::{Client, Response, StatusCode, header};
use url::Url;

/// Sends a request; the answer's body is still to be read, and is what was asked for.
pub(super) async fn ask(client: &Client, method: Method, url: &Url) -> Result<Response, FetchError> {
    let request = match method {
        Method::Get => client.get(url.clone()),
        Method::Post => client.post(url.clone()),
        // With this header neither a browser nor reqwest asks for compression, which would make the range another one.
        Method::Part { start, end } => client.get(url.clone()).header(header::RANGE, range(start, end)),
    };
    let answer = request.send().await.map_err(|e| failed(url, &e))?;
    let status = answer.status();
    if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
        return Err(FetchError::Missing(url.clone()));
    }
    if let Method::Part { start, .. } = method {
        if status == StatusCode::RANGE_NOT_SATISFIABLE {
            let reason = "it is shorter than it was, or empty".to_owned();
            return Err(FetchError::Archive { url: url.clone(), reason });
        }
        let other = content_range(&answer).is_some_and(|(from, _)| from != start);
        if status == StatusCode::OK || other {
            return Err(FetchError::NoRanges(url.clone()));
        }
    }
    if !status.is_success() {
        return Err(FetchError::Failed { reason: format!("the server answered {status}"), url: url.clone() });
    }
    Ok(answer)
}

/// Bytes of the file at `url`, whose server answers range requests.
pub(super) async fn size(client: &Client, url: &Url) -> Result<u64, FetchError> {
    let answer = ask(client, Method::Part { start: 0, end: 1 }, url).await?;
    if let Some((_, Some(size))) = content_range(&answer) {
        return Ok(size);
    }
    // A server on another origin may hide that header from a page, but not this one (Fetch standard, 2.2.2: the
    // CORS-safelisted response headers).
    let answer = client.head(url.clone()).send().await.map_err(|e| failed(url, &e))?;
    let length = answer.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    length.ok_or_else(|| FetchError::Archive {
        url: url.clone(),
        reason: "the server does not say how large it is (Content-Range or Content-Length)".to_owned(),
    })
}

/// The request did not come through.
pub(super) fn failed(url: &Url, error: &dyn std::error::Error) -> FetchError {
    FetchError::Failed { url: url.clone(), reason: chain(error) }
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

/// A `Range` header for the bytes from `start` up to, not including, `end` (RFC 9110, 14.1.2: both ends are included).
fn range(start: u64, end: u64) -> String {
    format!("bytes={start}-{}", end.saturating_sub(1))
}

/// First byte and length of the whole, of a `Content-Range` header (RFC 9110, 14.4); the length may be unknown.
fn content_range(answer: &Response) -> Option<(u64, Option<u64>)> {
    parse_content_range(answer.headers().get(header::CONTENT_RANGE)?.to_str().ok()?)
}

fn parse_content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, size) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let start = range.split_once('-')?.0.trim().parse().ok()?;
    Some((start, size.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_said_as_the_standard_wants() {
        assert_eq!(range(0, 1), "bytes=0-0");
        assert_eq!(range(500, 1000), "bytes=500-999");
        assert_eq!(parse_content_range("bytes 0-0/1234"), Some((0, Some(1234))));
        assert_eq!(parse_content_range("bytes 5-9/*"), Some((5, None)));
        assert_eq!(parse_content_range("bytes */1234"), None);
        assert_eq!(parse_content_range("lines 1-2/3"), None);
    }
}

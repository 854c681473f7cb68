//! Files inside 3D Tiles archives. `city.3tz` stands for a folder of its name: a URL that goes on behind `.3tz/` is read
//! from the archive by ranges, so that everything else need not know of archives.

use super::fetch::{Done, FetchError, Fetcher};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tiles3d::{
    Diagnostic,
    archive::{ArchiveError, ArchiveLimits, ArchiveReader, EntryReader, Packed},
};
use url::Url;

/// How an archive's name ends.
const ENDING: &str = ".3tz";
/// Archives whose index is kept; a tileset uses one, and a few more when it refers to others.
const MOST_OPEN: usize = 16;

type Waiter = Box<dyn FnOnce(Result<Arc<ArchiveReader>, FetchError>) + Send>;

/// Where to begin reading: the tileset inside an archive, every other URL as it is.
pub(crate) fn entrance(mut url: Url) -> Url {
    if url.path().to_ascii_lowercase().ends_with(ENDING) {
        let path = format!("{}/tileset.json", url.path());
        url.set_path(&path);
    }
    url
}

/// The archive that a URL leads into, with the query that the URL has, and the path inside.
pub(super) fn split(url: &Url) -> Option<(Url, String)> {
    let path = url.path();
    let at = path.to_ascii_lowercase().find(".3tz/")? + ENDING.len();
    let (package, inside) = (path.get(..at)?.to_owned(), path.get(at + 1..)?.to_owned());
    let mut archive = url.clone();
    archive.set_path(&package);
    archive.set_fragment(None);
    (!is_folder(&archive)).then_some((archive, inside))
}

/// Nobody is kept from naming a folder like an archive.
#[cfg(not(target_arch = "wasm32"))]
fn is_folder(url: &Url) -> bool {
    url.scheme() == "file" && url.to_file_path().is_ok_and(|p| p.is_dir())
}

#[cfg(target_arch = "wasm32")]
fn is_folder(_: &Url) -> bool {
    false
}

/// The archives that are open or being opened.
#[derive(Default)]
pub(super) struct Archives(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// By URL without query.
    slots: BTreeMap<Url, Slot>,
    defects: Vec<Diagnostic>,
}

struct Slot {
    /// The URL as it was first asked for, with the query that only the tileset's own URL has.
    source: Url,
    state: State,
}

enum State {
    Closed,
    Opening(Vec<Waiter>),
    Open(Arc<ArchiveReader>),
}

impl Archives {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // What is behind it is whole between any two statements.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was wrong with archives that could be read all the same, once.
    pub(super) fn take_defects(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.lock().defects)
    }

    /// The archive is not what its index says: it is opened anew next time.
    fn close(&self, key: &Url, seen: &Arc<ArchiveReader>) {
        if let Some(slot) = self.lock().slots.get_mut(key)
            && matches!(&slot.state, State::Open(now) if Arc::ptr_eq(now, seen))
        {
            slot.state = State::Closed;
        }
    }

    /// Ends the opening of an archive: all who wait for it go on.
    fn settle(&self, key: &Url, result: Result<ArchiveReader, FetchError>) {
        let result = result.map(Arc::new);
        let mut inner = self.lock();
        if let Ok(reader) = &result {
            let place = |d: &Diagnostic| Diagnostic::new(d.code, format!("{key}: {}", d.place), d.message.clone());
            inner.defects.extend(reader.diagnostics().iter().map(place));
        }
        let state = result.as_ref().map_or(State::Closed, |r| State::Open(Arc::clone(r)));
        let before = inner.slots.get_mut(key).map(|slot| std::mem::replace(&mut slot.state, state));
        drop(inner);
        if let Some(State::Opening(waiters)) = before {
            waiters.into_iter().for_each(|go_on| go_on(result.clone()));
        }
    }
}

/// One file of an archive on its way.
struct Wish<T> {
    fetcher: Fetcher,
    /// What is made of it here: it unpacks, or leaves that to others.
    finish: fn(Packed) -> Result<T, ArchiveError>,
    /// The archive's URL without query.
    key: Url,
    inside: String,
    /// The file's own URL, for messages.
    url: Url,
    /// The archive was opened anew for it already.
    again: bool,
}

/// Reads the file `inside` the archive at `archive`; `url` is its own. `finish` says what is wanted of it.
pub(super) fn read<T: 'static>(
    fetcher: Fetcher,
    archive: Url,
    inside: String,
    url: Url,
    finish: fn(Packed) -> Result<T, ArchiveError>,
    done: Done<T>,
) {
    let mut key = archive.clone();
    key.set_query(None);
    find(Wish { fetcher, finish, key, inside, url, again: false }, archive, done);
}

/// Looks the file up once the archive is open.
fn find<T: 'static>(wish: Wish<T>, archive: Url, done: Done<T>) {
    let (fetcher, key) = (wish.fetcher.clone(), wish.key.clone());
    with_archive(&fetcher, &key, archive, move |source, result| match result {
        Ok(reader) => match reader.entry(&wish.inside) {
            Some(entry) => pull(wish, source, reader, entry, done),
            None => done(Err(FetchError::Missing(wish.url))),
        },
        Err(e) => done(Err(e)),
    });
}

/// Fetches what the file still needs, then gives it out.
fn pull<T: 'static>(wish: Wish<T>, source: Url, reader: Arc<ArchiveReader>, mut entry: EntryReader, done: Done<T>) {
    let Some(range) = entry.need() else {
        match entry.finish_packed().and_then(wish.finish) {
            Ok(file) => done(Ok(file)),
            Err(e) => {
                let e = error(&wish.url, &e);
                fail(wish, source, &reader, e, done);
            }
        }
        return;
    };
    let fetcher = wish.fetcher.clone();
    fetcher.part(source.clone(), range, move |result| {
        let fed = result.and_then(|bytes| entry.feed(&bytes).map_err(|e| error(&wish.url, &e)));
        match fed {
            Ok(()) => pull(wish, source, reader, entry, done),
            Err(e) => fail(wish, source, &reader, e, done),
        }
    });
}

/// Another archive may lie there by now: then its own index finds the file. Otherwise it cannot be had.
fn fail<T: 'static>(wish: Wish<T>, source: Url, reader: &Arc<ArchiveReader>, error: FetchError, done: Done<T>) {
    if wish.again || !matches!(error, FetchError::Archive { .. }) {
        return done(Err(error));
    }
    wish.fetcher.archives().close(&wish.key, reader);
    find(Wish { again: true, ..wish }, source, done);
}

/// Calls `done` with the archive's full URL and the archive, which is opened if it is not.
fn with_archive(
    fetcher: &Fetcher,
    key: &Url,
    archive: Url,
    done: impl FnOnce(Url, Result<Arc<ArchiveReader>, FetchError>) + Send + 'static,
) {
    let mut inner = fetcher.archives().lock();
    if inner.slots.len() >= MOST_OPEN && !inner.slots.contains_key(key) {
        inner.slots.retain(|_, slot| matches!(slot.state, State::Opening(_)));
    }
    let slot = inner.slots.entry(key.clone()).or_insert(Slot { source: archive, state: State::Closed });
    let source = slot.source.clone();
    match &mut slot.state {
        State::Open(reader) => {
            let reader = Arc::clone(reader);
            drop(inner);
            done(source, Ok(reader));
        }
        State::Opening(waiters) => waiters.push(Box::new(move |result| done(source, result))),
        State::Closed => {
            let from = source.clone();
            slot.state = State::Opening(vec![Box::new(move |result| done(source, result))]);
            drop(inner);
            open(fetcher.clone(), key.clone(), from);
        }
    }
}

fn open(fetcher: Fetcher, key: Url, source: Url) {
    let own = fetcher.clone();
    fetcher.size(source.clone(), move |result| {
        let limits = ArchiveLimits::default();
        match result.and_then(|size| ArchiveReader::new(size, limits).map_err(|e| error(&source, &e))) {
            Ok(reader) => fill(own, key, source, reader),
            Err(e) => own.archives().settle(&key, Err(e)),
        }
    });
}

/// Fetches what the archive's index still needs.
fn fill(fetcher: Fetcher, key: Url, source: Url, mut reader: ArchiveReader) {
    let Some(range) = reader.need() else {
        fetcher.archives().settle(&key, Ok(reader));
        return;
    };
    let own = fetcher.clone();
    fetcher.part(source.clone(), range, move |result| {
        match result.and_then(|bytes| reader.feed(&bytes).map_err(|e| error(&source, &e))) {
            Ok(()) => fill(own, key, source, reader),
            Err(e) => own.archives().settle(&key, Err(e)),
        }
    });
}

fn error(url: &Url, error: &ArchiveError) -> FetchError {
    match error {
        ArchiveError::NotFound(_) => FetchError::Missing(url.clone()),
        ArchiveError::TooLarge { .. } => FetchError::TooLarge(url.clone()),
        other => FetchError::Archive { url: url.clone(), reason: other.to_string() },
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use std::{path::Path, sync::mpsc, time::Duration};
    use tiles3d::archive::{ArchiveWriter, Compression};

    fn get(fetcher: &Fetcher, url: &Url) -> Result<Vec<u8>, FetchError> {
        let (tx, rx) = mpsc::channel();
        fetcher.get(url.clone(), move |r| tx.send(r).unwrap());
        rx.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    fn get_packed(fetcher: &Fetcher, url: &Url) -> Result<Packed, FetchError> {
        let (tx, rx) = mpsc::channel();
        fetcher.get_packed(url.clone(), move |r| tx.send(r).unwrap());
        rx.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    fn write(path: &Path, files: &[(&str, &[u8])]) {
        let mut writer = ArchiveWriter::new(Vec::new());
        files.iter().for_each(|(name, bytes)| writer.add(name, bytes, Compression::Deflate).unwrap());
        std::fs::write(path, writer.finish().unwrap()).unwrap();
    }

    fn url(path: &Path, inside: &str) -> Url {
        Url::parse(&format!("{}/{inside}", Url::from_file_path(path).unwrap())).unwrap()
    }

    #[test]
    fn urls_lead_into_archives() {
        let parse = |text: &str| Url::parse(text).unwrap();
        assert_eq!(entrance(parse("http://h/a/x.3tz?t=1")), parse("http://h/a/x.3tz/tileset.json?t=1"));
        assert_eq!(entrance(parse("http://h/a/tileset.json")), parse("http://h/a/tileset.json"));
        let (archive, inside) = split(&parse("http://h/a/x.3TZ/b/c%20d.glb?t=1#f")).unwrap();
        assert_eq!((archive, inside.as_str()), (parse("http://h/a/x.3TZ?t=1"), "b/c%20d.glb"));
        assert!(split(&parse("http://h/a/x.3tz")).is_none());
    }

    #[test]
    fn files_of_an_archive_are_read_and_missing_ones_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.3tz");
        write(&path, &[("tileset.json", b"{}"), ("a/\u{8fd0}.glb", &[7; 100_000])]);
        let fetcher = Fetcher::new().unwrap();
        assert_eq!(get(&fetcher, &url(&path, "tileset.json")).unwrap(), b"{}");
        assert_eq!(get(&fetcher, &url(&path, "a/%E8%BF%90.glb")).unwrap(), vec![7; 100_000]);
        assert!(matches!(get(&fetcher, &url(&path, "b.glb")), Err(FetchError::Missing(_))));
        let packed = get_packed(&fetcher, &url(&path, "a/%E8%BF%90.glb")).unwrap();
        assert!(packed.bytes.len() < 1000);
        assert_eq!(packed.unpack().unwrap(), vec![7; 100_000]);
        let plain = folder.path().join("plain");
        std::fs::write(&plain, b"as it is").unwrap();
        let packed = get_packed(&fetcher, &Url::from_file_path(&plain).unwrap()).unwrap();
        assert_eq!(packed, Packed::plain(b"as it is".to_vec()));
        let none = url(&folder.path().join("none.3tz"), "a.glb");
        assert!(matches!(get(&fetcher, &none), Err(FetchError::Missing(_))));
        assert!(fetcher.take_defects().is_empty());
        // What packs deflated takes less than its size.
        assert!(fetcher.received() < 10_000, "{}", fetcher.received());
    }

    #[test]
    fn an_archive_that_was_written_anew_is_opened_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.3tz");
        write(&path, &[("a", b"first"), ("b", b"second")]);
        let fetcher = Fetcher::new().unwrap();
        assert_eq!(get(&fetcher, &url(&path, "b")).unwrap(), b"second");
        write(&path, &[("a", b"a much longer first file than there was"), ("b", b"other")]);
        assert_eq!(get(&fetcher, &url(&path, "b")).unwrap(), b"other");
    }

    #[test]
    fn what_is_no_archive_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.3tz");
        std::fs::write(&path, b"<html>this is a page and no archive at all</html>").unwrap();
        let error = get(&Fetcher::new().unwrap(), &url(&path, "tileset.json")).unwrap_err();
        assert!(matches!(&error, FetchError::Archive { reason, .. } if reason.contains("end record")), "{error}");
        assert!(!error.is_temporary());
    }

    #[test]
    fn a_folder_may_have_such_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.3tz");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("tileset.json"), b"{}").unwrap();
        assert_eq!(get(&Fetcher::new().unwrap(), &url(&path, "tileset.json")).unwrap(), b"{}");
    }
}

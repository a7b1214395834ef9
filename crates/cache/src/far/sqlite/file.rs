//! The file of now: opened when it is needed, left for the next one when it is damaged.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use palisade_core::Clock;
use rusqlite::{Connection, Error, ErrorCode};

use super::table::{self, News};
use crate::envelope::Mark;
use crate::far::store::{Fill, Reading, StoreError, Walk};

/// Files of one layout, numbered; the newest is the one that counts.
pub(super) struct File {
    folder: PathBuf,
    most: u64,
    clock: Box<dyn Clock>,
    open: Option<Open>,
    /// No file before this one is opened.
    least: u64,
}

struct Open {
    connection: Connection,
    number: u64,
    /// Which file the path named.
    identity: Identity,
}

/// What was heard of an era, and everything up to it.
pub(super) struct Heard {
    pub(super) mark: Mark,
    /// Milliseconds.
    pub(super) now: u64,
    pub(super) news: Vec<News>,
}

/// Before a call gives up on another process's lock.
const PATIENCE: Duration = Duration::from_millis(25);
/// The version of the layout: another one is another file.
const LAYOUT: &str = "cache-1-";
const ENDING: &str = ".sqlite";

impl File {
    pub(super) fn new(
        folder: PathBuf,
        most: u64,
        clock: Box<dyn Clock>,
    ) -> Result<Self, StoreError> {
        /// Earlier ones can lose what two connections write.
        const LEAST: i32 = 3_051_003;
        if rusqlite::version_number() < LEAST {
            return Err(StoreError::new("SQLite 3.51.3 or later is needed"));
        }
        make(&folder).map_err(|error| StoreError::caused_by("the folder cannot be made", error))?;
        Ok(Self { folder, most, clock, open: None, least: 1 })
    }

    pub(super) fn read(&mut self, keys: &[String]) -> Result<Reading, StoreError> {
        let now = self.now();
        self.on(|connection, _| table::read(connection, keys, now))
            .map(|values| Reading::new(now, values))
    }

    pub(super) fn fill(&mut self, fills: &[Fill]) -> Result<(), StoreError> {
        let now = self.now();
        self.on(|connection, most| table::fill(connection, fills, now, most))
    }

    pub(super) fn end(
        &mut self,
        origin: &[u8; 16],
        slots: &[u16],
        keys: &[String],
    ) -> Result<Mark, StoreError> {
        let mark = self.on(|connection, _| table::end(connection, origin, slots, keys))?;
        // Nobody hears what was told to a file that the others have left.
        if self.is_current() { Ok(mark) } else { Err(StoreError::new("the file was replaced")) }
    }

    pub(super) fn walk(
        &mut self,
        prefix: &str,
        place: u64,
        most: usize,
    ) -> Result<Walk, StoreError> {
        self.on(|connection, _| table::walk(connection, prefix, place, most))
    }

    pub(super) fn news(&mut self, last: Option<Mark>) -> Result<Heard, StoreError> {
        let now = self.now();
        let (mark, news) = self.on(|connection, _| table::news(connection, last))?;
        Ok(Heard { mark, now, news })
    }

    fn now(&self) -> u64 {
        let since = self.clock.wall().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// Does something with the file of now; one that is damaged is left.
    fn on<T>(
        &mut self,
        work: impl FnOnce(&mut Connection, u64) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let done = self.opened().and_then(|mut open| {
            let done = work(&mut open.connection, self.most);
            if done.as_ref().err().is_some_and(is_damage) {
                self.least = open.number.saturating_add(1);
            } else {
                self.open = Some(open);
            }
            done
        });
        done.map_err(|error| StoreError::caused_by("SQLite did not answer", error))
    }

    /// Returns the newest file, which is open or is opened.
    fn opened(&mut self) -> rusqlite::Result<Open> {
        let before = match self.open.take() {
            Some(open) if is_newest(&self.folder, &open) => return Ok(open),
            before => before.map(|open| open.number),
        };
        let mut open = self.open_newest()?;
        // Somebody put another file in its place: what was ended meanwhile may hold in that one.
        if before == Some(open.number) {
            table::begin_anew(&mut open.connection)?;
        }
        Ok(open)
    }

    fn is_current(&self) -> bool {
        self.open.as_ref().is_some_and(|open| is_newest(&self.folder, open))
    }

    fn open_newest(&mut self) -> rusqlite::Result<Open> {
        let number = newest(&self.folder).unwrap_or(1).max(self.least);
        let path = self.folder.join(format!("{LAYOUT}{number}{ENDING}"));
        let connection = connect(&path).inspect_err(|error| {
            if is_damage(error) {
                self.least = number.saturating_add(1);
            }
        })?;
        remove_before(&self.folder, number);
        Ok(Open { connection, number, identity: identity(&path) })
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    table::prepare(&mut connection)?;
    Ok(connection)
}

/// Says whether the file itself is at fault, and not who holds it or what is full.
fn is_damage(error: &Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::CannotOpen
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::OperationInterrupted
                | ErrorCode::OutOfMemory
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
        )
    )
}

/// The number in the name of a file, or of what is beside it.
fn number(name: &str) -> Option<u64> {
    let rest = name.strip_prefix(LAYOUT)?;
    let (number, ending) = rest.split_once('.')?;
    ending.starts_with("sqlite").then_some(number)?.parse().ok()
}

fn newest(folder: &Path) -> Option<u64> {
    let names = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    names.filter_map(|entry| number(entry.file_name().to_str()?)).max()
}

fn is_newest(folder: &Path, open: &Open) -> bool {
    let path = folder.join(format!("{LAYOUT}{}{ENDING}", open.number));
    newest(folder) == Some(open.number) && identity(&path) == open.identity
}

/// Removes what nobody opens any more; who has it open keeps it until the next call.
fn remove_before(folder: &Path, least: u64) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().to_str().and_then(number).is_some_and(|number| number < least) {
            // It is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(unix)]
fn make(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

/// Tells one file from another that took its place.
#[cfg(unix)]
type Identity = Option<(u64, u64)>;

#[cfg(unix)]
fn identity(path: &Path) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// A file that is open cannot be replaced.
#[cfg(not(unix))]
type Identity = bool;

#[cfg(not(unix))]
fn identity(path: &Path) -> Identity {
    path.exists()
}

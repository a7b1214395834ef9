//! An index in `SQLite`, made from the files of the log and made again whenever it is not theirs.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params_from_iter, types::Value};
use thiserror::Error;

use super::{Cursor, CursorError, Filter, Limit, Page, Stored};
use crate::disk::{Disk, RealDisk};
use crate::merkle::leaf;
use crate::reader::{self, Place};
use crate::segment;

/// Why there is no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IndexError {
    /// `SQLite` did what it should not.
    #[error("the audit index: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The log cannot be read.
    #[error("the audit log cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// The cursor is not taken.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// This release of `SQLite` can lose writes of two connections.
    #[error("SQLite {0} can corrupt an index; 3.51.3 or later is needed")]
    Version(&'static str),
}

/// Numbers that are searched before a page ends without being full.
const WINDOW: u64 = 50_000;
const WINDOWS: usize = 20;
/// Events that are added in one transaction.
const TOGETHER: u64 = 4096;
const SCHEMA: i64 = 1;
const TABLES: &str = "
    CREATE TABLE event (
        seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL,
        actor_kind TEXT, actor TEXT, action TEXT NOT NULL, target_kind TEXT, target TEXT,
        outcome TEXT NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX event_actor ON event (actor, seq);
    CREATE INDEX event_action ON event (action, seq);
    CREATE INDEX event_target ON event (target, seq);
    CREATE TABLE position (
        id INTEGER PRIMARY KEY CHECK (id = 0), seq INTEGER NOT NULL, segment INTEGER NOT NULL,
        offset INTEGER NOT NULL, last_leaf BLOB
    ) STRICT;
    INSERT INTO position VALUES (0, 0, 0, 0, NULL);
";

/// An index over the events of a log.
///
/// # Cost
///
/// About 20 us for an event that is added, in transactions of 4096. A page costs the same at any depth: one walk
/// down a tree and one read for each event.
#[derive(Debug)]
pub struct Index {
    connection: Mutex<Connection>,
    disk: RealDisk,
}

/// Where the index stands: the next event, and the last one that it has.
#[derive(Debug, Default)]
struct Position {
    next: Place,
    last_leaf: Option<Vec<u8>>,
}

impl Index {
    /// Opens the index of the log in `folder` in a file of its own; one that does not fit the log is made
    /// again. One that is damaged is removed before it is made again.
    ///
    /// # Errors
    ///
    /// [`IndexError`].
    pub fn open(folder: &Path, file: &Path) -> Result<Self, IndexError> {
        const LEAST: i32 = 3_051_003;
        if rusqlite::version_number() < LEAST {
            return Err(IndexError::Version(rusqlite::version()));
        }
        let disk = RealDisk::new(folder);
        make(file)?;
        let connection = if let Ok(connection) = connect(file) {
            connection
        } else {
            for ending in ["", "-wal", "-shm"] {
                let mut name = file.as_os_str().to_owned();
                name.push(ending);
                let _ = std::fs::remove_file(PathBuf::from(name));
            }
            make(file)?;
            connect(file)?
        };
        let index = Self { connection: Mutex::new(connection), disk };
        if !index.fits()? {
            index.rebuild()?;
        }
        Ok(index)
    }

    /// Adds what the log has and the index has not; returns how many events that were.
    ///
    /// # Errors
    ///
    /// [`IndexError`].
    pub fn catch_up(&self) -> Result<u64, IndexError> {
        let mut connection = self.lock();
        let mut added = 0_u64;
        loop {
            let transaction = connection.transaction()?;
            let Position { next: from, mut last_leaf } = position(&transaction)?;
            let first = segment::all(&self.disk)?.first().copied();
            let from = match first {
                // What was pruned is not found any more.
                Some(first) if first > from.seq || (from.seq == 0 && first > 0) => {
                    Place { seq: first, segment: first, offset: 0 }
                }
                Some(_) => from,
                None => return Ok(added),
            };
            transaction
                .execute("DELETE FROM event WHERE seq < ?1", [signed(first.unwrap_or(0))])?;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?;
            let mut count = 0;
            let next = reader::read::<IndexError>(&self.disk, from, |place, line| {
                // A line that is no event of ours has only its number.
                let event = Stored::parse(line);
                let event = event.as_ref();
                let actor = event.and_then(|event| event.actor.as_ref());
                let target = event.and_then(|event| event.target.as_ref());
                insert.execute(rusqlite::params![
                    signed(place.seq),
                    event.map_or(0, Stored::micros),
                    actor.map(|party| &party.kind),
                    actor.map(|party| &party.id),
                    event.map_or("", |event| &event.action),
                    target.map(|party| &party.kind),
                    target.map(|party| &party.id),
                    event.map_or("", |event| &event.outcome),
                    signed(place.segment),
                    signed(place.offset),
                    signed(u64::try_from(line.len()).unwrap_or(0)),
                ])?;
                last_leaf = Some(leaf(line).as_bytes().to_vec());
                count = u64::saturating_add(count, 1);
                Ok(count < TOGETHER)
            })?;
            drop(insert);
            transaction.execute(
                "UPDATE position SET seq = ?1, segment = ?2, offset = ?3, last_leaf = ?4",
                rusqlite::params![
                    signed(next.seq),
                    signed(next.segment),
                    signed(next.offset),
                    last_leaf,
                ],
            )?;
            transaction.commit()?;
            added = added.saturating_add(count);
            if count < TOGETHER {
                return Ok(added);
            }
        }
    }

    /// Forgets everything and reads the log again.
    ///
    /// # Errors
    ///
    /// [`IndexError`].
    pub fn rebuild(&self) -> Result<u64, IndexError> {
        {
            let connection = self.lock();
            connection.execute_batch(
                "BEGIN; DELETE FROM event; \
                 UPDATE position SET seq = 0, segment = 0, offset = 0, last_leaf = NULL; \
                 COMMIT;",
            )?;
        }
        self.catch_up()
    }

    /// Returns a page of the events that a filter wants, newest first; with a cursor, the next page.
    ///
    /// Events that were recorded since the last [`catch_up`](Self::catch_up) are not found.
    ///
    /// # Errors
    ///
    /// [`IndexError`].
    pub fn query(
        &self,
        filter: &Filter,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Stored>, IndexError> {
        let connection = self.lock();
        let mut high = match cursor {
            Some(cursor) => cursor.before(filter)?,
            None => position(&connection)?.next.seq,
        };
        let lowest = connection
            .query_row("SELECT min(seq) FROM event", [], |row| row.get::<_, Option<i64>>(0))?;
        let lowest = lowest.map_or(high, i64::cast_unsigned);
        let wanted = usize::from(limit.get());
        let mut items = Vec::new();
        for _ in 0..WINDOWS {
            let low = high.saturating_sub(WINDOW).max(lowest);
            let (sql, values) = statement(filter, low, high, wanted.saturating_sub(items.len()));
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut last = high;
            while let Some(row) = rows.next()? {
                last = row.get::<_, i64>(0)?.cast_unsigned();
                let (segment, offset): (i64, i64) = (row.get(1)?, row.get(2)?);
                let length = usize::try_from(row.get::<_, i64>(3)?).unwrap_or(0);
                let name = segment::name(segment.cast_unsigned());
                let line = self.disk.read(&name, offset.cast_unsigned(), length)?;
                items.extend(Stored::parse(&line));
            }
            if items.len() >= wanted {
                high = last;
                break;
            }
            high = low;
            if high <= lowest {
                break;
            }
        }
        let has_more = high > lowest;
        let next_cursor = has_more.then(|| Cursor::new(filter, high).to_string());
        Ok(Page { items, has_more, next_cursor })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether the last event that the index has is still where it was.
    fn fits(&self) -> Result<bool, IndexError> {
        let connection = self.lock();
        let Position { next, last_leaf } = position(&connection)?;
        let (Some(last_leaf), Some(last)) = (last_leaf, next.seq.checked_sub(1)) else {
            return Ok(true);
        };
        let place = "SELECT segment, offset, length FROM event WHERE seq = ?1";
        let place = connection.query_row(place, [signed(last)], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        });
        let Some((segment, offset, length)) = place.optional()? else { return Ok(false) };
        let name = segment::name(segment.cast_unsigned());
        if self.disk.length(&name)?.is_none() {
            return Ok(false);
        }
        let length = usize::try_from(length).unwrap_or(0);
        let line = self.disk.read(&name, offset.cast_unsigned(), length)?;
        Ok(leaf(&line).as_bytes().as_slice() == last_leaf)
    }
}

/// Files are for this user's eyes alone; `SQLite` gives those beside it the same mode.
fn make(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

fn connect(file: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(file)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != SCHEMA {
        connection.execute_batch(&format!(
            "BEGIN; DROP TABLE IF EXISTS event; DROP TABLE IF EXISTS position; {TABLES} \
             PRAGMA user_version = {SCHEMA}; COMMIT;"
        ))?;
    }
    Ok(connection)
}

fn position(connection: &Connection) -> Result<Position, rusqlite::Error> {
    let found = connection
        .query_row("SELECT seq, segment, offset, last_leaf FROM position", [], |row| {
            let number = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
            Ok(Position {
                next: Place { seq: number(0)?, segment: number(1)?, offset: number(2)? },
                last_leaf: row.get(3)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// The statement of a window, and its values.
fn statement(filter: &Filter, low: u64, high: u64, limit: usize) -> (String, Vec<Value>) {
    let mut sql =
        String::from("SELECT seq, segment, offset, length FROM event WHERE seq >= ? AND seq < ?");
    let mut values = vec![Value::Integer(signed(low)), Value::Integer(signed(high))];
    for (name, wanted) in [("actor", &filter.actor), ("target", &filter.target)] {
        let Some(wanted) = wanted else { continue };
        match wanted.split_once(':') {
            None => sql.extend([" AND ", name, " = ?"]),
            Some((kind, id)) => {
                sql.extend([" AND ((", name, " = ? AND ", name, "_kind = ?) OR ", name, " = ?)"]);
                values.push(Value::Text(id.to_owned()));
                values.push(Value::Text(kind.to_owned()));
            }
        }
        values.push(Value::Text(wanted.clone()));
    }
    match filter.action.as_deref().map(|action| (action, action.strip_suffix('*'))) {
        // In the order of numbers, whatever the texts are.
        Some((_, Some(start))) => {
            sql.push_str(" AND substr(+action, 1, ?) = ?");
            let characters = i64::try_from(start.chars().count()).unwrap_or(i64::MAX);
            values.push(Value::Integer(characters));
            values.push(Value::Text(start.to_owned()));
        }
        Some((action, None)) => {
            sql.push_str(" AND action = ?");
            values.push(Value::Text(action.to_owned()));
        }
        None => {}
    }
    if let Some(outcome) = filter.outcome {
        sql.push_str(" AND outcome = ?");
        values.push(Value::Text(outcome.as_str().to_owned()));
    }
    if let Some(since) = filter.since {
        sql.push_str(" AND ts >= ?");
        values.push(Value::Integer(since));
    }
    if let Some(until) = filter.until {
        sql.push_str(" AND ts < ?");
        values.push(Value::Integer(until));
    }
    sql.push_str(" ORDER BY seq DESC LIMIT ?");
    values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
    (sql, values)
}

/// `SQLite` has no unsigned numbers; no log comes that far.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

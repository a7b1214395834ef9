//! What stands in the file. Each function is one transaction.

use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension as _, Result, Transaction};
use rusqlite::{TransactionBehavior, params};

use crate::envelope::Mark;
use crate::far::store::{Fill, Walk};
use crate::far::{SLOTS, chance};

/// An era that was announced.
pub(super) struct News {
    pub(super) mark: Mark,
    pub(super) origin: [u8; 16],
    pub(super) slots: Vec<u16>,
}

/// So many announcements are kept; who missed more drops everything.
const ANNOUNCED: u64 = 1024;
/// What a value takes beside its bytes and those of its key and slots.
const BESIDE: u64 = 128;

/// Counters have a checksum: one that is damaged must not revive a value.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS life (
        one INTEGER PRIMARY KEY CHECK (one = 1), id BLOB NOT NULL, era INTEGER NOT NULL,
        bytes INTEGER NOT NULL, checksum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS slot (
        number INTEGER PRIMARY KEY, era INTEGER NOT NULL, checksum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS news (
        era INTEGER PRIMARY KEY, origin BLOB NOT NULL, slots BLOB NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS entry (
        number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, era INTEGER NOT NULL, slots BLOB NOT NULL,
        until INTEGER NOT NULL, size INTEGER NOT NULL, value BLOB NOT NULL
    ) STRICT;
";

/// The present life of the store.
struct Life {
    id: [u8; 16],
    era: u64,
    /// What the values take.
    bytes: u64,
}

impl Life {
    fn new() -> Self {
        Self { id: chance(), era: 0, bytes: 0 }
    }

    const fn mark(&self) -> Mark {
        Mark { id: self.id, era: self.era }
    }

    fn checksum(&self) -> u32 {
        checksum(&[&self.id, &self.era.to_be_bytes(), &self.bytes.to_be_bytes()])
    }

    fn read(connection: &Connection) -> Result<Self> {
        let sql = "SELECT id, era, bytes, checksum FROM life";
        let mut statement = connection.prepare_cached(sql)?;
        let (life, sum) = statement.query_row([], |row| {
            let life = Self { id: row.get(0)?, era: count(row.get(1)?), bytes: count(row.get(2)?) };
            Ok((life, row.get::<_, i64>(3)?))
        })?;
        if i64::from(life.checksum()) == sum { Ok(life) } else { Err(damaged()) }
    }

    fn write(&self, connection: &Connection) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO life VALUES (1, ?1, ?2, ?3, ?4)";
        let values = params![self.id, int(self.era), int(self.bytes), self.checksum()];
        connection.prepare_cached(sql)?.execute(values).map(drop)
    }
}

/// Makes a connection ready, and the tables where they are not there.
pub(super) fn prepare(connection: &mut Connection) -> Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "journal_size_limit", 4 << 20)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    let transaction = writing(connection)?;
    transaction.execute_batch(TABLES)?;
    let begun = transaction.query_row("SELECT 1 FROM life", [], |_| Ok(())).optional()?;
    if begun.is_none() {
        Life::new().write(&transaction)?;
    }
    transaction.commit()
}

/// Returns the values that are there and hold.
pub(super) fn read(
    connection: &mut Connection,
    keys: &[String],
    now: u64,
) -> Result<Vec<Option<Vec<u8>>>> {
    let transaction = connection.transaction()?;
    let sql = "SELECT era, slots, value FROM entry WHERE key = ?1 AND until > ?2";
    let mut values = Vec::with_capacity(keys.len());
    for key in keys {
        let mut statement = transaction.prepare_cached(sql)?;
        let found = statement.query_row(params![key, int(now)], |row| {
            Ok((row.get(0).map(count)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, Vec<u8>>(2)?))
        });
        values.push(match found.optional()? {
            Some((era, slots, value)) if hold(&transaction, era, &unpacked(&slots))? => Some(value),
            _ => None,
        });
    }
    transaction.commit()?;
    Ok(values)
}

/// Returns keys with the prefix among those after the place, which is a number.
pub(super) fn walk(connection: &Connection, prefix: &str, place: u64, most: usize) -> Result<Walk> {
    let sql = "SELECT number, key FROM entry WHERE number > ?1 ORDER BY number LIMIT ?2";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement
        .query_map([int(place), most], |row| Ok((row.get(0).map(count)?, row.get(1)?)))?
        .collect::<Result<Vec<(u64, String)>>>()?;
    let next = found.last().map(|(number, _)| *number);
    let keys = found.into_iter().map(|(_, key)| key).filter(|key| key.starts_with(prefix));
    Ok((keys.collect(), next))
}

/// Stores what holds, and lets the oldest go that have no room.
pub(super) fn fill(connection: &mut Connection, fills: &[Fill], now: u64, most: u64) -> Result<()> {
    let transaction = writing(connection)?;
    let mut life = Life::read(&transaction)?;
    for fill in fills {
        let slots = packed(&fill.slots);
        let lengths = [fill.key.len(), slots.len(), fill.value.len()];
        let size = lengths.iter().filter_map(|length| u64::try_from(*length).ok());
        let size = size.fold(BESIDE, u64::saturating_add);
        let is_of_now = fill.mark.id == life.id && fill.mark.era <= life.era;
        if size > most || !is_of_now || !hold(&transaction, fill.mark.era, &fill.slots)? {
            continue;
        }
        forget(&transaction, &mut life, &fill.key)?;
        let sql = "INSERT INTO entry (key, era, slots, until, size, value) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let keep = u64::try_from(fill.keep.as_millis()).unwrap_or(u64::MAX);
        let (era, until) = (int(fill.mark.era), int(now.saturating_add(keep)));
        let values = params![fill.key, era, slots, until, int(size), fill.value];
        transaction.prepare_cached(sql)?.execute(values)?;
        life.bytes = life.bytes.saturating_add(size);
    }
    make_room(&transaction, &mut life, most)?;
    life.write(&transaction)?;
    transaction.commit()
}

/// Begins an era, notes it, announces it and forgets the values of the keys.
pub(super) fn end(
    connection: &mut Connection,
    origin: &[u8; 16],
    slots: &[u16],
    keys: &[String],
) -> Result<Mark> {
    // What is told must not be lost with the power, or it would come back.
    connection.pragma_update(None, "synchronous", "FULL")?;
    let ended = end_synced(connection, origin, slots, keys);
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    ended
}

fn end_synced(
    connection: &mut Connection,
    origin: &[u8; 16],
    slots: &[u16],
    keys: &[String],
) -> Result<Mark> {
    let transaction = writing(connection)?;
    let mut life = Life::read(&transaction)?;
    life.era = life.era.saturating_add(1);
    for slot in slots.iter().filter(|slot| **slot < SLOTS) {
        let sql = "INSERT OR REPLACE INTO slot VALUES (?1, ?2, ?3)";
        let values = params![slot, int(life.era), slot_checksum(*slot, life.era)];
        transaction.prepare_cached(sql)?.execute(values)?;
    }
    let sql = "INSERT OR REPLACE INTO news VALUES (?1, ?2, ?3)";
    let values = params![int(life.era), origin, packed(slots)];
    transaction.prepare_cached(sql)?.execute(values)?;
    let sql = "DELETE FROM news WHERE era <= ?1";
    transaction.prepare_cached(sql)?.execute([int(life.era.saturating_sub(ANNOUNCED))])?;
    for key in keys {
        forget(&transaction, &mut life, key)?;
    }
    life.write(&transaction)?;
    transaction.commit()?;
    Ok(life.mark())
}

/// Returns the era, and what was announced after the last one that was heard of.
///
/// A file that went back, say to a copy, begins a new life: what was ended since the copy would hold.
pub(super) fn news(connection: &mut Connection, last: Option<Mark>) -> Result<(Mark, Vec<News>)> {
    let life = Life::read(connection)?;
    let Some(last) = last.filter(|last| last.id == life.id) else {
        return Ok((life.mark(), Vec::new()));
    };
    if last.era > life.era {
        return Ok((begin_anew(connection)?, Vec::new()));
    }
    let sql = "SELECT era, origin, slots FROM news WHERE era > ?1 AND era <= ?2 ORDER BY era";
    let mut statement = connection.prepare_cached(sql)?;
    let news = statement.query_map([int(last.era), int(life.era)], |row| {
        let mark = Mark { id: life.id, era: count(row.get(0)?) };
        Ok(News { mark, origin: row.get(1)?, slots: unpacked(&row.get::<_, Vec<u8>>(2)?) })
    });
    let news = news?.collect::<Result<_>>()?;
    Ok((life.mark(), news))
}

/// Forgets everything, so that nothing of before holds. Returns the mark of the new life.
pub(super) fn begin_anew(connection: &mut Connection) -> Result<Mark> {
    let (transaction, life) = (writing(connection)?, Life::new());
    transaction.execute_batch("DELETE FROM entry; DELETE FROM slot; DELETE FROM news")?;
    life.write(&transaction)?;
    transaction.commit()?;
    Ok(life.mark())
}

/// Says whether no slot was noted in a later era.
fn hold(connection: &Connection, era: u64, slots: &[u16]) -> Result<bool> {
    let mut statement =
        connection.prepare_cached("SELECT era, checksum FROM slot WHERE number = ?1")?;
    for slot in slots {
        let noted =
            statement.query_row([slot], |row| Ok((row.get(0).map(count)?, row.get::<_, i64>(1)?)));
        let Some((noted, sum)) = noted.optional()? else { continue };
        if i64::from(slot_checksum(*slot, noted)) != sum {
            return Err(damaged());
        }
        if noted > era {
            return Ok(false);
        }
    }
    Ok(true)
}

fn forget(transaction: &Transaction<'_>, life: &mut Life, key: &str) -> Result<()> {
    let sql = "DELETE FROM entry WHERE key = ?1 RETURNING size";
    let mut statement = transaction.prepare_cached(sql)?;
    let size = statement.query_row([key], |row| row.get(0).map(count)).optional()?;
    life.bytes = life.bytes.saturating_sub(size.unwrap_or(0));
    Ok(())
}

fn make_room(transaction: &Transaction<'_>, life: &mut Life, most: u64) -> Result<()> {
    let sql = "DELETE FROM entry WHERE number = (SELECT min(number) FROM entry) RETURNING size";
    let mut statement = transaction.prepare_cached(sql)?;
    while life.bytes > most {
        let gone = statement.query_row([], |row| row.get(0).map(count)).optional()?;
        life.bytes = gone.map_or(0, |size| life.bytes.saturating_sub(size));
    }
    Ok(())
}

/// Begins a transaction that waits for other writers now, and not in its midst.
fn writing(connection: &mut Connection) -> Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

fn damaged() -> Error {
    Error::FromSqlConversionFailure(0, Type::Integer, "a counter is damaged".into())
}

fn slot_checksum(slot: u16, era: u64) -> u32 {
    checksum(&[&slot.to_be_bytes(), &era.to_be_bytes()])
}

fn checksum(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

fn packed(slots: &[u16]) -> Vec<u8> {
    slots.iter().flat_map(|slot| slot.to_be_bytes()).collect()
}

fn unpacked(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect()
}

/// Numbers of the file are never negative.
fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        prepare(&mut connection).unwrap();
        connection
    }

    #[test]
    fn a_file_that_went_back_begins_a_new_life() {
        let mut file = file();
        let mark = end(&mut file, &[1; 16], &[1], &[]).unwrap();
        let fill_of = |mark| {
            Fill::new("a".to_owned(), mark, vec![1], vec![1], std::time::Duration::from_secs(1))
        };
        fill(&mut file, &[fill_of(mark)], 0, 1 << 20).unwrap();
        let (same, told) = news(&mut file, Some(mark)).unwrap();
        assert_eq!((same, told.len()), (mark, 0));
        assert!(read(&mut file, &["a".to_owned()], 0).unwrap()[0].is_some());
        // Somebody has heard of an era that this file does not know.
        let heard = Mark { era: mark.era + 1, ..mark };
        let (other, told) = news(&mut file, Some(heard)).unwrap();
        assert!(other.id != mark.id && told.is_empty());
        assert_eq!(read(&mut file, &["a".to_owned()], 0).unwrap(), [None]);
        fill(&mut file, &[fill_of(heard), fill_of(mark)], 0, 1 << 20).unwrap();
        assert_eq!(read(&mut file, &["a".to_owned()], 0).unwrap(), [None]);
    }

    #[test]
    fn as_many_announcements_are_kept_as_may_be_and_a_gap_shows() {
        let mut file = file();
        let (first, _) = news(&mut file, None).unwrap();
        for _ in 0..ANNOUNCED + 10 {
            end(&mut file, &[1; 16], &[1, 2], &[]).unwrap();
        }
        let (mark, told) = news(&mut file, Some(first)).unwrap();
        assert_eq!((mark.era, told.len()), (ANNOUNCED + 10, 1024));
        assert_eq!((told[0].mark.era, told[0].slots.as_slice()), (11, &[1, 2][..]));
    }

    #[test]
    fn a_counter_that_is_damaged_revives_nothing() {
        for damage in [
            "UPDATE slot SET era = 0",
            "UPDATE slot SET checksum = checksum + 1",
            "UPDATE slot SET number = 2",
            "UPDATE life SET era = 0",
            "UPDATE life SET bytes = 0",
            "DELETE FROM life",
        ] {
            let mut file = file();
            let (mark, _) = news(&mut file, None).unwrap();
            let value = Fill::new(
                "a".to_owned(),
                mark,
                vec![1, 2],
                vec![1],
                std::time::Duration::from_secs(1),
            );
            fill(&mut file, &[value], 0, 1 << 20).unwrap();
            end(&mut file, &[1; 16], &[1], &[]).unwrap();
            file.execute_batch(damage).unwrap();
            let found = read(&mut file, &["a".to_owned()], 0);
            assert!(found.as_ref().is_err() || found == Ok(vec![None]), "{damage}: {found:?}");
            assert!(
                news(&mut file, None).is_err() || !damage.contains("life"),
                "{damage} is not seen"
            );
        }
    }
}

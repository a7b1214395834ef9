//! Lines of a log into the tables, each once.

use sqlx::{PgConnection, PgPool};

use super::{PostgresError, signed, stored_text};
use crate::log::Records;
use crate::merkle::leaf;
use crate::note::VerifierKey;
use crate::query::Stored;

/// Events of one statement.
const TOGETHER: usize = 2048;

/// Returns the first event of a log that is not here.
pub(super) async fn next(pool: &PgPool, log: &VerifierKey) -> Result<u64, PostgresError> {
    let sql = "SELECT next FROM palisade_audit_log WHERE key = $1";
    let next: Option<i64> =
        sqlx::query_scalar(sql).bind(log.to_string()).fetch_optional(pool).await?;
    Ok(next.unwrap_or(0).cast_unsigned())
}

/// Appends lines, all or none of them; those that are here already must be the same.
pub(super) async fn append(
    pool: &PgPool,
    log: &VerifierKey,
    records: &Records<'_>,
) -> Result<(), PostgresError> {
    let lines: Vec<(u64, &[u8])> = records.iter().collect();
    let Some((last, _)) = lines.last() else { return Ok(()) };
    let end = last.saturating_add(1);
    // Whatever the database's default is: what is read behind the lock is what the last one left.
    let mut transaction = pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    let (id, next) = hold(&mut transaction, log).await?;
    for lines in lines.chunks(TOGETHER) {
        insert(&mut transaction, id, lines).await?;
        same(&mut transaction, log, id, next, lines).await?;
    }
    let sql = "UPDATE palisade_audit_log SET next = greatest(next, $2) WHERE id = $1";
    sqlx::query(sql).bind(id).bind(signed(end)).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// Holds the row of a log, which is made with its first event; returns its id and its next event.
async fn hold(
    connection: &mut PgConnection,
    log: &VerifierKey,
) -> Result<(i64, i64), PostgresError> {
    let (key, found) =
        (log.to_string(), "SELECT id, next FROM palisade_audit_log WHERE key = $1 FOR UPDATE");
    if let Some(row) = sqlx::query_as(found).bind(&key).fetch_optional(&mut *connection).await? {
        return Ok(row);
    }
    let sql = "INSERT INTO palisade_audit_log (key) VALUES ($1) ON CONFLICT (key) DO NOTHING";
    sqlx::query(sql).bind(&key).execute(&mut *connection).await?;
    Ok(sqlx::query_as(found).bind(&key).fetch_one(connection).await?)
}

async fn insert(
    connection: &mut PgConnection,
    log: i64,
    lines: &[(u64, &[u8])],
) -> Result<(), PostgresError> {
    // A line that is no event of ours has only its number.
    let events: Vec<Option<Stored>> = lines.iter().map(|(_, line)| Stored::parse(line)).collect();
    let of = |read: fn(&Stored) -> Option<&str>| -> Vec<Option<String>> {
        events.iter().map(|event| event.as_ref().and_then(read).map(stored_text)).collect()
    };
    let always = |read: fn(&Stored) -> &str| -> Vec<String> {
        events
            .iter()
            .map(|event| event.as_ref().map_or_else(String::new, |e| stored_text(read(e))))
            .collect()
    };
    let sql = "INSERT INTO palisade_audit_event \
        (log, seq, ts, actor_kind, actor, action, target_kind, target, outcome, leaf, line) \
        SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], \
        $7::text[], $8::text[], $9::text[], $10::bytea[], $11::bytea[]) \
        ON CONFLICT (log, seq) DO NOTHING";
    sqlx::query(sql)
        .bind(log)
        .bind(lines.iter().map(|(seq, _)| signed(*seq)).collect::<Vec<_>>())
        .bind(
            events.iter().map(|event| event.as_ref().map_or(0, Stored::micros)).collect::<Vec<_>>(),
        )
        .bind(of(|event| event.actor.as_ref().map(|party| party.kind.as_str())))
        .bind(of(|event| event.actor.as_ref().map(|party| party.id.as_str())))
        .bind(always(|event| &event.action))
        .bind(of(|event| event.target.as_ref().map(|party| party.kind.as_str())))
        .bind(of(|event| event.target.as_ref().map(|party| party.id.as_str())))
        .bind(always(|event| &event.outcome))
        .bind(leaves(lines))
        .bind(lines.iter().map(|(_, line)| line.to_vec()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// Refuses another event under a number that is taken: the log was cut, changed or put back.
async fn same(
    connection: &mut PgConnection,
    log: &VerifierKey,
    id: i64,
    next: i64,
    lines: &[(u64, &[u8])],
) -> Result<(), PostgresError> {
    let known = lines.partition_point(|(seq, _)| signed(*seq) < next);
    let known = lines.get(..known).unwrap_or_default();
    if known.is_empty() {
        return Ok(());
    }
    let sql = "SELECT min(given.seq) FROM unnest($2::bigint[], $3::bytea[]) AS given (seq, leaf) \
        JOIN palisade_audit_event event ON event.log = $1 AND event.seq = given.seq \
        WHERE event.leaf <> given.leaf";
    let other: Option<i64> = sqlx::query_scalar(sql)
        .bind(id)
        .bind(known.iter().map(|(seq, _)| signed(*seq)).collect::<Vec<_>>())
        .bind(leaves(known))
        .fetch_one(connection)
        .await?;
    match other {
        Some(seq) => {
            Err(PostgresError::Diverged { log: log.to_string(), seq: seq.cast_unsigned() })
        }
        None => Ok(()),
    }
}

fn leaves(lines: &[(u64, &[u8])]) -> Vec<Vec<u8>> {
    lines.iter().map(|(_, line)| leaf(line).as_bytes().to_vec()).collect()
}

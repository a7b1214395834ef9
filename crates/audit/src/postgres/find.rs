//! Pages over the events of all logs.

use sqlx::{PgPool, Postgres, QueryBuilder};

use super::{Gathered, PostgresError, stored_text};
use crate::query::{Cursor, Filter, Limit, Page, Place, Stored};

/// Events that one statement looks at, and statements of one page that finds too few.
const WINDOW: i64 = 50_000;
const WINDOWS: usize = 20;

/// A row as it is found: its place, the key of its log and its line.
type Row = (i64, i64, i64, String, Vec<u8>);

pub(super) async fn query(
    pool: &PgPool,
    filter: &Filter,
    limit: Limit,
    cursor: Option<&Cursor>,
) -> Result<Page<Gathered>, PostgresError> {
    let mut below = cursor.map(|cursor| cursor.below(filter)).transpose()?;
    let wanted = usize::from(limit.get());
    let mut items = Vec::new();
    for _ in 0..WINDOWS {
        let missing = wanted.saturating_sub(items.len());
        // One more than asked for says whether there is more.
        let most = i64::try_from(missing).unwrap_or(i64::MAX).saturating_add(1);
        let rows: Vec<Row> = page(filter, below, most).build_query_as().fetch_all(pool).await?;
        let more = rows.len() > missing;
        let mut last = below;
        for (ts, log, seq, key, line) in rows.into_iter().take(missing) {
            last = Some(Place { ts, log, seq });
            if let Some(event) = Stored::parse(&line) {
                items.push(Gathered { log: key, event });
            }
        }
        if more {
            below = last;
            break;
        }
        // Where the window ended, if it did not end with the log.
        let end = if is_plain(filter) { None } else { end(filter, below).fetch(pool).await? };
        below = end;
        if below.is_none() {
            break;
        }
    }
    let next_cursor = below.map(|place| Cursor::at(filter, place).to_string());
    Ok(Page { items, has_more: next_cursor.is_some(), next_cursor })
}

/// Says whether every event of a window is wanted.
fn is_plain(filter: &Filter) -> bool {
    let Filter { actor, action, target, outcome, .. } = filter;
    let conditions = [actor.is_some(), action.is_some(), target.is_some(), outcome.is_some()];
    let conditions = conditions.into_iter().filter(|given| *given).count();
    conditions == usize::from(driver(filter).is_some())
}

/// A condition that has an index in the order of the page.
fn driver(filter: &Filter) -> Option<(&'static str, &str)> {
    let whole = |text: &&str| !text.contains(':');
    let exact = |text: &&str| !text.ends_with('*');
    let actor = filter.actor.as_deref().filter(whole).map(|actor| ("actor", actor));
    let target = || filter.target.as_deref().filter(whole).map(|target| ("target", target));
    let action = || filter.action.as_deref().filter(exact).map(|action| ("action", action));
    actor.or_else(target).or_else(action)
}

/// Writes what bounds a window, and its order.
fn window(sql: &mut QueryBuilder<Postgres>, filter: &Filter, below: Option<Place>) {
    sql.push(" FROM palisade_audit_event WHERE true");
    if let Some((name, wanted)) = driver(filter) {
        sql.push(" AND ").push(name).push(" = ").push_bind(stored_text(wanted));
    }
    if let Some(Place { ts, log, seq }) = below {
        sql.push(" AND (ts, log, seq) < (").push_bind(ts);
        sql.push(", ").push_bind(log).push(", ").push_bind(seq).push(")");
    }
    if let Some(since) = filter.since {
        sql.push(" AND ts >= ").push_bind(since);
    }
    if let Some(until) = filter.until {
        sql.push(" AND ts < ").push_bind(until);
    }
    sql.push(" ORDER BY ts DESC, log DESC, seq DESC");
}

fn page(filter: &Filter, below: Option<Place>, most: i64) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(
        "SELECT ts, log, seq, (SELECT key FROM palisade_audit_log WHERE id = log), line FROM (\
         SELECT ts, log, seq, actor_kind, actor, action, target_kind, target, outcome, line",
    );
    window(&mut sql, filter, below);
    sql.push(" LIMIT ").push_bind(WINDOW).push(") AS event WHERE true");
    for (name, wanted) in [("actor", &filter.actor), ("target", &filter.target)] {
        let Some(wanted) = wanted else { continue };
        sql.push(" AND (").push(name).push(" = ").push_bind(stored_text(wanted));
        if let Some((kind, id)) = wanted.split_once(':') {
            sql.push(" OR (").push(name).push("_kind = ").push_bind(stored_text(kind));
            sql.push(" AND ").push(name).push(" = ").push_bind(stored_text(id)).push(")");
        }
        sql.push(")");
    }
    match filter.action.as_deref().map(|action| (action, action.strip_suffix('*'))) {
        Some((_, Some(start))) => {
            sql.push(" AND starts_with(action, ").push_bind(stored_text(start)).push(")");
        }
        Some((action, None)) => {
            sql.push(" AND action = ").push_bind(stored_text(action));
        }
        None => {}
    }
    if let Some(outcome) = filter.outcome {
        sql.push(" AND outcome = ").push_bind(outcome.as_str());
    }
    sql.push(" ORDER BY ts DESC, log DESC, seq DESC LIMIT ").push_bind(most);
    sql
}

/// The statement that finds the last event of a window.
struct End(QueryBuilder<Postgres>);

fn end(filter: &Filter, below: Option<Place>) -> End {
    let mut sql = QueryBuilder::new("SELECT ts, log, seq");
    window(&mut sql, filter, below);
    sql.push(" OFFSET ").push_bind(WINDOW.saturating_sub(1)).push(" LIMIT 1");
    End(sql)
}

impl End {
    async fn fetch(mut self, pool: &PgPool) -> Result<Option<Place>, PostgresError> {
        let found: Option<(i64, i64, i64)> = self.0.build_query_as().fetch_optional(pool).await?;
        Ok(found.map(|(ts, log, seq)| Place { ts, log, seq }))
    }
}

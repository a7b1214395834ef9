//! The two engines behind the store, and where their words differ.
//!
//! Statements are written once: both engines count parameters as `$1`. What a statement runs on is
//! known to the compiler, so each call is compiled for both, by [`on!`].

use sqlx::{PgPool, SqlitePool};

/// The engine and its connections.
#[derive(Clone, Debug)]
pub(super) enum Engine {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

/// Words that the engines spell in two ways.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    /// Begins a transaction that sees one moment and changes nothing.
    pub(super) snapshot: &'static str,
    /// Compares with a pattern whatever the case.
    pub(super) like: &'static str,
    /// Makes a row of each element of the array of JSON that is the first parameter; its column is
    /// `value`.
    pub(super) elements: &'static str,
    /// Sorts a column whatever the case: what stands before and behind its name.
    pub(super) folded: (&'static str, &'static str),
}

impl Engine {
    pub(super) const fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect {
                snapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                like: "ILIKE",
                elements: "jsonb_array_elements(CAST($1 AS jsonb)) AS elements (value)",
                folded: ("lower(", ")"),
            },
            Self::Sqlite(_) => Dialect {
                snapshot: "BEGIN",
                like: "LIKE",
                elements: "json_each($1)",
                folded: ("", " COLLATE NOCASE"),
            },
        }
    }
}

/// Runs a future on the pool of the store, within the store's time; `?` in it takes what `sqlx`
/// returns.
macro_rules! on {
    ($store:expr, $pool:ident => $future:expr) => {
        match &$store.engine {
            $crate::store::engine::Engine::Postgres($pool) => $store.in_time($future).await,
            $crate::store::engine::Engine::Sqlite($pool) => $store.in_time($future).await,
        }
    };
}

pub(super) use on;

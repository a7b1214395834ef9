//! Checking a log, and finding events in it.

use std::time::Duration;

use harness::Contestant;
use palisade_audit::query::{Cursor, Filter, Index, Limit};
use palisade_audit::{Actor, Anchor, AuditLog, Durability, Event, LogKey, verify_dir};
use tempfile::TempDir;

use crate::cpu;

const EVENTS: u32 = 200_000;

/// A closed log.
fn filled() -> (&'static TempDir, LogKey) {
    let folder: &'static TempDir = Box::leak(Box::new(tempfile::tempdir().expect("a folder")));
    let key = LogKey::from_seed("bench", &[7; 32]).expect("a key");
    let log = AuditLog::builder(folder.path(), key.clone()).durability(Durability::Written);
    let log = log.open().expect("a log");
    for number in 1..EVENTS {
        let event = Event::new("user.role.update")
            .actor(Actor::user(format!("u{}", number % 100)))
            .target("user", "u-440737")
            .change("role", "teacher", "admin")
            .detail(
                "request",
                "018f3c1e-7b9a-7cc4-9f4e-0123456789ab, 0af7651916cd43dd8448eb211c80319c",
            );
        if !log.offer(&event) {
            log.record_blocking(&event).expect("recorded");
        }
    }
    log.record_blocking(&Event::new("last")).expect("recorded");
    (folder, key)
}

pub(crate) fn verify() -> Vec<Contestant> {
    let (folder, key) = filled();
    vec![Contestant::measuring("palisade-audit, an event", move || {
        let before = cpu();
        let report = verify_dir(folder.path(), key.verifier(), &Anchor::Stored).expect("a report");
        assert!(report.is_good());
        cpu().saturating_sub(before) / EVENTS
    })]
}

pub(crate) fn page() -> Vec<Contestant> {
    let (folder, _) = filled();
    let index =
        Index::open(folder.path(), &folder.path().with_extension("index")).expect("an index");
    index.catch_up().expect("read");
    let index: &'static Index = Box::leak(Box::new(index));
    let all = Filter::new();
    let mut cursor: Option<Cursor> = None;
    for _ in 0..900 {
        let page = index.query(&all, Limit::new(200), cursor.as_ref()).expect("a page");
        cursor = page.next_cursor.map(|next| next.parse().expect("a cursor"));
    }
    let of = move |filter: Filter, cursor: Option<Cursor>| {
        move || -> Duration {
            let before = cpu();
            let page = index.query(&filter, Limit::new(50), cursor.as_ref()).expect("a page");
            assert_eq!(page.items.len(), 50);
            cpu().saturating_sub(before)
        }
    };
    vec![
        Contestant::measuring("palisade-audit, first page", of(Filter::new(), None)),
        Contestant::measuring("palisade-audit, 180,000 events down", of(Filter::new(), cursor)),
        Contestant::measuring(
            "palisade-audit, first page of an actor",
            of(Filter::new().actor("u7"), None),
        ),
    ]
}

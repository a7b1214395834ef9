//! Events are found again, page by page.

use std::time::Duration;

use palisade_audit::query::{Cursor, CursorError, Filter, Index, IndexError, Limit, Stored};
use palisade_audit::{Actor, AuditLog, Event, Outcome};
use palisade_core::ManualClock;
use std::sync::Arc;

use crate::{builder, filters, lines, open};

/// 200 events of three actors, an event each second.
async fn filled(folder: &std::path::Path) -> AuditLog {
    let clock = ManualClock::new();
    let log = builder(folder).segment_bytes(4096).unwrap().clock(Arc::new(clock.clone()));
    let log = log.open().unwrap();
    for number in 0..200_u64 {
        clock.advance(Duration::from_secs(1));
        let action =
            ["user.role.update", "user.login", "order.pay", "user_x"][(number % 4) as usize];
        let event = Event::new(action)
            .actor(Actor::user(format!("u{}", number % 3)))
            .target(if number % 2 == 0 { "order" } else { "user" }, format!("{}", number % 5))
            .outcome(if number % 7 == 0 { Outcome::Denied } else { Outcome::Success });
        log.record(event).await.unwrap();
    }
    log
}

/// All pages of a filter, each of `limit`.
fn pages(index: &Index, filter: &Filter, limit: u64) -> Vec<Stored> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = index.query(filter, Limit::new(limit), cursor.as_ref()).unwrap();
        assert!(page.items.len() <= limit as usize);
        assert_eq!(page.has_more, page.next_cursor.is_some());
        found.extend(page.items);
        match page.next_cursor {
            Some(next) => cursor = Some(next.parse::<Cursor>().unwrap()),
            None => return found,
        }
    }
}

#[tokio::test]
async fn every_filter_finds_what_a_look_at_every_line_finds() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let _log = filled(folder.path()).await;
    let index = Index::open(folder.path(), &data.path().join("index")).unwrap();
    assert_eq!(index.catch_up().unwrap(), 201);
    assert_eq!(index.catch_up().unwrap(), 0);
    let mut all: Vec<Stored> =
        lines(folder.path()).iter().map(|line| Stored::parse(line.as_bytes()).unwrap()).collect();
    all.reverse();
    for filter in filters::all() {
        let expected: Vec<_> = all.iter().filter(|event| filter.matches(event)).cloned().collect();
        for limit in [1, 7, 200] {
            assert_eq!(pages(&index, &filter, limit), expected, "{filter:?}");
        }
    }
}

#[tokio::test]
async fn a_cursor_stays_good_while_events_come_and_files_are_begun() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = filled(folder.path()).await;
    let index = Index::open(folder.path(), &data.path().join("index")).unwrap();
    index.catch_up().unwrap();
    let first = index.query(&Filter::new(), Limit::new(10), None).unwrap();
    let cursor: Cursor = first.next_cursor.unwrap().parse().unwrap();
    let before = index.query(&Filter::new(), Limit::new(10), Some(&cursor)).unwrap();
    for _ in 0..50 {
        log.record(Event::new("since")).await.unwrap();
    }
    index.catch_up().unwrap();
    let after = index.query(&Filter::new(), Limit::new(10), Some(&cursor)).unwrap();
    assert_eq!(before.items, after.items);
    let other = index.query(&Filter::new().actor("u1"), Limit::default(), Some(&cursor));
    assert!(matches!(other, Err(IndexError::Cursor(CursorError::Filter))));
}

#[tokio::test]
async fn an_index_of_another_log_or_a_damaged_one_is_made_again() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = data.path().join("index");
    let log = filled(folder.path()).await;
    log.close().await.unwrap();
    Index::open(folder.path(), &file).unwrap().catch_up().unwrap();
    let other = tempfile::tempdir().unwrap();
    let log = open(other.path());
    log.record(Event::new("other")).await.unwrap();
    let index = Index::open(other.path(), &file).unwrap();
    index.catch_up().unwrap();
    let found = pages(&index, &Filter::new(), 50);
    assert_eq!(
        found.iter().map(|e| e.action.as_str()).collect::<Vec<_>>(),
        ["other", "audit.opened"]
    );
    drop(index);
    std::fs::write(&file, "no database, but long enough to look like one ".repeat(100)).unwrap();
    let index = Index::open(other.path(), &file).unwrap();
    index.catch_up().unwrap();
    assert_eq!(pages(&index, &Filter::new(), 50), found);
}

#[tokio::test]
async fn a_search_that_finds_nothing_pauses_with_a_cursor() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open(folder.path());
    let file = data.path().join("index");
    let index = Index::open(folder.path(), &file).unwrap();
    log.record(Event::new("first")).await.unwrap();
    index.catch_up().unwrap();
    // As if two million events had followed.
    let sqlite = rusqlite::Connection::open(&file).unwrap();
    sqlite.execute("UPDATE position SET seq = 2000000", []).unwrap();
    let filter = Filter::new().action("first");
    let page = index.query(&filter, Limit::default(), None).unwrap();
    assert_eq!((page.items.len(), page.has_more), (0, true));
    let found = pages(&index, &filter, 50);
    assert_eq!(found.len(), 1);
}

#[test]
fn limits_are_held() {
    assert_eq!(Limit::default().get(), 50);
    assert_eq!([0, 1, 200, 201, u64::MAX].map(|n| Limit::new(n).get()), [1, 1, 200, 200, 200]);
}

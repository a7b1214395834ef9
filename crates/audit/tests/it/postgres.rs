//! The logs of many instances in PostgreSQL: each event once, whatever becomes of the server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use palisade_audit::postgres::{Gathered, MigrateError, PostgresSink, PostgresStore};
use palisade_audit::query::{Cursor, CursorError, Filter, Limit, Stored};
use palisade_audit::{Actor, AuditLog, Builder, Event, LogKey, Outcome, RecordError, Required};
use palisade_core::ManualClock;
use palisade_testkit::fault::{Fault, FaultProxy};
use palisade_testkit::postgres::Postgres;
use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::runtime::Handle;

use crate::filters::{self, at};
use crate::lines;

const PATIENCE: Duration = Duration::from_mins(2);

async fn pool(url: &str) -> PgPool {
    PgPoolOptions::new().max_connections(3).connect(url).await.unwrap()
}

async fn store(url: &str) -> PostgresStore {
    let store = PostgresStore::new(pool(url).await);
    store.migrate().await.unwrap();
    store
}

fn key(instance: u8) -> LogKey {
    LogKey::from_seed("example.com/shop", &[instance; 32]).unwrap()
}

fn builder(folder: &Path, instance: u8, store: &PostgresStore, required: Required) -> Builder {
    let sink =
        PostgresSink::new(store.clone(), key(instance).verifier().clone(), Handle::current());
    let sink = sink.deadline(Duration::from_secs(1));
    AuditLog::builder(folder, key(instance)).mirror(sink, required)
}

/// Returns the lines of a log as the database has them.
async fn copied(pool: &PgPool, instance: u8) -> Vec<String> {
    let sql = "SELECT event.line FROM palisade_audit_event event \
               JOIN palisade_audit_log log ON log.id = event.log WHERE log.key = $1 ORDER BY seq";
    let key = key(instance).verifier().to_string();
    let found: Vec<Vec<u8>> = sqlx::query_scalar(sql).bind(key).fetch_all(pool).await.unwrap();
    found.into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
}

async fn pages(store: &PostgresStore, filter: &Filter, limit: u64) -> Vec<Gathered> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.query(filter, Limit::new(limit), cursor.as_ref()).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        assert_eq!(page.has_more, page.next_cursor.is_some());
        found.extend(page.items);
        match page.next_cursor {
            Some(next) => cursor = Some(next.parse::<Cursor>().unwrap()),
            None => return found,
        }
    }
}

/// Events of three instances, some of them at one moment.
async fn filled(folder: &Path, instance: u8, store: &PostgresStore) -> AuditLog {
    let clock = ManualClock::new();
    let log = builder(folder, instance, store, Required::No).clock(Arc::new(clock.clone()));
    let log = log.open().unwrap();
    for number in 0..60_u64 {
        clock.advance(Duration::from_secs(number % 3));
        let action =
            ["user.role.update", "user.login", "order.pay", "user_x"][(number % 4) as usize];
        let event = Event::new(action)
            .actor(Actor::user(format!("u{}", number % 3)))
            .target(if number % 2 == 0 { "order" } else { "user" }, format!("{}", number % 5))
            .outcome(if number % 7 == 0 { Outcome::Denied } else { Outcome::Success });
        log.record(event).await.unwrap();
    }
    assert!(log.mirrored(PATIENCE).await);
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_finds_the_events_of_all_logs_in_one_order() {
    let server = Postgres::start().unwrap();
    let url = server.url(&server.create_database().unwrap());
    let store = store(&url).await;
    let folders: [_; 3] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    let mut all = Vec::new();
    for (instance, folder) in (1..).zip(&folders) {
        filled(folder.path(), instance, &store).await.close().await.unwrap();
        let log = key(instance).verifier().to_string();
        let events = lines(folder.path());
        all.extend(
            events.iter().map(|line| (log.clone(), Stored::parse(line.as_bytes()).unwrap())),
        );
    }
    let all_of = Filter::new;
    for filter in filters::all() {
        let mut expected: Vec<_> = all.iter().filter(|(_, event)| filter.matches(event)).collect();
        // Logs come in the order in which their first events came.
        let place = |log: &str| (1..4_u8).find(|i| key(*i).verifier().to_string() == log).unwrap();
        expected.sort_by_key(|(log, event)| (event.ts.clone(), place(log), event.seq));
        expected.reverse();
        for limit in [1, 7, 200] {
            let found = pages(&store, &filter, limit).await;
            let found: Vec<_> = found.iter().map(|found| (&found.log, &found.event)).collect();
            assert_eq!(
                found,
                expected.iter().map(|(l, e)| (l, e)).collect::<Vec<_>>(),
                "{filter:?}"
            );
        }
    }

    // A late log changes no page that a cursor leads to, and its events stand where they belong.
    let first = store.query(&all_of(), Limit::new(100), None).await.unwrap();
    let cursor: Cursor = first.next_cursor.unwrap().parse().unwrap();
    let before = store.query(&all_of(), Limit::new(100), Some(&cursor)).await.unwrap();
    let (late, clock) = (tempfile::tempdir().unwrap(), ManualClock::new());
    clock.advance(Duration::from_hours(1));
    let log = builder(late.path(), 4, &store, Required::Yes).clock(Arc::new(clock));
    log.open().unwrap().close().await.unwrap();
    let after = store.query(&all_of(), Limit::new(100), Some(&cursor)).await.unwrap();
    assert_eq!(before.items, after.items);
    assert_eq!(pages(&store, &all_of(), 50).await.len(), all.len() + 2);
    let other = store.query(&all_of().actor("u1"), Limit::default(), Some(&cursor)).await;
    assert!(other.unwrap_err().to_string().contains("another filter"));
    assert_eq!("AQAAAAAAAAAAAAAAAAAAAAA_".parse::<Cursor>(), Err(CursorError::Syntax));

    // What is old goes, and does not come back.
    let pool = pool(&url).await;
    let kept = copied(&pool, 4).await;
    assert_eq!(store.prune(at(1800)).await.unwrap(), all.len() as u64);
    drop(filled(folders[0].path(), 1, &store).await);
    assert_eq!(copied(&pool, 4).await, kept);
    assert!(copied(&pool, 1).await.len() < 70);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_dies_or_is_cut_off_has_everything_once_when_it_is_back() {
    let server = Postgres::start().unwrap();
    let database = server.create_database().unwrap();
    let proxy = FaultProxy::start(server.address()).unwrap();
    let store = store(&server.url_through(proxy.address(), &database)).await;
    let folder = tempfile::tempdir().unwrap();
    let log = builder(folder.path(), 1, &store, Required::No);
    let log = log.segment_bytes(20_000).unwrap().open().unwrap();
    let record = |count: u32| {
        let log = log.clone();
        async move {
            for number in 0..count {
                log.record(Event::new("a").detail("number", &number)).await.unwrap();
            }
        }
    };
    let direct = pool(&server.url(&database)).await;
    for fault in ["hangs", "dies", "cut", "silent", "half open", "refused"] {
        record(20).await;
        match fault {
            "hangs" => server.pause().unwrap(),
            "dies" => server.kill(),
            "cut" => proxy.set(Fault::Cut).unwrap(),
            "silent" => proxy.set(Fault::Blackhole).unwrap(),
            // The lines arrive, and nobody hears of it.
            "half open" => proxy.set(Fault::HalfOpen).unwrap(),
            _ => proxy.set(Fault::Refuse).unwrap(),
        }
        let failures = log.mirrors()[0].failures;
        record(50).await;
        while log.mirrors()[0].failures == failures {
            record(1).await;
            tokio::task::yield_now().await;
        }
        assert!(log.mirrors()[0].lag > 0, "{fault}");
        match fault {
            "hangs" => server.resume().unwrap(),
            "dies" => server.restart().unwrap(),
            _ => proxy.set(Fault::Pass).unwrap(),
        }
        assert!(log.mirrored(PATIENCE).await, "{fault}: {:?}", log.mirrors());
        assert_eq!(copied(&direct, 1).await, lines(folder.path()), "{fault}");
    }
    let stats = log.stats();
    assert_eq!((stats.dropped, stats.unmirrored), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finds_no_room_while_the_server_is_away_is_read_from_the_segments() {
    let server = Postgres::start().unwrap();
    let url = server.url(&server.create_database().unwrap());
    let store = store(&url).await;
    let folder = tempfile::tempdir().unwrap();
    let log = builder(folder.path(), 1, &store, Required::No);
    let log = log.segment_bytes(1 << 20).unwrap().open().unwrap();
    server.kill();
    let text = "x".repeat(4000);
    let event = || (0..9).fold(Event::new("large"), |event, _| event.detail("text", &text));
    // 36 kB each: more than the 4 MiB that wait in memory.
    for _ in 0..200 {
        log.record(event()).await.unwrap();
    }
    server.restart().unwrap();
    assert!(log.mirrored(PATIENCE).await, "{:?}", log.mirrors());
    assert_eq!(log.stats().unmirrored, 0);
    assert_eq!(copied(&pool(&url).await, 1).await, lines(folder.path()));
    // Nor does it matter that the instance was started anew meanwhile.
    server.kill();
    log.record(event()).await.unwrap();
    log.close().await.unwrap();
    server.restart().unwrap();
    let log = builder(folder.path(), 1, &store, Required::No).open().unwrap();
    assert!(log.mirrored(PATIENCE).await);
    assert_eq!(copied(&pool(&url).await, 1).await, lines(folder.path()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_copy_is_there_before_the_answer_or_the_caller_hears_of_it() {
    let server = Postgres::start().unwrap();
    let url = server.url(&server.create_database().unwrap());
    let store = store(&url).await;
    let folder = tempfile::tempdir().unwrap();
    let log = builder(folder.path(), 1, &store, Required::Yes).open().unwrap();
    let direct = pool(&url).await;
    for _ in 0..5 {
        log.record(Event::new("a")).await.unwrap();
        assert_eq!(copied(&direct, 1).await, lines(folder.path()));
    }
    server.kill();
    match log.record(Event::new("b")).await {
        Err(RecordError::Mirror { seq: 6, mirror: "postgres", .. }) => {}
        other => panic!("{other:?}"),
    }
    server.restart().unwrap();
    // Without another event, too.
    assert!(log.mirrored(PATIENCE).await);
    assert_eq!(copied(&direct, 1).await, lines(folder.path()));
    log.record(Event::new("c")).await.unwrap();
    assert_eq!(copied(&direct, 1).await.len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_chose_stops_no_copy_and_another_history_is_refused() {
    let server = Postgres::start().unwrap();
    let url = server.url(&server.create_database().unwrap());
    let store = store(&url).await;
    let (folder, old) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = builder(folder.path(), 1, &store, Required::Yes).open().unwrap();
    // PostgreSQL's texts have no U+0000.
    let hostile = "a\0b'; DROP TABLE palisade_audit_event; --\u{202e}\u{d7ff}\u{10ffff}";
    let event = Event::new(hostile).actor(Actor::user(hostile)).target(hostile, hostile);
    log.record(event.detail("text", hostile)).await.unwrap();
    for filter in [
        Filter::new().actor(hostile),
        Filter::new().action(hostile),
        Filter::new().action(format!("{}*", &hostile[..4])),
        Filter::new().target(hostile),
    ] {
        let found = pages(&store, &filter, 10).await;
        assert_eq!(found.len(), 1, "{filter:?}");
        assert_eq!(found[0].event.actor.as_ref().unwrap().id, hostile);
    }
    log.close().await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, old.path().join(path.file_name().unwrap())).unwrap();
    }
    let log = builder(folder.path(), 1, &store, Required::Yes).open().unwrap();
    log.record(Event::new("hidden")).await.unwrap();
    log.close().await.unwrap();
    drop(log);
    let direct = pool(&url).await;
    let before = copied(&direct, 1).await;
    // The log is put back to a state before that, which its own checkpoint cannot tell.
    let log = builder(old.path(), 1, &store, Required::Yes).open().unwrap();
    match log.record(Event::new("other")).await {
        Err(RecordError::Mirror { reason, .. }) => assert!(reason.contains("differs"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(copied(&direct, 1).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_made_once_refuse_a_newer_release_and_a_long_search_goes_on() {
    let server = Postgres::start().unwrap();
    let database = server.create_database().unwrap();
    let url = server.url(&database);
    let (first, second) = tokio::join!(store(&url), store(&url));
    first.migrate().await.unwrap();
    drop(second);
    // A window and more between the newest event and the one that is looked for.
    let fill = "INSERT INTO palisade_audit_log (key) VALUES ('k'); \
        INSERT INTO palisade_audit_event SELECT 1, n, n, NULL, NULL, 'fill', NULL, NULL, 'success', '', \
        convert_to(format('{\"seq\":%s,\"ts\":\"1970-01-01T00:00:00Z\",\"action\":\"%s\",\"outcome\":\"success\"}', \
        n, CASE n WHEN 0 THEN 'first' ELSE 'fill' END), 'UTF8') FROM generate_series(0, 120000) n; \
        UPDATE palisade_audit_event SET action = 'first' WHERE seq = 0";
    server.query(&database, fill).unwrap();
    for filter in [Filter::new().action("fir*"), Filter::new().action("first")] {
        let page = first.query(&filter, Limit::default(), None).await.unwrap();
        assert_eq!((page.items.len(), page.has_more), (1, false), "{filter:?}");
    }
    let page = first.query(&Filter::new().actor("nobody"), Limit::default(), None).await.unwrap();
    assert!(page.items.is_empty() && !page.has_more);
    server
        .query(&database, "UPDATE palisade_schema SET version = 9 WHERE component = 'audit'")
        .unwrap();
    let refused = first.migrate().await;
    assert!(matches!(refused, Err(MigrateError::Newer { found: 9, known: 1, .. })), "{refused:?}");
}

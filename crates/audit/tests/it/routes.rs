//! Strangers can check the log with what it serves, and nothing else.

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use palisade_audit::merkle::{self, Hash, HashSource, Tile};
use palisade_audit::{AuditLog, Checkpoint, Event, routes};
use tower::ServiceExt;

use crate::{builder, key, lines};

async fn get(app: &Router, path: &str) -> (u16, Vec<u8>) {
    let answer =
        app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.into_body().collect().await.unwrap().to_bytes().to_vec())
}

/// The headers by which caches and readers know what they have.
async fn kind(app: &Router, path: &str) -> [String; 2] {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let answer = app.clone().oneshot(request).await.unwrap();
    ["content-type", "cache-control"]
        .map(|name| answer.headers()[name].to_str().unwrap().to_owned())
}

async fn log(folder: &std::path::Path, events: u32) -> AuditLog {
    let log = builder(folder).segment_bytes(8192).unwrap().open().unwrap();
    for number in 0..events {
        assert!(log.offer(&Event::new("a").detail("number", &number)));
    }
    log.checkpoint().await.unwrap();
    log
}

/// Tiles as a monitor has them.
struct Fetched(Vec<Vec<Hash>>);

impl HashSource for Fetched {
    type Error = ();

    fn hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<Hash>, ()> {
        let level = self.0.get(level as usize).ok_or(())?;
        level.get(start as usize..start as usize + count).map(<[Hash]>::to_vec).ok_or(())
    }
}

#[tokio::test]
async fn a_monitor_computes_the_signed_root_from_tiles_and_from_events() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 999).await;
    let app: Router = routes::everything(&log);
    let (status, note) = get(&app, "/checkpoint").await;
    assert_eq!(status, 200);
    let checkpoint = Checkpoint::verify(&note, key().verifier()).unwrap();
    assert_eq!(checkpoint.size(), 1000);
    let mut levels = Vec::new();
    for (level, count) in [(0_u8, 1000_u64), (1, 3)] {
        let mut hashes = Vec::new();
        for number in 0..count.div_ceil(256) {
            let width = (count - number * 256).min(256) as u16;
            let (status, tile) =
                get(&app, &format!("/{}", Tile::hashes(level, number).partial(width))).await;
            assert_eq!((status, tile.len()), (200, usize::from(width) * 32));
            hashes.extend(tile.as_chunks::<32>().0.iter().copied().map(Hash::from_bytes));
        }
        levels.push(hashes);
    }
    let mut leaves = Vec::new();
    for (number, width) in [(0, 256), (1, 256), (2, 256), (3, 232)] {
        let (status, bundle) =
            get(&app, &format!("/{}", Tile::entries(number).partial(width))).await;
        assert_eq!(status, 200);
        let mut rest = bundle.as_slice();
        while let Some((length, next)) = rest.split_first_chunk::<2>() {
            let (event, next) = next.split_at(usize::from(u16::from_be_bytes(*length)));
            leaves.push(merkle::leaf(event));
            rest = next;
        }
    }
    assert_eq!(leaves, levels[0]);
    assert_eq!(lines(folder.path()).len(), 1000);
    let fetched = Fetched(levels);
    assert_eq!(merkle::root(&fetched, 1000), Ok(*checkpoint.root()));
}

#[tokio::test]
async fn other_paths_are_not_there_and_events_only_where_they_are_meant_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 20).await;
    let app: Router = routes::proofs_only(&log);
    for path in [
        "/tile/entries/000.p/21",
        "/tile/0/000",
        "/tile/0/000.p/22",
        "/tile/0/001.p/1",
        "/tile/1/000.p/1",
        "/tile/0/..%2f..%2flock",
        "/tile/0/000.p/21/x",
        "/lock",
        "/00000000000000000000.jsonl",
    ] {
        assert_eq!(get(&app, path).await.0, 404, "{path}");
    }
    assert_eq!(get(&app, "/tile/0/000.p/21").await.0, 200);
    assert_eq!(get(&app, "/tile/0/000.p/5").await.1.len(), 5 * 32);
    let app: Router = routes::everything(&log);
    assert_eq!(get(&app, "/tile/entries/000.p/21").await.0, 200);
    let tile = ["application/octet-stream", "private, max-age=31536000, immutable"];
    assert_eq!(kind(&app, "/tile/entries/000.p/21").await, tile);
    assert_eq!(kind(&app, "/tile/0/000.p/21").await, tile);
    assert_eq!(kind(&app, "/checkpoint").await, ["text/plain; charset=utf-8", "no-cache"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_not_said_to_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 20).await;
    log.close().await.unwrap();
    let app: Router = routes::everything(&log);
    std::fs::write(folder.path().join("checkpoint"), "no note").unwrap();
    for path in ["/checkpoint", "/tile/0/000.p/21", "/tile/entries/000.p/21"] {
        assert_eq!(get(&app, path).await, (503, Vec::new()), "{path}");
    }
}

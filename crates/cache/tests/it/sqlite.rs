//! A file that processes share: full, damaged, replaced, and left by a process that was killed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use palisade_cache::envelope::{Format, Header, Mark, open, seal};
use palisade_cache::far::{FarTier, Fill, Reach, SqliteStore, Store};
use palisade_cache::{Cache, Outcome};
use palisade_core::SystemClock;
use palisade_resilience::Dice;

use crate::contract;
use crate::world::{Row, before_long};

const MOST: u64 = 1 << 20;
const HOUR: Duration = Duration::from_hours(1);

fn store(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder, MOST, SystemClock::new()).unwrap()
}

/// Ends the store and waits until its file is closed.
async fn close(store: SqliteStore, folder: &Path) {
    drop(store);
    let is_log = |path: &PathBuf| path.to_string_lossy().ends_with("-wal");
    before_long("it is never closed", async || !files(folder).iter().any(is_log)).await;
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn format() -> Format {
    Format::new(1).named("test")
}

fn fill(key: u64, mark: Mark, slot: u16, size: usize) -> Fill {
    let header = Header::new(mark, u64::MAX).slots([slot]);
    let value = seal(&format(), &header, Some(&vec![key; size])).unwrap();
    Fill::new(key.to_string(), mark, vec![slot], value, HOUR)
}

/// Returns the value, which is whole or not there.
fn value(bytes: &[u8]) -> Option<Vec<u64>> {
    open::<Vec<u64>>(&format(), bytes).ok()?.value
}

async fn now(store: &SqliteStore) -> Mark {
    store.end(&[0; 16], &[], &[]).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_the_contract_of_stores() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/by/it");
    contract::values_hold_by_their_eras(&store(&path)).await;
    contract::processes_hear_each_other(store(&path), store(&path)).await;
    contract::a_sweep_ends_what_is_like_its_pattern(store(&path), store(&path)).await;
}

#[tokio::test]
async fn the_oldest_go_when_there_is_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let mark = now(&store).await;
    for key in 0..400 {
        store.fill(&[fill(key, mark, 1, 16 << 10)]).await.unwrap();
        // One is written again and again, and stays.
        store.fill(&[fill(1000, mark, 1, 10)]).await.unwrap();
    }
    let all: Vec<String> = (0..400).chain([1000]).map(|key: u64| key.to_string()).collect();
    let values = store.read(&all).await.unwrap().values;
    let there: Vec<usize> =
        values.iter().enumerate().filter(|(_, value)| value.is_some()).map(|(at, _)| at).collect();
    let oldest = there[0];
    assert_eq!(there, (oldest..401).collect::<Vec<_>>(), "those that are there are the youngest");
    // 32 KiB each by now.
    assert!((30..=33).contains(&there.len()), "{}", there.len());
    // What is larger than all there may be is not kept, and sends nothing away.
    store.fill(&[fill(2000, mark, 1, MOST as usize)]).await.unwrap();
    assert_eq!(store.read(&all).await.unwrap().values, values);
    close(store, folder.path()).await;
    let size: u64 = files(folder.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(size <= MOST + MOST / 3, "{size}");
}

#[test]
fn a_bound_that_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for most in [0, (1 << 20) - 1, (1 << 40) + 1] {
        assert!(SqliteStore::open(folder.path(), most, SystemClock::new()).is_err());
    }
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(SqliteStore::open(file.join("below"), MOST, SystemClock::new()).is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn others_cannot_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made");
    let store = store(&path);
    now(&store).await;
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
}

const FOLDER: &str = "PALISADE_CACHE_TEST_FOLDER";

/// The program that is killed: it stores and ends, says so, and goes on.
#[tokio::test]
#[ignore = "the program of another test"]
async fn stores_until_it_is_killed() {
    let store = store(Path::new(&std::env::var(FOLDER).unwrap()));
    for key in 0_u64.. {
        let mark = now(&store).await;
        store.fill(&[fill(key, mark, (key % 100) as u16, 100)]).await.unwrap();
        println!("stored {key}");
        if key % 3 == 0 {
            store.end(&[0; 16], &[(key % 100) as u16], &[]).await.unwrap();
            println!("ended {key}");
        }
    }
}

#[tokio::test]
async fn what_a_killed_process_stored_is_there_and_what_it_ended_is_not() {
    let folder = tempfile::tempdir().unwrap();
    for kills in 1..=5_u64 {
        let mut program = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "sqlite::stores_until_it_is_killed"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut stored, mut ended) = (Vec::new(), Vec::new());
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        while stored.len() < 10 + kills as usize {
            let line = lines.next().unwrap().unwrap();
            if let Some((_, key)) = line.split_once("stored ") {
                stored.push(key.parse::<u64>().unwrap());
            } else if let Some((_, key)) = line.split_once("ended ") {
                ended.push(key.parse::<u64>().unwrap());
            }
        }
        program.kill().unwrap();
        program.wait().unwrap();

        let store = store(folder.path());
        let keys: Vec<String> = stored.iter().map(ToString::to_string).collect();
        let values = store.read(&keys).await.unwrap().values;
        for (key, found) in stored.iter().zip(values) {
            let found = found.as_deref().and_then(value);
            let expected = (!ended.contains(key)).then(|| vec![*key; 100]);
            // The last one may have been ended, and killed before it could say so.
            let is_last = stored.last() == Some(key);
            assert!(found == expected || is_last && found.is_none(), "{key}");
        }
        close(store, folder.path()).await;
    }
}

#[tokio::test]
async fn damage_is_a_miss_and_revives_nothing() {
    const FLIPS: u64 = 200;
    let folder = tempfile::tempdir().unwrap();
    let store_ = store(folder.path());
    let mark = now(&store_).await;
    for key in 0..40 {
        store_.fill(&[fill(key, mark, key as u16, 50)]).await.unwrap();
    }
    // Even ones are ended; their bytes are still in the file.
    let even: Vec<u16> = (0..40).step_by(2).collect();
    store_.end(&[0; 16], &even, &[]).await.unwrap();
    close(store_, folder.path()).await;
    let [file] = files(folder.path()).try_into().unwrap();
    let whole = fs::read(&file).unwrap();
    let keys: Vec<String> = (0..40).map(|key: u64| key.to_string()).collect();

    let (dice, mut misses, mut left) = (Dice::seeded(7), 0, 0);
    for flip in 0..FLIPS {
        let other = tempfile::tempdir().unwrap();
        let mut bytes = whole.clone();
        // From single bits to whole stretches, anywhere; and files that are cut.
        let at = (dice.roll() % whole.len() as u64) as usize;
        match flip % 4 {
            0 => bytes[at] ^= 1 << (dice.roll() % 8),
            1 => bytes[at] = dice.roll() as u8,
            2 => bytes.iter_mut().skip(at).take(4096).for_each(|byte| *byte = 0),
            _ => bytes.truncate(at),
        }
        fs::write(other.path().join(file.file_name().unwrap()), bytes).unwrap();
        let store = store(other.path());
        if let Ok(reading) = store.read(&keys).await {
            for (key, found) in (0..).zip(reading.values) {
                let found = found.as_deref().and_then(value);
                assert!(key % 2 == 1 || found.is_none(), "{flip} at {at} revives {key}");
                assert!(found.is_none_or(|found| found == vec![key; 50]), "{flip} at {at}");
            }
        } else {
            misses += 1;
        }
        // It goes on, in that file or the next.
        let mut works = false;
        for _ in 0..4 {
            let Ok(mark) = store.end(&[0; 16], &[], &[]).await else { continue };
            if store.fill(&[fill(99, mark, 1, 10)]).await.is_ok()
                && let Ok(reading) = store.read(&["99".to_owned()]).await
                && reading.values[0].as_deref().and_then(value).is_some()
            {
                works = true;
                break;
            }
        }
        assert!(works, "{flip} at {at}: it does not go on");
        left +=
            u64::from(!files(other.path()).iter().any(|path| path.ends_with("cache-1-1.sqlite")));
    }
    println!("seed 7: {FLIPS} damages, {misses} reads refused, {left} files left");
    assert!(left > 0, "no damage was noticed");
}

/// A process over its own store, heard.
async fn process(folder: &Path) -> (FarTier, Cache<u64, u64>) {
    let setup = FarTier::setup(store(folder)).deadline(Duration::from_secs(10)).unwrap();
    let tier = setup.start();
    tokio::time::timeout(Duration::from_mins(1), tier.heard()).await.unwrap();
    let builder = Cache::builder("numbers").far(&tier, "numbers", Format::new(1)).unwrap();
    (tier, builder.without_early_loads().entries(100).unwrap().build())
}

/// Removes the files; what the database itself removes meanwhile is gone as well.
fn remove(folder: &Path) {
    for path in files(folder) {
        match fs::remove_file(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            removed => removed.unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_removed_or_replaced_is_noticed_by_who_has_it_open() {
    let folder = tempfile::tempdir().unwrap();
    let ((_one_tier, one), (_other_tier, other)) =
        (process(folder.path()).await, process(folder.path()).await);
    let row = Row::new(1);
    let shared = async || {
        before_long("it is not shared", async || {
            one.get_or_load(&1, row.loader()).await.unwrap();
            let found = other.get_or_load(&1, row.loader()).await.unwrap();
            if found.outcome == Outcome::Far {
                return true;
            }
            one.invalidate(&1).await;
            false
        })
        .await;
    };
    shared().await;
    let copy: Vec<_> =
        files(folder.path()).into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect();
    // Somebody removes it.
    remove(folder.path());
    row.write(2);
    before_long("not all are told", async || one.invalidate(&1).await == Reach::All).await;
    before_long("it is not ended", async || other.get(&1).is_none()).await;
    assert_eq!(*other.get_or_load(&1, row.loader()).await.unwrap().value, 2);
    shared().await;
    // Somebody puts the file of before in its place, in which the value of before holds.
    row.write(3);
    remove(folder.path());
    for (bytes, path) in copy {
        fs::write(path, bytes).unwrap();
    }
    before_long("it is not dropped", async || other.get(&1).is_none()).await;
    let found = other.get_or_load(&1, row.loader()).await.unwrap();
    assert_eq!((*found.value, found.outcome), (3, Outcome::Loaded));
}

//! What `palisade-audit` reads: its own files, after whatever became of them, and what strangers send.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use palisade_audit::merkle::{Hash, Tile, leaf, node, verify_consistency, verify_inclusion};
use palisade_audit::query::{Cursor, Stored};
use palisade_audit::{
    Anchor, AuditLog, Checkpoint, Event, LogKey, MAX_EVENT, Note, Proof, Scan, prove, verify_dir,
};
use palisade_core::ManualClock;
use tempfile::TempDir;

const SEGMENT: &str = "00000000000000000000.jsonl";

static KEY: LazyLock<LogKey> =
    LazyLock::new(|| LogKey::from_seed("fuzz", &[7; 32]).expect("a key"));

/// A log of a few events, the same in every run, and what is in its files.
struct Made {
    lines: String,
    checkpoint: String,
    hashes: Vec<u8>,
    proof: Proof,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let folder = folder();
    let log = AuditLog::builder(folder.path(), KEY.clone()).clock(Arc::new(ManualClock::new()));
    let log = log.open().expect("a log");
    for number in 0..5 {
        log.record_blocking(&Event::new("a").detail("n", &number)).expect("recorded");
    }
    drop(log);
    let read = |name: &str| fs::read(folder.path().join(name)).expect("a file");
    Made {
        lines: String::from_utf8(read(SEGMENT)).expect("JSON"),
        checkpoint: String::from_utf8(read("checkpoint")).expect("a note"),
        hashes: read("level-0.hashes"),
        proof: prove(folder.path(), KEY.verifier(), 3).expect("a proof"),
    }
});

/// A folder in memory, where the system has one: a disk would be waited for.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    made.expect("a folder")
}

thread_local! {
    static FOLDER: RefCell<TempDir> = RefCell::new(folder());
}

/// Runs something on an empty folder.
fn on_a_folder(act: impl FnOnce(&Path)) {
    FOLDER.with_borrow(|folder| {
        for entry in fs::read_dir(folder.path()).expect("a folder") {
            fs::remove_file(entry.expect("an entry").path()).expect("removed");
        }
        act(folder.path());
    });
}

/// A segment of any bytes: events come in order, whole, or not at all.
pub fn audit_segment(data: &[u8]) {
    on_a_folder(|folder| {
        // Behind some events that are whole.
        let mut bytes = MADE.lines.clone().into_bytes();
        let whole = MADE.lines.lines().count();
        bytes.extend_from_slice(data);
        fs::write(folder.join(SEGMENT), &bytes).expect("written");
        let mut scan = Scan::new(folder).expect("a folder");
        let (mut next, mut length) = (0_u64, 0);
        while let Some(line) = scan.next_line().expect("a file") {
            assert!(line.len() <= MAX_EVENT);
            assert!(line.starts_with(format!("{{\"seq\":{next},").as_bytes()));
            assert_eq!(bytes.get(length..length + line.len()), Some(line.as_slice()));
            if let Some(event) = Stored::parse(&line) {
                let again = serde_json::to_vec(&event).expect("JSON");
                assert_eq!(Stored::parse(&again), Some(event));
            }
            length += line.len() + 1;
            next += 1;
        }
        assert!(next >= u64::try_from(whole).expect("a few"));
    });
}

/// The path of a tile: each tile has one name.
pub fn audit_tile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(tile) = text.parse::<Tile>() {
        assert_eq!(tile.to_string(), text);
        assert!((1..=256).contains(&tile.width()));
    }
}

/// A signed note: only what was signed is taken, however it is written.
pub fn audit_note(data: &[u8]) {
    let genuine = Checkpoint::verify(MADE.checkpoint.as_bytes(), KEY.verifier()).expect("genuine");
    if let Ok(note) = Note::parse(data)
        && let Ok(text) = note.verified(KEY.verifier())
    {
        assert!(MADE.checkpoint.starts_with(text), "a signature under another text");
    }
    if let Ok(checkpoint) = Checkpoint::verify(data, KEY.verifier()) {
        assert_eq!(
            (checkpoint.size(), checkpoint.root(), checkpoint.dropped()),
            (genuine.size(), genuine.root(), genuine.dropped())
        );
    }
}

/// The root to which a path leads, by the recursion of RFC 9162 section 2.1.3.1.
fn led(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if size <= 1 {
        return (index == 0 && size == 1 && path.is_empty()).then_some(*leaf);
    }
    let split = 1_u64 << (size - 1).ilog2();
    let (last, path) = path.split_last()?;
    if index < split {
        Some(node(&led(leaf, index, split, path)?, last))
    } else {
        Some(node(last, &led(leaf, index - split, size - split, path)?))
    }
}

/// A proof as text, and paths against a recursion of our own.
pub fn audit_proof(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(proof) = Proof::parse(text, &MADE.proof.event)
    {
        assert_eq!(proof.to_string(), text);
        if proof.verify(KEY.verifier()).is_ok() {
            assert_eq!((proof.seq, &proof.path), (MADE.proof.seq, &MADE.proof.path));
        }
    }
    let Some((numbers, rest)) = data.split_first_chunk::<4>() else { return };
    let [index, size, shift, kind] = numbers.map(u64::from);
    let (index, size) = (index << (shift % 50), size << (shift % 50));
    let path: Vec<Hash> = rest.chunks(3).take(70).map(leaf).collect();
    let event = leaf(b"event");
    let root = led(&event, index, size, &path).filter(|_| index < size);
    let given = root.filter(|_| kind % 2 == 0).unwrap_or_else(|| leaf(rest));
    let taken = verify_inclusion(&event, index, size, &given, &path).is_ok();
    assert_eq!(taken, root == Some(given), "{index} of {size}, {} hashes", path.len());
    let (old, new) = (leaf(b"old"), leaf(b"new"));
    if verify_consistency((index, &old), (size, &new), &path).is_ok() {
        assert!(index == 0 && path.is_empty(), "roots that no tree has");
    }
}

/// A cursor: what is taken is what would be given.
pub fn audit_cursor(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string(), text);
    }
}

/// A log whose files are anything: it is refused, or what was signed is there and it goes on.
///
/// The first byte says what becomes of the files, the second where.
pub fn audit_recovery(data: &[u8]) {
    let Some((&[kind, at], data)) = data.split_first_chunk::<2>() else { return };
    on_a_folder(|folder| {
        let write = |name: &str, bytes: &[u8]| {
            fs::write(folder.join(name), bytes).expect("written");
        };
        let mut lines = MADE.lines.clone().into_bytes();
        let place = usize::from(at) * lines.len() / 256;
        match kind % 4 {
            0 => lines.extend_from_slice(data),
            1 => lines.truncate(place),
            2 => {
                lines.truncate(place);
                lines.extend_from_slice(data);
            }
            _ => {
                lines.splice(place..place, data.iter().copied());
            }
        }
        write(SEGMENT, &lines);
        let checkpoint = if kind & 4 == 0 { MADE.checkpoint.as_bytes() } else { data };
        write("checkpoint", checkpoint);
        let hashes = if kind & 8 == 0 { MADE.hashes.as_slice() } else { data };
        write("level-0.hashes", hashes);
        let before = listing(folder);
        let Ok(log) = AuditLog::builder(folder, KEY.clone()).open() else {
            let after = listing(folder);
            assert!(before.iter().all(|file| after.contains(file)), "a refused log is as it was");
            return;
        };
        let receipt = log.record_blocking(&Event::new("after")).expect("it goes on");
        drop(log);
        let sealed = MADE.lines.as_bytes();
        let kept = fs::read(folder.join(SEGMENT)).expect("a file");
        assert!(kept.starts_with(sealed), "what was signed is there");
        let report = verify_dir(folder, KEY.verifier(), &Anchor::Stored).expect("a report");
        assert!(report.is_good() && report.size > receipt.seq, "{report:?}");
    });
}

fn listing(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("entry").path());
    entries.map(|path| (path.clone(), fs::read(path).expect("a file"))).collect()
}

//! A folder that nothing leads out of, while somebody tries.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use palisade_input_validation::issue::code;
use palisade_input_validation::upload::{Draft, DraftError, FileKind, Jail};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use sha2_of::sha256_of;

use crate::files::png;

mod sha2_of {
    /// By the standard's own vector only: the file is known.
    pub(super) fn sha256_of(bytes: &[u8]) -> [u8; 32] {
        use std::io::Write;
        use std::process::{Command, Stdio};
        let mut program = Command::new("sha256sum")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sha256sum of coreutils");
        program.stdin.take().unwrap().write_all(bytes).unwrap();
        let told = program.wait_with_output().unwrap().stdout;
        let hex = std::str::from_utf8(&told[..64]).unwrap();
        std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
    }
}

/// A folder with a jail and something that is not in it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::create_dir_all(path.join("jail/real")).unwrap();
        fs::create_dir(path.join("outside")).unwrap();
        fs::write(path.join("jail/real/file"), "inside").unwrap();
        fs::write(path.join("outside/file"), "SECRET").unwrap();
        std::os::unix::fs::symlink(path.join("outside"), path.join("jail/swap")).unwrap();
        Self { folder }
    }

    fn path(&self, inner: &str) -> std::path::PathBuf {
        self.folder.path().join(inner)
    }

    fn jail(&self) -> Jail {
        Jail::at(&self.path("jail")).unwrap()
    }
}

fn content(mut file: File) -> String {
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_path_leads_to_files_below_and_nowhere_else() {
    let place = Place::new();
    let jail = place.jail();
    assert_eq!(content(jail.open("real/file").unwrap()), "inside");
    std::os::unix::fs::symlink("real/file", place.path("jail/link")).unwrap();
    rustix::fs::mknodat(CWD, place.path("jail/pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    let refused = [
        "",
        ".",
        "..",
        "/",
        "/etc/passwd",
        "../outside/file",
        "real/../../outside/file",
        "real//file",
        "./real/file",
        "real/file/",
        "real\\file",
        "real/file\0",
        "swap/file",
        "link",
        "real",
        "pipe",
        "missing",
        &"real/".repeat(33),
    ];
    for path in refused {
        assert!(jail.open(path).is_err(), "{path:?}");
    }
    assert!(jail.folder("swap").is_err());
    assert!(jail.folder_or_new("swap").is_err());
    let new = jail.folder_or_new("new").unwrap();
    assert!(new.open("file").is_err());
}

#[test]
fn a_draft_is_kept_whole_or_leaves_nothing() {
    let place = Place::new();
    let jail = place.jail();
    let names = || fs::read_dir(place.path("jail")).unwrap().count();
    let before = names();
    let mut draft = jail.draft(1 << 20).unwrap();
    assert_eq!(names(), before + 1);
    for piece in png().chunks(7) {
        draft.write(piece).unwrap();
    }
    let kept = draft.inspect(FileKind::ALL).unwrap().keep().unwrap();
    assert_eq!((kept.kind(), kept.bytes()), (FileKind::Png, u64::try_from(png().len()).unwrap()));
    assert_eq!(*kept.sha256(), sha256_of(&png()));
    let mut read = Vec::new();
    jail.open(kept.name().as_str()).unwrap().read_to_end(&mut read).unwrap();
    assert_eq!(read, png());
    jail.remove(kept.name()).unwrap();
    assert_eq!(names(), before);

    let mut large = jail.draft(10).unwrap();
    assert!(matches!(large.write(&[0; 11]), Err(DraftError::TooLarge)));
    drop(large);
    let code_of = |bytes: &[u8], kinds: &[FileKind]| {
        let mut draft = jail.draft(1 << 20).unwrap();
        draft.write(bytes).unwrap();
        match draft.inspect(kinds).and_then(Draft::keep) {
            Err(DraftError::Refused(breach)) => breach.code(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code_of(b"text", FileKind::ALL), code::FILE_KIND);
    assert_eq!(code_of(&png(), &[FileKind::Pdf]), code::FILE_KIND);
    assert_eq!(code_of(&[&png()[..], b"x"].concat(), FileKind::ALL), code::FILE_CONTENT);
    // Never inspected, or not all of it.
    let mut unread = jail.draft(1 << 20).unwrap();
    unread.write(&png()).unwrap();
    assert!(matches!(unread.keep(), Err(DraftError::Refused(_))));
    let mut longer = jail.draft(1 << 20).unwrap();
    longer.write(&png()).unwrap();
    let mut longer = longer.inspect(FileKind::ALL).unwrap();
    longer.write(b"x").unwrap();
    assert!(matches!(longer.keep(), Err(DraftError::Refused(_))));
    assert_eq!(names(), before, "nothing is left");

    fs::write(place.path("jail/.draft-of-a-crash"), "half").unwrap();
    assert_eq!(jail.remove_drafts().unwrap(), 1);
    assert_eq!(names(), before);
}

#[test]
fn drafts_that_others_still_write_stay_where_folders_are_shared() {
    let place = Place::new();
    let jail = Jail::at(&place.path("jail")).unwrap();
    let noon = UNIX_EPOCH + Duration::from_hours(500_000);
    for (name, age) in [(".draft-old", 2), (".draft-new", 0), ("file", 2)] {
        let file = File::create(place.path("jail").join(name)).unwrap();
        file.set_modified(noon - Duration::from_secs(age)).unwrap();
    }
    assert_eq!(jail.remove_drafts_before(noon).unwrap(), 1);
    let is_there = |name: &str| place.path("jail").join(name).exists();
    assert!(!is_there(".draft-old") && is_there(".draft-new") && is_there("file"));
    assert_eq!(jail.remove_drafts_before(noon).unwrap(), 0);
}

/// Swaps a folder of the jail and a link out of it until told to stop.
fn swapping<T>(place: &Place, work: impl FnOnce() -> T) -> T {
    let stop = Arc::new(AtomicBool::new(false));
    let (one, other) = (place.path("jail/real"), place.path("jail/swap"));
    let thread = std::thread::spawn({
        let stop = Arc::clone(&stop);
        move || {
            let mut swaps = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE).unwrap();
                swaps += 1;
            }
            swaps
        }
    });
    let result = work();
    stop.store(true, Ordering::Relaxed);
    println!("{} swaps", thread.join().unwrap());
    result
}

/// `PALISADE_SWAP_ROUNDS`, or 10^5.
fn rounds() -> u32 {
    let asked = std::env::var("PALISADE_SWAP_ROUNDS").ok();
    asked.map_or(100_000, |rounds| rounds.parse().expect("a number"))
}

#[test]
fn a_folder_that_becomes_a_link_while_it_is_opened_leads_nowhere() {
    let place = Place::new();
    let jail = place.jail();
    let (read, refused) = swapping(&place, || {
        let (mut read, mut refused) = (0_u32, 0_u32);
        for _ in 0..rounds() {
            match jail.open("real/file") {
                Ok(file) => {
                    assert_eq!(content(file), "inside");
                    read += 1;
                }
                Err(_) => refused += 1,
            }
        }
        (read, refused)
    });
    println!("{read} read inside, {refused} refused, 0 outside");
    assert!(read > 0 && refused > 0, "the swap was met: {read} {refused}");
}

#[test]
fn a_draft_in_a_folder_that_becomes_a_link_is_written_inside() {
    let place = Place::new();
    let jail = place.jail();
    let wanted = usize::try_from(rounds() / 2_000).unwrap();
    let (kept, refused) = swapping(&place, || {
        let (mut kept, mut refused) = (0, 0);
        while kept < wanted || refused < wanted {
            let Ok(folder) = jail.folder("real") else {
                refused += 1;
                continue;
            };
            if kept < wanted {
                let mut draft = folder.draft(1 << 20).unwrap();
                draft.write(&png()).unwrap();
                draft.inspect(FileKind::ALL).unwrap().keep().unwrap();
                let outside = fs::read_dir(place.path("outside")).unwrap().count();
                assert_eq!(outside, 1, "only what was there");
            }
            kept += 1;
        }
        (kept, refused)
    });
    println!("{kept} folders opened, {refused} refused, 0 files outside");
}

/// The same race against the usual check: resolve the path, see that it is below, then open it.
#[test]
fn a_check_before_the_open_is_caught_by_the_same_swap() {
    fn checked(root: &Path, path: &str) -> Option<File> {
        let resolved = root.join(path).canonicalize().ok()?;
        resolved.starts_with(root).then_some(())?;
        // What was resolved is opened, links and all.
        File::open(root.join(path)).ok()
    }

    let place = Place::new();
    let root = place.path("jail").canonicalize().unwrap();
    let rounds = swapping(&place, || {
        let mut tries = 0..20_000_000_u32;
        tries.find(|_| checked(&root, "real/file").is_some_and(|file| content(file) == "SECRET"))
    });
    println!("outside after {rounds:?} rounds");
    assert!(rounds.is_some(), "the swap is not met");
}

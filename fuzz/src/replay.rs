//! Replays every seed and every past crash, without libFuzzer.
//!
//! In the library: for tests beside it cargo would link every binary.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::TARGETS;

/// Needs the portal, with whose tests its seeds and its past crashes are replayed.
const PORTAL: &str = "portal_router";

fn inputs(kind: &str, target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(kind).join(target);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| !path.ends_with(".gitkeep")).collect();
    paths.sort();
    paths
}

#[test]
fn every_seed_and_every_past_crash_passes() {
    for (name, target) in TARGETS {
        let seeds = inputs("seeds", name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for path in seeds.iter().chain(&inputs("regressions", name)) {
            println!("{}", path.display()); // the last line shown is the one that failed
            target(&fs::read(path).expect("a readable file"));
        }
    }
}

#[test]
fn every_binary_and_every_folder_belongs_to_a_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (folder, ending) in [("fuzz_targets", ".rs"), ("seeds", ""), ("regressions", "")] {
        let entries = fs::read_dir(root.join(folder)).expect("a readable folder");
        let mut found: Vec<String> = entries
            .map(|entry| {
                entry.expect("a readable folder").file_name().into_string().expect("UTF-8")
            })
            .map(|name| name.trim_end_matches(ending).to_owned())
            .collect();
        found.sort();
        let named = TARGETS.iter().map(|(name, _)| *name);
        let mut targets: Vec<&str> = named.chain([PORTAL]).collect();
        targets.sort_unstable();
        assert_eq!(found, targets, "{folder}");
    }
}

proptest! {
    // Each case is one for each target, some of which hash passwords; libFuzzer tries more of them.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn random_bytes_pass(data in prop::collection::vec(any::<u8>(), 0..200)) {
        for (_, target) in TARGETS {
            target(&data);
        }
    }

    #[test]
    fn random_text_passes(
        data in "([a-z:=;,\"\\\\ .\\[\\]0-9\n]|for=|host=|x-forwarded-for:|forwarded:|host:){0,60}",
    ) {
        for (_, target) in TARGETS {
            target(data.as_bytes());
        }
    }
}

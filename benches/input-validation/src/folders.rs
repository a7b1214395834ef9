//! A file opened below a folder.

use std::fs::{self, File};
use std::hint::black_box;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use harness::Contestant;
use palisade_input_validation::upload::Jail;
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use tempfile::TempDir;

use crate::contestant;

pub(crate) fn in_it() -> Vec<Contestant> {
    open("copy.pdf")
}

pub(crate) fn below_it() -> Vec<Contestant> {
    open("2026/winter/copy.pdf")
}

fn open(path: &'static str) -> Vec<Contestant> {
    let folder = || {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("2026/winter")).expect("folders");
        fs::write(folder.path().join(path), "%PDF").expect("a file");
        folder
    };
    let [ours, cap, kernel, plain]: [TempDir; 4] = [(); 4].map(|()| folder());
    let jail = Jail::at(ours.path()).expect("a folder");
    let dir = Dir::open_ambient_dir(cap.path(), ambient_authority()).expect("a folder");
    let handle = File::open(kernel.path()).expect("a folder");
    vec![
        contestant("palisade-input-validation", move || {
            let _keep = &ours;
            jail.open(black_box(path)).expect("a file")
        }),
        contestant("cap-std 4.0", move || {
            let _keep = &cap;
            dir.open(black_box(path)).expect("a file")
        }),
        contestant("floor: openat2, beneath", move || {
            let _keep = &kernel;
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            openat2(&handle, black_box(path), flags, Mode::empty(), ResolveFlags::BENEATH)
                .expect("a file")
        }),
        contestant("canonicalize, compare, open: a race", move || {
            let root = plain.path();
            let resolved = root.join(black_box(path)).canonicalize().expect("a path");
            assert!(resolved.starts_with(root));
            File::open(resolved).expect("a file")
        }),
    ]
}

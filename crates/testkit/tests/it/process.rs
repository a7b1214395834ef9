//! Children are ready when handed out, controllable, and never outlive their test.

use palisade_testkit::Error;
use palisade_testkit::postgres::Postgres;
use palisade_testkit::process::{Folder, Port, Process, Program};
use palisade_testkit::proxy::{Haproxy, Nginx, ReverseProxy};
use palisade_testkit::redis::Redis;
use std::collections::HashSet;
use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::seen::{eventually, family_of, is_alive, is_stopped};

/// Set in the test process that is killed; names the file in which it writes its child's number.
const HELPER: &str = "PALISADE_TESTKIT_HELPER";

fn shell(script: &str) -> Program {
    Program::find("sh").unwrap().add_args(["-c", script])
}

fn exists(path: PathBuf) -> impl FnMut() -> Result<(), String> + Send + 'static {
    move || path.exists().then_some(()).ok_or_else(|| format!("no {}", path.display()))
}

fn pid_in(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[test]
fn a_dropped_process_is_gone_with_all_it_started() {
    let folder = Folder::new("family").unwrap();
    let grandchild = folder.path().join("grandchild");
    // `setsid` leaves the group, as PostgreSQL's backends do.
    let script = format!(
        "setsid sleep 1000 & echo $! > {0}.new; mv {0}.new {0}; wait",
        grandchild.display()
    );
    let process = Process::start(shell(&script), exists(grandchild.clone())).unwrap();
    let child = process.pid().unwrap();
    let grandchild = pid_in(&grandchild).unwrap();
    assert!(is_alive(child) && is_alive(grandchild));
    drop(process);
    assert!(!Path::new(&format!("/proc/{child}")).exists(), "reaped, not a zombie");
    eventually("the grandchild ends", || !is_alive(grandchild));
}

/// The body of the helper process; an ordinary run of the suite finds nothing to do here.
#[test]
fn helper_that_owns_servers_until_it_is_killed() {
    let Some(path) = env::var_os(HELPER) else { return };
    // Started from a thread that ends at once, as a runtime's worker may.
    let owned = thread::spawn(|| {
        let upstream = ReverseProxy::to(([127, 0, 0, 1], 9).into());
        let sleep = Process::start(shell("exec sleep 1000"), || Ok(())).unwrap();
        (
            sleep,
            Redis::start().unwrap(),
            Postgres::start().unwrap(),
            Nginx::start(&upstream).unwrap(),
            Haproxy::start(&upstream).unwrap(),
        )
    });
    let owned = owned.join().unwrap();
    #[cfg_attr(not(feature = "browser"), expect(unused_mut, reason = "the browser is one more"))]
    let mut roots = vec![owned.0.pid(), owned.1.pid(), owned.2.pid(), owned.3.pid(), owned.4.pid()];
    #[cfg(feature = "browser")]
    let browser = {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(palisade_testkit::browser::Browser::start()).unwrap()
    };
    #[cfg(feature = "browser")]
    roots.push(browser.pid());
    let family: Vec<String> =
        roots.into_iter().flatten().flat_map(family_of).map(|pid| pid.to_string()).collect();
    let unfinished = Path::new(&path).with_extension("new");
    fs::write(&unfinished, family.join(" ")).unwrap();
    fs::rename(unfinished, path).unwrap();
    loop {
        thread::park();
    }
}

/// Kills the helper alone, none of what it has started, even when its test fails.
struct KilledOnDrop(Child);

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_killed_test_process_leaves_no_server() {
    let folder = Folder::new("killed-parent").unwrap();
    let told = folder.path().join("pids");
    let helper = Command::new(env::current_exe().unwrap())
        .args(["--exact", "process::helper_that_owns_servers_until_it_is_killed", "--nocapture"])
        .env(HELPER, &told)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let helper = KilledOnDrop(helper);
    eventually("the helper starts its servers", || told.exists());
    let pids = fs::read_to_string(&told).unwrap();
    let pids: Vec<u32> = pids.split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.len() > 5, "each server and PostgreSQL's own children: {pids:?}");
    assert!(pids.iter().all(|pid| is_alive(*pid)), "the thread that started them has ended");
    drop(helper);
    eventually("no server is left", || !pids.iter().any(|pid| is_alive(*pid)));
}

#[test]
fn an_early_end_is_an_error_with_what_was_written() {
    let error = Process::start(shell("echo bad port >&2; exit 7"), || Err("closed".to_owned()))
        .unwrap_err();
    assert!(matches!(error, Error::Exited { .. }));
    let shown = format!("{error:?}");
    assert!(shown.contains("bad port") && shown.contains('7'), "{shown}");
}

#[test]
fn a_start_that_takes_too_long_is_an_error_and_leaves_nothing() {
    let folder = Folder::new("slow").unwrap();
    let told = folder.path().join("pid");
    let program = shell(&format!("echo loading; echo $$ > {}; exec sleep 1000", told.display()))
        .ready_within(Duration::from_secs(1));
    let error = Process::start(program, || Err("still loading".to_owned())).unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }));
    let shown = format!("{error:?}");
    assert!(shown.contains("still loading") && shown.contains("1s"), "{shown}");
    assert!(!is_alive(pid_in(&told).unwrap()));
}

#[test]
fn stop_is_graceful_and_a_stubborn_program_is_killed() {
    let folder = Folder::new("stop").unwrap();
    let ready = folder.path().join("ready");
    let script = format!(
        "trap 'echo bye; exit 3' TERM; touch {}; while :; do sleep 0.01; done",
        ready.display()
    );
    let polite = Process::start(shell(&script), exists(ready.clone())).unwrap();
    assert_eq!(polite.stop().unwrap().code(), Some(3));
    assert_eq!(polite.log().trim(), "bye");
    assert_eq!(polite.pid(), None);
    assert!(polite.stop().is_err(), "it does not run");

    fs::remove_file(&ready).unwrap();
    let script = format!("trap '' TERM; touch {}; while :; do sleep 0.01; done", ready.display());
    let program = shell(&script).ready_within(Duration::from_secs(2));
    let stubborn = Process::start(program, exists(ready)).unwrap();
    let pid = stubborn.pid().unwrap();
    assert!(matches!(stubborn.stop(), Err(Error::TimedOut { .. })));
    assert!(!is_alive(pid));
}

#[test]
fn a_paused_process_stands_still_with_its_children_until_it_is_resumed() {
    let folder = Folder::new("pause").unwrap();
    let count = folder.path().join("count");
    // The child is in a session of its own.
    let script = format!(
        "setsid sh -c 'while :; do echo . >> {}; sleep 0.01; done' & wait",
        count.display()
    );
    let process = Process::start(shell(&script), exists(count.clone())).unwrap();
    let family = family_of(process.pid().unwrap());
    assert!(family.len() >= 2, "{family:?}");
    process.pause().unwrap();
    eventually("all stand still", || family_of(process.pid().unwrap()).into_iter().all(is_stopped));
    let written = || fs::metadata(&count).unwrap().len();
    let before = written();
    process.resume().unwrap();
    eventually("it writes again", || written() > before + 3);
}

#[test]
fn ports_differ_and_one_that_is_listened_on_is_passed_over() {
    let ports: Vec<Port> = (0..20).map(|_| Port::reserve().unwrap()).collect();
    let numbers: HashSet<u16> = ports.iter().map(Port::number).collect();
    assert_eq!(numbers.len(), 20);

    // Let go of, and taken by a program that makes no reservations.
    let listeners: Vec<TcpListener> =
        ports.into_iter().filter_map(|port| TcpListener::bind(port.address()).ok()).collect();
    let taken: HashSet<u16> =
        listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
    assert!(!taken.is_empty());
    for _ in 0..20 {
        let port = Port::reserve().unwrap();
        assert!(!taken.contains(&port.number()), "{port:?}");
    }
}

#[test]
fn a_folder_goes_with_its_owner() {
    let folder = Folder::new("data").unwrap();
    fs::create_dir(folder.path().join("deep")).unwrap();
    fs::write(folder.path().join("deep/file"), "x").unwrap();
    let path = folder.path().to_path_buf();
    drop(folder);
    assert!(!path.exists());
}

#[test]
fn folders_come_and_go_on_two_threads() {
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..500 {
                    drop(Folder::new("many").unwrap());
                }
            });
        }
    });
}

#[test]
fn what_a_killed_process_left_is_swept_by_the_next() {
    let parent = Folder::new("sweep").unwrap();
    let root = parent.path().parent().unwrap().parent().unwrap();
    // As a process leaves them that was killed: the lock's file remains, the lock does not.
    let left = root.join("run-0-sweep");
    fs::write(left.with_extension("lock"), "").unwrap();
    fs::create_dir_all(left.join("redis-data-0")).unwrap();
    let next = Command::new(env::current_exe().unwrap())
        .args(["--exact", "process::a_folder_goes_with_its_owner"])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(next.success());
    assert!(!left.exists() && !left.with_extension("lock").exists());
    assert!(parent.path().exists(), "what lives is left alone");
}

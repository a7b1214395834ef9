//! The files for who has containers agree with the program, as far as can be seen without any: what
//! they run is run here, with other paths and ports.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use palisade_testkit::postgres::Postgres;
use palisade_testkit::process::{Folder, Port, Process, Program};
use palisade_testkit::redis::Connection;

use crate::client::{Client, PATIENCE};

const COMPOSE: &str = include_str!("../../compose.yaml");
const DOCKERFILE: &str = include_str!("../../Dockerfile");
const NGINX: &str = include_str!("../../nginx.conf");

/// The lines under a key of a service, up to the next key of its depth.
fn under(service: &str, key: &str) -> Vec<&'static str> {
    let lines = COMPOSE.lines().skip_while(|line| *line != service);
    let mut lines = lines.skip(1).skip_while(|line| line.trim() != key).peekable();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(lines.next().unwrap_or_else(|| panic!("{service} {key}")));
    lines.take_while(|line| depth(line) > own).map(str::trim_start).collect()
}

/// The items of a list, without comments; what follows `|` or `>-` belongs to its item.
fn items(lines: &[&'static str]) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in lines.iter().filter(|line| !line.starts_with('#')) {
        match (line.strip_prefix("- "), items.last_mut()) {
            (Some("|" | ">-"), _) => items.push(String::new()),
            (Some(item), _) => items.push(item.to_owned()),
            (None, Some(last)) => last.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    items
}

/// Makes the secrets as the first lines say, and puts them where a container sees them.
fn secrets(folder: &Path) {
    let made = COMPOSE.lines().filter_map(|line| line.strip_prefix("#   "));
    let script = made.collect::<Vec<_>>().join(" && ");
    let done = Command::new("sh").args(["-c", &script]).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    std::fs::create_dir(folder.join("run")).unwrap();
    let (_, named) = COMPOSE.rsplit_once("\nsecrets:\n").unwrap();
    for line in named.lines() {
        let (name, file) = line.trim().split_once(": {file: ").unwrap();
        std::fs::copy(folder.join(file.trim_end_matches('}')), folder.join("run").join(name))
            .unwrap();
    }
}

/// The Redis of the file, on another port.
fn redis(folder: &Path, port: &Port) -> Process {
    let script = items(&under("  redis:", "command:")).remove(2).replace("$$", "$");
    let here = format!("port {}\nbind 127.0.0.1\ndir {}\n", port.number(), folder.display());
    let script = script.replace("appendonly yes\n", &format!("appendonly yes\n{here}"));
    let script = script.replace("/run/secrets", &folder.join("run").display().to_string());
    let address = port.address();
    let program = Program::find("sh").unwrap().add_args(["-c", &script]);
    Process::start(program, move || {
        TcpStream::connect(address).map(drop).map_err(|error| error.to_string())
    })
    .unwrap()
}

/// Whether the health check of the file calls a portal well.
fn is_well(address: SocketAddr) -> bool {
    let test = items(&under("x-portal: &portal", "test:"));
    let script = test[3].replace("/8080", &format!("/{}", address.port())).replace('\n', " ");
    Command::new(&test[1]).args([&test[2], &script]).output().unwrap().status.success()
}

#[test]
fn what_the_container_files_run_runs_here_and_is_well_until_it_ends() {
    let folder = Folder::new("containers").unwrap();
    secrets(folder.path());
    let secret =
        |name: &str| std::fs::read_to_string(folder.path().join("run").join(name)).unwrap();

    let redis_port = Port::reserve().unwrap();
    let redis = redis(folder.path(), &redis_port);
    let mut stranger = Connection::open(redis_port.address(), PATIENCE).unwrap();
    let refused = format!("{:?}", stranger.command(&["PING"]).unwrap());
    assert!(refused.contains("NOAUTH"), "{refused}");
    let line = std::fs::read_to_string(format!("/proc/{}/cmdline", redis.pid().unwrap())).unwrap();
    assert!(line.starts_with("redis-server"), "the shell has made room: {line:?}");
    assert!(!line.contains(secret("redis_password").trim()), "no command line says the password");

    let postgres = Postgres::start().unwrap();
    for statement in ["CREATE ROLE portal LOGIN", "CREATE DATABASE portal OWNER portal"] {
        postgres.query("postgres", statement).unwrap();
    }
    // The names of services are addresses here.
    let postgres_at = postgres.url("portal").split_once('@').unwrap().1.to_owned();
    let redis_at = format!("@{}/", redis_port.address());
    for (name, service, here) in [
        ("postgres_url", "@postgres/portal", format!("@{postgres_at}")),
        ("redis_url", "@redis/", redis_at),
    ] {
        let url = secret(name);
        assert!(url.ends_with(service), "{service}");
        std::fs::write(folder.path().join(name), url.replace(service, &here)).unwrap();
    }
    let port = Port::reserve().unwrap();
    let place = folder.path().display().to_string();
    let flags = items(&under("x-portal: &portal", "command:")).into_iter().map(|flag| {
        flag.replace("0.0.0.0:8080", &port.address().to_string())
            .replace("=/run/secrets/", "=/run/")
            .replace("=/", &format!("={place}/"))
    });
    let address = port.address();
    let mut program =
        Program::at(env!("CARGO_BIN_EXE_cluster")).add_arg("instance").add_args(flags);
    for line in under("x-portal: &portal", "environment:") {
        let (name, file) = line.split_once(": /run/secrets/").unwrap();
        program = program.add_env(name, folder.path().join(file));
    }
    let well = move || if is_well(address) { Ok(()) } else { Err("not well".to_owned()) };
    let portal = Process::start(program, well).unwrap();
    assert!(portal.whole_log().unwrap().contains("account admin password "), "{}", portal.log());
    assert_eq!(Client::at(address).get("/login").status, 200);
    let places = ["data", "copies", "outbox"].map(|name| folder.path().join(name).exists());
    assert_eq!(places, [true; 3]);
    // Redis and PostgreSQL are asked by what the files of the environment say.
    assert!(Client::at(address).log_in("admin", "wrong").status == 401);
    let mut own = Connection::open(redis_port.address(), PATIENCE).unwrap();
    own.command(&["AUTH", secret("redis_password").trim()]).unwrap();
    assert!(!format!("{:?}", own.command(&["DBSIZE"]).unwrap()).contains("Integer(0)"));
    assert!(portal.stop().unwrap().success());
    assert!(!is_well(address));
}

#[test]
fn every_flag_and_name_of_the_container_files_exists() {
    let help = Command::new(env!("CARGO_BIN_EXE_cluster")).args(["instance", "--help"]).output();
    let help = String::from_utf8(help.unwrap().stdout).unwrap();
    let flags = items(&under("x-portal: &portal", "command:"));
    assert!(flags.len() > 5, "{flags:?}");
    for flag in flags {
        let flag = flag.split('=').next().unwrap();
        assert!(flag.starts_with("--"), "{flag}");
        assert!(help.contains(&format!("{flag} ")), "{flag} is no flag of the portal");
    }
    for name in ["PORTAL_POSTGRES_FILE", "PORTAL_REDIS_FILE"] {
        assert!(COMPOSE.contains(name), "passwords are in files, not on command lines");
    }
    // Who says who a client is, is nginx alone.
    let [_, proxy] = COMPOSE.split("--trusted-proxy=").collect::<Vec<_>>()[..] else {
        panic!("one proxy is trusted")
    };
    let proxy = proxy.lines().next().unwrap().strip_suffix("/32").unwrap();
    let networks = under("  nginx:", "networks:");
    assert!(networks.contains(&&*format!("inside: {{ipv4_address: {proxy}}}")), "{networks:?}");
    // Services are called what nginx looks for, and the file is where it looks.
    for name in ["portal-a", "portal-b"] {
        assert!(
            COMPOSE.contains(&format!("\n  {name}:")) && NGINX.contains(&format!("{name}:8080"))
        );
    }
    assert!(COMPOSE.contains("./nginx.conf:/etc/nginx/conf.d/default.conf:ro"));
    assert!(DOCKERFILE.contains("--package exam-portal"));
}

//! The files for who has containers agree with the program, as far as can be seen without any.

use std::process::Command;

const COMPOSE: &str = include_str!("../../compose.yaml");
const DOCKERFILE: &str = include_str!("../../Dockerfile");
const NGINX: &str = include_str!("../../nginx.conf");

#[test]
fn every_flag_and_name_of_the_container_files_exists() {
    let help = Command::new(env!("CARGO_BIN_EXE_cluster")).args(["instance", "--help"]).output();
    let help = String::from_utf8(help.unwrap().stdout).unwrap();
    let command = COMPOSE.split("\n  command:").nth(1).unwrap().split("\n  healthcheck:").next();
    let flags: Vec<&str> = command
        .unwrap()
        .split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | ',' | '"' | '\''))
        .filter(|word| word.starts_with("--"))
        .collect();
    assert!(flags.len() > 5, "{flags:?}");
    for flag in flags {
        let flag = flag.split('=').next().unwrap();
        assert!(help.contains(&format!("{flag} ")), "{flag} is no flag of the portal");
    }
    for name in ["PORTAL_POSTGRES_FILE", "PORTAL_REDIS_FILE"] {
        assert!(COMPOSE.contains(name), "passwords are in files, not on command lines");
    }
    // Services are called what nginx looks for, and the file is where it looks.
    for name in ["portal-a", "portal-b"] {
        assert!(
            COMPOSE.contains(&format!("\n  {name}:")) && NGINX.contains(&format!("{name}:8080"))
        );
    }
    assert!(COMPOSE.contains("./nginx.conf:/etc/nginx/conf.d/default.conf:ro"));
    assert!(DOCKERFILE.contains("--package exam-portal"));
}

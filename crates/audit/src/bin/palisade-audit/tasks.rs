//! What the command does.

use std::error::Error;
use std::fs;
use std::io::{IsTerminal, Write, stderr};
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;
use palisade_audit::{
    Anchor, ArchiveError, Checkpoint, ProveError, Report, Retention, VerifierKey, backup, prove,
    prune, restore, verify_with,
};
use palisade_core::{Clock, SystemClock};
use serde_json::json;

use crate::{BAD, GOOD, find, record};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

pub(crate) fn run(matches: &ArgMatches) -> Result<u8> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(GOOD) };
    let folder = path(matches, "folder").unwrap_or_default();
    let json = matches.get_flag("json");
    let number = |name: &str| matches.get_one::<u64>(name).copied();
    match name {
        "verify" => verify(matches, json),
        "query" => {
            let limit = number("limit").unwrap_or(u64::MAX);
            let found = find::print(&folder, &find::filter(matches)?, limit, false)?;
            Ok(if found > 0 { GOOD } else { BAD })
        }
        "export" => {
            let csv = matches.get_one::<String>("format").is_some_and(|format| format == "csv");
            find::print(&folder, &find::filter(matches)?, u64::MAX, csv)?;
            Ok(GOOD)
        }
        "tail" => {
            find::tail(&folder, number("lines").unwrap_or(10), matches.get_flag("follow"))?;
            Ok(GOOD)
        }
        "prove" => match prove(&folder, &key(matches)?, number("seq").unwrap_or(0)) {
            Ok(proof) if json => {
                println!("{}", serde_json::to_string(&proof)?);
                Ok(GOOD)
            }
            Ok(proof) => {
                print!("{proof}");
                Ok(GOOD)
            }
            Err(error @ (ProveError::Unknown(_) | ProveError::Tampered(_))) => {
                eprintln!("palisade-audit: {error}");
                Ok(BAD)
            }
            Err(error) => Err(error.into()),
        },
        "backup" | "restore" => {
            let (to, key) = (path(matches, "to").unwrap_or_default(), key(matches)?);
            let done = if name == "backup" {
                backup(&folder, &to, &key)
            } else {
                let pinned = pinned(matches, &key)?;
                restore(&folder, &to, &key, pinned.as_ref())
            };
            match done {
                Ok(report) => {
                    if name == "backup" {
                        let event = record::event("audit.backup")
                            .detail("size", &report.size)
                            .detail("root", &report.root.to_string());
                        record::record(&folder, &key, secret(matches).as_deref(), &event);
                    }
                    Ok(tell(&report, json))
                }
                Err(ArchiveError::Tampered(bad)) => {
                    eprintln!("palisade-audit: {bad}");
                    Ok(BAD)
                }
                Err(error) => Err(error.into()),
            }
        }
        _ => {
            let mut retention = Retention::default();
            if let Some(days) = number("days") {
                retention =
                    retention.younger_than(Duration::from_secs(days.saturating_mul(86_400)));
            }
            if let Some(mebibytes) = number("mebibytes") {
                retention = retention.newest(mebibytes.saturating_mul(1 << 20));
            }
            let key = key(matches)?;
            let first = prune(&folder, &key, &retention, SystemClock::new().wall())?;
            let event = record::event("audit.prune").detail("first", &first);
            record::record(&folder, &key, secret(matches).as_deref(), &event);
            if json {
                println!("{}", json!({"first": first}));
            } else {
                println!("the log begins with event {first}");
            }
            Ok(GOOD)
        }
    }
}

fn verify(matches: &ArgMatches, json: bool) -> Result<u8> {
    let (folder, key) = (path(matches, "folder").unwrap_or_default(), key(matches)?);
    let anchor = pinned(matches, &key)?.map_or(Anchor::Stored, Anchor::Pinned);
    let shows = stderr().is_terminal() && !json;
    let report = verify_with(&folder, &key, &anchor, |events| {
        if shows {
            // Where nobody reads it, nobody misses it.
            let _ = write!(stderr(), "\r{events} events");
        }
    })?;
    if shows {
        let _ = write!(stderr(), "\r");
    }
    Ok(tell(&report, json))
}

/// Prints what was found; returns the exit code.
fn tell(report: &Report, json: bool) -> u8 {
    let bad = report.bad.as_ref();
    if json {
        let bad = bad
            .map(|bad| json!({"seq": bad.seq, "file": bad.file, "reason": bad.reason.to_string()}));
        println!(
            "{}",
            json!({
                "good": report.is_good(), "size": report.size, "root": report.root.to_string(),
                "first": report.first, "unsealed": report.unsealed, "dropped": report.dropped,
                "torn": report.torn, "hashes": report.hashes, "bad": bad,
            })
        );
    } else if let Some(bad) = bad {
        eprintln!("palisade-audit: {bad}");
    } else {
        println!(
            "good: events {} to {}, root {}, {} behind the checkpoint, {} dropped",
            report.first, report.size, report.root, report.unsealed, report.dropped
        );
    }
    if report.is_good() { GOOD } else { BAD }
}

fn path(matches: &ArgMatches, name: &str) -> Option<PathBuf> {
    matches.get_one::<PathBuf>(name).cloned()
}

fn secret(matches: &ArgMatches) -> Option<PathBuf> {
    path(matches, "record-with")
}

fn key(matches: &ArgMatches) -> Result<VerifierKey> {
    let path = path(matches, "key").unwrap_or_default();
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.parse::<VerifierKey>()?)
}

fn pinned(matches: &ArgMatches, key: &VerifierKey) -> Result<Option<Checkpoint>> {
    let Some(path) = path(matches, "pinned") else { return Ok(None) };
    let note = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Some(Checkpoint::verify(&note, key)?))
}

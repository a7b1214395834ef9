//! Events of a log, line by line, without an index.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use clap::ArgMatches;
use palisade_audit::query::{Filter, Stored};
use palisade_audit::{Outcome, Scan, parse_time};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

pub(crate) fn filter(matches: &ArgMatches) -> Result<Filter> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let time = |name: &'static str| match text(name) {
        None => Ok(None),
        Some(text) => match parse_time(&text) {
            Some(time) => Ok(Some(time)),
            None => Err(format!("--{name}: write a time in UTC like 2026-11-30T08:00:00Z")),
        },
    };
    let outcome = match text("outcome") {
        None => None,
        Some(name) => Some(Outcome::from_name(&name).ok_or("--outcome: no such outcome")?),
    };
    let mut filter = Filter::new();
    filter = text("actor").into_iter().fold(filter, Filter::actor);
    filter = text("action").into_iter().fold(filter, Filter::action);
    filter = text("target").into_iter().fold(filter, Filter::target);
    filter = outcome.into_iter().fold(filter, Filter::outcome);
    filter = time("since")?.into_iter().fold(filter, Filter::since);
    Ok(time("until")?.into_iter().fold(filter, Filter::until))
}

/// Prints the events that a filter wants; returns how many.
pub(crate) fn print(folder: &Path, filter: &Filter, limit: u64, csv: bool) -> Result<u64> {
    let mut out = io::stdout().lock();
    if csv {
        writeln!(out, "seq,ts,actor_kind,actor,action,target_kind,target,outcome,ip,request_id")?;
    }
    let mut scan = Scan::new(folder)?;
    let mut found = 0;
    while found < limit
        && let Some(line) = scan.next_line()?
    {
        let Some(event) = Stored::parse(&line).filter(|event| filter.matches(event)) else {
            continue;
        };
        if csv {
            writeln!(out, "{}", row(&event))?;
        } else {
            out.write_all(&line)?;
            writeln!(out)?;
        }
        found = u64::saturating_add(found, 1);
    }
    Ok(found)
}

/// One line of CSV (RFC 4180); what a spreadsheet would take for a formula is text.
fn row(event: &Stored) -> String {
    let of = |party: &Option<palisade_audit::query::Party>| match party {
        Some(party) => (party.kind.clone(), party.id.clone()),
        None => (String::new(), String::new()),
    };
    let ((actor_kind, actor), (target_kind, target)) = (of(&event.actor), of(&event.target));
    let option = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [
        event.seq.to_string(),
        event.ts.clone(),
        actor_kind,
        actor,
        event.action.clone(),
        target_kind,
        target,
        event.outcome.clone(),
        option(&event.ip),
        option(&event.request_id),
    ];
    cells.map(|cell| cell_of(&cell)).join(",")
}

fn cell_of(text: &str) -> String {
    let shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let formula = shown.trim_start().starts_with(['=', '+', '-', '@']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, shown.replace('"', "\"\""))
}

/// Prints the last events, and those that come.
pub(crate) fn tail(folder: &Path, lines: u64, follow: bool) -> Result<()> {
    let mut scan = Scan::new(folder)?;
    let mut last = std::collections::VecDeque::new();
    let most = usize::try_from(lines).unwrap_or(usize::MAX);
    while let Some(line) = scan.next_line()? {
        last.push_back(line);
        if last.len() > most {
            last.pop_front();
        }
    }
    let mut out = io::stdout().lock();
    for line in last {
        out.write_all(&line)?;
        writeln!(out)?;
    }
    if !follow {
        return Ok(());
    }
    loop {
        while let Some(line) = scan.next_line()? {
            out.write_all(&line)?;
            writeln!(out)?;
        }
        out.flush()?;
        std::thread::sleep(Duration::from_millis(200));
    }
}

//! The process and its build.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use metrics::{describe_counter, describe_gauge, describe_histogram, gauge};

use super::{ACTIVE, DURATION};
use crate::capture::Capture;
use crate::log::Log;

/// Says what each metric of this crate means, for those who read them; call it once.
pub fn describe() {
    describe_histogram!(
        DURATION,
        "Time from a request to its answer, by method, route and status."
    );
    describe_gauge!(ACTIVE, "Requests that run.");
    describe_counter!("palisade_observe_security_events_total", "Security events by name.");
    describe_counter!(
        "palisade_observe_overflow_total",
        "Uses of series beyond the bound of a metric."
    );
    describe_counter!("palisade_observe_log_lines_total", "Lines written and lost, by log.");
    describe_gauge!(
        "palisade_observe_log_failing",
        "Whether the last attempt to write a log failed."
    );
    describe_counter!(
        "palisade_observe_error_reports_total",
        "Errors captured, by what became of them."
    );
    describe_gauge!("palisade_build_info", "Name and version of the program.");
    describe_gauge!("process_start_time_seconds", "When the process started, since 1970.");
    describe_gauge!("process_resident_memory_bytes", "Memory of the process that is in use.");
    describe_counter!("process_cpu_seconds_total", "Processor time of the process.");
    describe_gauge!("process_threads", "Threads of the process.");
    describe_gauge!("process_open_fds", "Open files.");
    describe_gauge!("process_max_fds", "Files that may be open.");
}

/// Says what runs: `palisade_build_info` is 1, with name and version of the program as labels.
pub fn build_info(name: &'static str, version: &'static str) {
    gauge!("palisade_build_info", "name" => name, "version" => version).set(1.0);
}

/// Sets the figures of the process under the names that Prometheus advises, and those of the log;
/// call it before each scrape.
///
/// `process_start_time_seconds`, and on Linux `process_resident_memory_bytes`, `process_open_fds`,
/// `process_max_fds`, `process_threads`, `process_cpu_seconds_total` (whole seconds); `palisade_observe_log_lines_total` by `log` and `outcome`
/// (`written`, `queue_full`, `write_failed`), `palisade_observe_log_failing` by `log`.
pub fn process(start: SystemTime, log: &Log) {
    let since = start.duration_since(UNIX_EPOCH).unwrap_or_default();
    gauge!("process_start_time_seconds").set(since.as_secs_f64());
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        if let Some(kibibytes) = figure(&status, "VmRSS:") {
            gauge!("process_resident_memory_bytes").set(kibibytes * 1024.0);
        }
        if let Some(threads) = figure(&status, "Threads:") {
            gauge!("process_threads").set(threads);
        }
    }
    if let Some(seconds) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(cpu) {
        metrics::counter!("process_cpu_seconds_total").absolute(seconds);
    }
    if let Ok(limits) = fs::read_to_string("/proc/self/limits")
        && let Some(most) = figure(&limits, "Max open files")
    {
        gauge!("process_max_fds").set(most);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(u32::try_from(open.count()).map_or(f64::MAX, f64::from));
    }
    for writer in log.writers() {
        let (name, tally) = (writer.name(), writer.tally());
        let outcomes = [
            ("written", tally.written),
            ("queue_full", tally.queue_full),
            ("write_failed", tally.write_failed),
        ];
        for (outcome, lines) in outcomes {
            metrics::counter!("palisade_observe_log_lines_total", "log" => name, "outcome" => outcome)
                .absolute(lines);
        }
        gauge!("palisade_observe_log_failing", "log" => name)
            .set(f64::from(u8::from(tally.failing)));
    }
}

/// Sets `palisade_observe_error_reports_total` by `outcome`: `sent`, `repeated`, `limited`,
/// `queue_full`, `failed`; call it before each scrape.
pub fn capture(capture: &Capture) {
    let tally = capture.tally();
    let outcomes = [
        ("sent", tally.sent),
        ("repeated", tally.repeated),
        ("limited", tally.limited),
        ("queue_full", tally.queue_full),
        ("failed", tally.failed),
    ];
    for (outcome, reports) in outcomes {
        metrics::counter!("palisade_observe_error_reports_total", "outcome" => outcome)
            .absolute(reports);
    }
}

/// Returns the whole seconds of processor time in `/proc/self/stat`: fields 14 and 15, in hundredths
/// on every Linux that Rust runs on.
fn cpu(stat: &str) -> Option<u64> {
    // The name of the program, in parentheses, may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks = ticks.sum::<Result<u64, _>>().ok()?;
    ticks.checked_div(100)
}

/// Returns the first number behind a word at the beginning of a line.
fn figure(text: &str, word: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(word))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_linux() {
        let text = "Name:\tx\nVmRSS:\t   10240 kB\nThreads:\t7\n";
        assert_eq!(figure(text, "VmRSS:"), Some(10240.0));
        assert_eq!(figure(text, "Threads:"), Some(7.0));
        assert_eq!(
            figure(
                "Max open files            1024                 4096     files",
                "Max open files"
            ),
            Some(1024.0)
        );
        assert_eq!(figure(text, "Nothing:"), None);
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194304 900 0 0 0 1250 301 9 9 20 0 4 0 100";
        assert_eq!((cpu(stat), cpu("7 (a"), cpu("")), (Some(15), None, None));
    }
}

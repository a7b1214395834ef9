//! `cargo run --release -p stack [-- --json]`: requests over loopback, with everything that a site
//! has around its handler.
//!
//! Every stack answers the same sign-up on a thread of its own, one server at a time, to `wrk` with
//! 32 connections on the other core; all take their turn in each round. CPU is that of the server's
//! thread. `Bare` is axum's server with axum's `Json`; every other row but the last three adds one
//! part to it.

mod forms;
mod load;
mod site;
mod stacks;

use std::fmt::Write as _;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;

use load::{Load, Sample};
use site::Site;

const ROUNDS: usize = 7;
const TURN: Duration = Duration::from_secs(2);

fn main() {
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::set_global_recorder(recorder).expect("the first recorder");
    let folder = tempfile::tempdir().expect("a folder");
    let load = Load::new(folder.path());
    let chosen = stacks::all().into_iter().filter(|(name, _)| harness::is_chosen(name));
    let sites: Vec<Site> =
        chosen.map(|(name, build)| Site::start(name, build, folder.path())).collect();
    let mut samples = vec![Vec::with_capacity(ROUNDS); sites.len()];
    // The first round warms up: connections, tables, files.
    for round in 0..=ROUNDS {
        for (site, samples) in sites.iter().zip(&mut samples) {
            let before = site.cpu();
            let answered = load.run(site.address(), TURN);
            if round > 0 {
                samples.push(answered.with_cpu(site.cpu().saturating_sub(before)));
            }
        }
        eprintln!("round {round} of {ROUNDS}");
    }
    let rows: Vec<Row> =
        sites.iter().zip(samples).map(|(site, samples)| Row::new(site.name(), &samples)).collect();
    print!(
        "{}",
        if std::env::args().any(|it| it == "--json") { json(&rows) } else { table(&rows) }
    );
}

/// The medians of a stack.
struct Row {
    name: &'static str,
    per_second: f64,
    cpu_micros: f64,
    late_micros: f64,
}

impl Row {
    fn new(name: &'static str, samples: &[Sample]) -> Self {
        let median = |of: fn(&Sample) -> f64| {
            let mut all: Vec<f64> = samples.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        Self {
            name,
            per_second: median(|it| it.per_second),
            cpu_micros: median(|it| it.cpu_micros),
            late_micros: median(|it| it.late_micros),
        }
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| who | requests a second | of bare | CPU us a request | of bare | p99 us |\n\
         |---|---:|---:|---:|---:|---:|\n",
    );
    let bare = &rows[0];
    for row in rows {
        writeln!(
            text,
            "| {} | {:.0} | {:.2} | {:.2} | {:.2} | {:.0} |",
            row.name,
            row.per_second,
            row.per_second / bare.per_second,
            row.cpu_micros,
            row.cpu_micros / bare.cpu_micros,
            row.late_micros,
        )
        .expect("a string takes everything");
    }
    text
}

fn json(rows: &[Row]) -> String {
    let lines: Vec<String> = rows
        .iter()
        .map(|Row { name, per_second, cpu_micros, late_micros }| {
            format!(
                "{{\"bench\":\"stack\",\"who\":\"{name}\",\"requests_per_second\":{per_second:.0},\
                 \"cpu_us\":{cpu_micros:.2},\"p99_us\":{late_micros:.0}}}"
            )
        })
        .collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

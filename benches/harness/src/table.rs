//! The result, for people and for programs.

use std::fmt::Write;

/// One contestant's result.
pub(crate) struct Figure {
    name: &'static str,
    min: f64,
    median: f64,
    allocations: Option<u64>,
}

/// All results for one kind of input; the first one is ours.
pub(crate) struct Row {
    pub(crate) shape: &'static str,
    pub(crate) figures: Vec<Figure>,
}

impl Figure {
    pub(crate) fn new(name: &'static str, mut samples: Vec<f64>, allocations: Option<u64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self { name, min: samples[0], median: samples[samples.len() / 2], allocations }
    }
}

pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| input | who | min ns | median ns | ours / theirs (min) | (median) | allocations |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let ours = &row.figures[0];
        for Figure { name, min, median, allocations } in &row.figures {
            let allocations = allocations.map_or_else(|| "-".to_owned(), |n| n.to_string());
            let _ = writeln!(
                text,
                "| {} | {name} | {min:.1} | {median:.1} | {:.2} | {:.2} | {allocations} |",
                row.shape,
                ours.min / min,
                ours.median / median,
            );
        }
    }
    text
}

pub(crate) fn json(bench: &str, rows: &[Row]) -> String {
    let mut lines = Vec::new();
    for row in rows {
        for Figure { name, min, median, allocations } in &row.figures {
            let allocations = allocations.map_or_else(|| "null".to_owned(), |n| n.to_string());
            lines.push(format!(
                "{{\"bench\":\"{bench}/{}\",\"who\":\"{name}\",\"min_ns\":{min:.2},\
                 \"median_ns\":{median:.2},\"allocations\":{allocations}}}",
                row.shape
            ));
        }
    }
    format!("[\n{}\n]\n", lines.join(",\n"))
}

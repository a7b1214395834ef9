//! The two forms of a line.

use std::time::SystemTime;

use tracing::{Level, Metadata};

use super::Bound;
use crate::escape::{Escape, push};
use crate::timestamp;

/// The form of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// A JSON object, for machines; see the [module](crate::log).
    Json,
    /// Words, for people: time, level, message, fields, context.
    Pretty,
}

/// Everything that a line says.
pub(super) struct Line<'a> {
    pub(super) at: SystemTime,
    pub(super) metadata: &'a Metadata<'a>,
    pub(super) message: &'a str,
    pub(super) fields: &'a Bound,
    /// The innermost span's name.
    pub(super) span: Option<&'a str>,
}

impl Format {
    /// Appends a line; `context` calls what it is given with every name and value that spans bind,
    /// each name once.
    pub(super) fn write(
        self,
        out: &mut String,
        line: &Line<'_>,
        context: impl FnOnce(&mut dyn FnMut(&str, &str)),
    ) {
        match self {
            Self::Json => json(out, line, context),
            Self::Pretty => pretty(out, line, context),
        }
    }
}

fn json(out: &mut String, line: &Line<'_>, context: impl FnOnce(&mut dyn FnMut(&str, &str))) {
    out.push_str("{\"ts\":\"");
    timestamp::push(out, line.at);
    out.push_str("\",\"level\":\"");
    out.push_str(line.metadata.level().as_str());
    out.push_str("\",\"target\":\"");
    push(out, line.metadata.target(), Escape::Json);
    out.push_str("\",\"message\":\"");
    push(out, line.message, Escape::Json);
    if let Some(span) = line.span {
        out.push_str("\",\"span\":\"");
        push(out, span, Escape::Json);
    }
    let mut opening = "\",\"context\":{";
    context(&mut |name, value| member(out, &mut opening, name, value));
    let bound = opening == ",";
    let mut opening = if bound { "},\"fields\":{" } else { "\",\"fields\":{" };
    for (name, value) in line.fields.iter() {
        member(out, &mut opening, name, value);
    }
    out.push_str(match (opening, bound) {
        (",", _) | (_, true) => "}}\n",
        _ => "\"}\n",
    });
}

/// Appends what opens the object or parts it from the member before, then the member.
fn member(out: &mut String, opening: &mut &str, name: &str, value: &str) {
    out.push_str(opening);
    *opening = ",";
    out.push('"');
    push(out, name, Escape::Json);
    out.push_str("\":");
    out.push_str(value);
}

fn pretty(out: &mut String, line: &Line<'_>, context: impl FnOnce(&mut dyn FnMut(&str, &str))) {
    timestamp::push(out, line.at);
    out.push_str(match *line.metadata.level() {
        Level::ERROR => " ERROR ",
        Level::WARN => "  WARN ",
        Level::INFO => "  INFO ",
        Level::DEBUG => " DEBUG ",
        Level::TRACE => " TRACE ",
    });
    push(out, line.metadata.target(), Escape::Terminal);
    out.push_str(": ");
    push(out, line.message, Escape::Terminal);
    let mut word = |before: char, name: &str, value: &str| {
        out.push(before);
        push(out, name, Escape::Terminal);
        out.push('=');
        out.push_str(value);
    };
    for (name, value) in line.fields.iter() {
        word(' ', name, value);
    }
    let mut before = '[';
    context(&mut |name, value| {
        if before == '[' {
            word(' ', "context", "");
        }
        word(before, name, value);
        before = ' ';
    });
    if before == ' ' {
        out.push(']');
    }
    out.push('\n');
}

/// The line that declares a loss.
pub(crate) fn loss(format: Format, at: SystemTime, queue_full: u64, failed: u64) -> String {
    let mut ts = String::new();
    timestamp::push(&mut ts, at);
    let (target, message) = ("palisade_observe::writer", "records of this log are lost");
    match format {
        Format::Json => format!(
            "{{\"ts\":\"{ts}\",\"level\":\"ERROR\",\"target\":\"{target}\",\"message\":\"{message}\",\
             \"fields\":{{\"queue_full\":{queue_full},\"write_failed\":{failed}}}}}\n"
        ),
        Format::Pretty => format!(
            "{ts} ERROR {target}: {message} queue_full={queue_full} write_failed={failed}\n"
        ),
    }
}

//! Frames of a stack, read from the text of a backtrace.

use std::backtrace::Backtrace;

/// A call on the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// The function.
    pub function: String,
    /// The file, where the program knows it.
    pub file: Option<String>,
    /// The line in the file.
    pub line: Option<u32>,
    /// Whether it is neither the language's nor that of a package from a registry.
    pub own: bool,
}

/// Frames that are told, at most.
const MOST: usize = 96;
/// Bytes of a name of a function or a file.
const NAME: usize = 256;

/// Reads a stack, innermost call first, without the calls that captured it.
///
/// Of a panic it begins behind the hooks that tell of it.
pub(super) fn frames(backtrace: &Backtrace, panic: bool) -> Vec<Frame> {
    let mut frames = parse(&backtrace.to_string());
    let hooked = |frame: &Frame| panic && frame.function.contains("rust_begin_unwind");
    if let Some(hook) = frames.iter().take(MOST).position(hooked) {
        frames.drain(..=hook);
    }
    let first = frames.iter().position(|frame| !is_machinery(frame)).unwrap_or(0);
    frames.drain(..first);
    frames.truncate(MOST);
    frames
}

/// Returns whether a call is between a fault and the place where its stack is walked; without debug
/// information only functions are known, with it their names may be short.
fn is_machinery(frame: &Frame) -> bool {
    let function = frame.function.trim_start_matches('<');
    let of = [
        "std::",
        "core::",
        "alloc::",
        "tracing",
        "palisade_observe::capture",
        "rust_begin_unwind",
        "__rustc::",
    ];
    let file = frame.file.as_deref().unwrap_or_default();
    let at = ["/rustc/", "/library/", "/tracing-", "src/capture/layer.rs", "src/capture/hook.rs"];
    of.iter().any(|of| function.starts_with(of)) || at.iter().any(|at| file.contains(at))
}

/// Reads the lines `  7: function` and `at file:line:column`, whose second may be missing.
fn parse(text: &str) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::new();
    for line in text.lines() {
        let line = line.trim_start();
        if let Some(place) = line.strip_prefix("at ") {
            if let Some(frame) = frames.last_mut() {
                set_place(frame, place);
            }
        } else if let Some((number, function)) = line.split_once(": ")
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            let function = crate::escape::prefix(function, NAME).to_owned();
            frames.push(Frame { function, own: true, ..Frame::default() });
        }
    }
    for frame in &mut frames {
        frame.own = frame.file.as_deref().is_some_and(is_own);
    }
    frames
}

fn set_place(frame: &mut Frame, place: &str) {
    let mut parts = place.rsplitn(3, ':');
    let (column, line, file) = (parts.next(), parts.next(), parts.next());
    if let (Some(_), Some(line), Some(file)) = (column, line.and_then(|l| l.parse().ok()), file) {
        frame.file = Some(crate::escape::prefix(file, NAME).to_owned());
        frame.line = Some(line);
    }
}

fn is_own(file: &str) -> bool {
    !["/rustc/", "/registry/src/", "/library/std/", "/library/core/"]
        .iter()
        .any(|foreign| file.contains(foreign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_backtrace_is_read() {
        let text = "   0: shop::pay\n             at ./src/pay.rs:12:5\n   1: main\n  \
                    12: core::ops::function::FnOnce::call_once\n             \
                    at /rustc/abc/library/core/src/ops/function.rs:250:5\nnote: nothing\n";
        let frames = parse(text);
        let told: Vec<_> = frames.iter().map(|f| (f.function.as_str(), f.line, f.own)).collect();
        let expected = [
            ("shop::pay", Some(12), true),
            ("main", None, false),
            ("core::ops::function::FnOnce::call_once", Some(250), false),
        ];
        assert_eq!(told, expected);
        assert_eq!(frames.first().and_then(|frame| frame.file.as_deref()), Some("./src/pay.rs"));
    }

    #[test]
    fn a_stack_begins_where_the_fault_is() {
        let frames = frames(&Backtrace::force_capture(), false);
        let first = frames.first().map(|frame| frame.function.as_str()).unwrap_or_default();
        assert!(!first.starts_with("std::"), "{first}");
        assert!(frames.len() > 1 && frames.len() <= MOST);
    }
}

//! Nepali.

use std::fmt::{self, Write};

use super::{Breach, Limits, Words, code, find};

const WORDS: Words = &[
    (
        code::AMOUNT,
        "\u{938}\u{93e}\u{927}\u{93e}\u{930}\u{923} \u{905}\u{919}\u{94d}\u{915}\u{92e}\u{93e} \u{930}\u{915}\u{92e} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::AMOUNT_DECIMALS,
        "\u{92e}\u{941}\u{926}\u{94d}\u{930}\u{93e}\u{92d}\u{928}\u{94d}\u{926}\u{93e} \u{92c}\u{922}\u{940} \u{926}\u{936}\u{92e}\u{932}\u{935} \u{905}\u{919}\u{94d}\u{915} \u{91b}\u{928}\u{94d}",
    ),
    (
        code::BIDI,
        "\u{92a}\u{93e}\u{920}\u{915}\u{94b} \u{926}\u{93f}\u{936}\u{93e} \u{92c}\u{926}\u{932}\u{94d}\u{928}\u{947} \u{935}\u{930}\u{94d}\u{923} \u{939}\u{941}\u{928}\u{941}\u{939}\u{941}\u{901}\u{926}\u{948}\u{928}",
    ),
    (
        code::CHARSET,
        "\u{92f}\u{939}\u{93e}\u{901} \u{905}\u{928}\u{941}\u{92e}\u{924}\u{93f} \u{928}\u{92d}\u{90f}\u{915}\u{94b} \u{935}\u{930}\u{94d}\u{923} \u{91b}",
    ),
    (
        code::CHOICE,
        "\u{926}\u{93f}\u{907}\u{90f}\u{915}\u{93e} \u{92e}\u{93e}\u{928}\u{92e}\u{927}\u{94d}\u{92f}\u{947} \u{90f}\u{915} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::CONTROL,
        "\u{928}\u{93f}\u{92f}\u{928}\u{94d}\u{924}\u{94d}\u{930}\u{923} \u{935}\u{930}\u{94d}\u{923} \u{939}\u{941}\u{928}\u{941}\u{939}\u{941}\u{901}\u{926}\u{948}\u{928}",
    ),
    (
        code::CURRENCY,
        "ISO 4217 \u{915}\u{94b} \u{92e}\u{941}\u{926}\u{94d}\u{930}\u{93e} \u{915}\u{94b}\u{921} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::CSV,
        "RFC 4180 \u{905}\u{928}\u{941}\u{938}\u{93e}\u{930}\u{915}\u{94b} \u{924}\u{93e}\u{932}\u{93f}\u{915}\u{93e} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::CURSOR,
        "\u{92f}\u{938} \u{938}\u{942}\u{91a}\u{940}\u{915}\u{94b} \u{928}\u{92c}\u{926}\u{932}\u{93f}\u{90f}\u{915}\u{94b} \u{930} \u{928}\u{92f}\u{93e}\u{901} \u{915}\u{930}\u{94d}\u{938}\u{930} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::DUPLICATE,
        "\u{90f}\u{915} \u{92a}\u{91f}\u{915} \u{92e}\u{93e}\u{924}\u{94d}\u{930} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::EMAIL,
        "\u{907}\u{92e}\u{947}\u{932} \u{920}\u{947}\u{917}\u{93e}\u{928}\u{93e} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::EXPANSION,
        "\u{926}\u{947}\u{916}\u{93e}\u{909}\u{901}\u{926}\u{93e} \u{92f}\u{924}\u{93f} \u{920}\u{942}\u{932}\u{94b} \u{939}\u{941}\u{928}\u{941}\u{939}\u{941}\u{901}\u{926}\u{948}\u{928}",
    ),
    (
        code::FILE_CONTENT,
        "\u{90f}\u{915} \u{92a}\u{942}\u{930}\u{93e} \u{92b}\u{93e}\u{907}\u{932} \u{92e}\u{93e}\u{924}\u{94d}\u{930} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::FILE_KIND,
        "\u{92f}\u{939}\u{93e}\u{901} \u{905}\u{928}\u{941}\u{92e}\u{924}\u{93f} \u{92d}\u{90f}\u{915}\u{94b} \u{92a}\u{94d}\u{930}\u{915}\u{93e}\u{930}\u{915}\u{94b} \u{92b}\u{93e}\u{907}\u{932} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::FILE_NAME,
        "\u{92c}\u{93e}\u{91f}\u{94b} \u{92c}\u{93f}\u{928}\u{93e}\u{915}\u{94b} \u{92b}\u{93e}\u{907}\u{932} \u{928}\u{93e}\u{92e} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::INVALID,
        "\u{92e}\u{93e}\u{928}\u{94d}\u{92f} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::INVISIBLE,
        "\u{928}\u{926}\u{947}\u{916}\u{93f}\u{928}\u{947} \u{935}\u{930}\u{94d}\u{923} \u{939}\u{941}\u{928}\u{941}\u{939}\u{941}\u{901}\u{926}\u{948}\u{928}",
    ),
    (code::MISSING, "\u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}"),
    (
        code::MIXED_SCRIPTS,
        "\u{909}\u{938}\u{94d}\u{924}\u{948} \u{926}\u{947}\u{916}\u{93f}\u{928}\u{947} \u{932}\u{93f}\u{92a}\u{93f} \u{92e}\u{93f}\u{938}\u{93e}\u{909}\u{928}\u{941}\u{939}\u{941}\u{901}\u{926}\u{948}\u{928}",
    ),
    (
        code::PATTERN,
        "\u{92f}\u{938} \u{92b}\u{93f}\u{932}\u{94d}\u{921}\u{915}\u{94b} \u{930}\u{942}\u{92a}\u{92e}\u{93e} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::REDIRECT,
        "\u{92f}\u{938} \u{938}\u{93e}\u{907}\u{91f}\u{915}\u{94b} \u{92a}\u{943}\u{937}\u{94d}\u{920} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::SAME_AS,
        "\u{905}\u{930}\u{94d}\u{915}\u{94b} \u{92b}\u{93f}\u{932}\u{94d}\u{921} \u{91c}\u{938}\u{94d}\u{924}\u{948} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (code::SYNTAX, "JSON \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}"),
    (
        code::TYPE_ARRAY,
        "\u{938}\u{942}\u{91a}\u{940} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::TYPE_BOOLEAN,
        "\u{920}\u{940}\u{915} \u{935}\u{93e} \u{92c}\u{947}\u{920}\u{940}\u{915} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::TYPE_INTEGER,
        "\u{92a}\u{942}\u{930}\u{94d}\u{923} \u{938}\u{919}\u{94d}\u{916}\u{94d}\u{92f}\u{93e} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::TYPE_NUMBER,
        "\u{938}\u{919}\u{94d}\u{916}\u{94d}\u{92f}\u{93e} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::TYPE_OBJECT,
        "\u{935}\u{938}\u{94d}\u{924}\u{941} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::TYPE_TEXT,
        "\u{92a}\u{93e}\u{920} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
    (
        code::UNKNOWN,
        "\u{92f}\u{939}\u{93e}\u{901} \u{928}\u{91a}\u{93f}\u{928}\u{93f}\u{90f}\u{915}\u{93e} \u{928}\u{93e}\u{92e} \u{939}\u{941}\u{928}\u{941}\u{939}\u{941}\u{901}\u{926}\u{948}\u{928}",
    ),
    (
        code::URL,
        "http \u{935}\u{93e} https \u{920}\u{947}\u{917}\u{93e}\u{928}\u{93e} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}",
    ),
];

/// What rules with bounds count.
const UNITS: Words = &[
    (code::BYTES, "\u{92c}\u{93e}\u{907}\u{91f}"),
    (code::CHARS, "\u{935}\u{930}\u{94d}\u{923}"),
    (code::DEPTH, "\u{924}\u{939}"),
    (code::ITEMS, "\u{924}\u{924}\u{94d}\u{924}\u{94d}\u{935}"),
    (code::KEYS, "\u{928}\u{93e}\u{92e} \u{935}\u{93e} \u{924}\u{924}\u{94d}\u{924}\u{94d}\u{935}"),
    (code::RANGE, ""),
];

pub(super) fn write(breach: &Breach, out: &mut impl Write) -> fmt::Result {
    match find(UNITS, breach) {
        Some(unit) => bounds(breach, unit, out),
        None => out.write_str(find(WORDS, breach).unwrap_or_else(|| breach.code().says())),
    }
}

fn bounds(breach: &Breach, unit: &str, out: &mut impl Write) -> fmt::Result {
    let said = match Limits::of(breach) {
        Limits::Exactly(number) => format!("\u{920}\u{940}\u{915} {number}"),
        Limits::Between(min, max) => {
            format!("{min} \u{926}\u{947}\u{916}\u{93f} {max} \u{938}\u{92e}\u{94d}\u{92e}")
        }
        Limits::AtMost(max) => format!("\u{92c}\u{922}\u{940}\u{92e}\u{93e} {max}"),
        Limits::AtLeast(min) => format!("\u{915}\u{92e}\u{94d}\u{924}\u{940}\u{92e}\u{93e} {min}"),
    };
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    write!(out, "{said}{unit} \u{939}\u{941}\u{928}\u{941}\u{92a}\u{930}\u{94d}\u{91b}")
}

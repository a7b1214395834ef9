//! What two statements have in common.

/// Returns a statement without its values: literals and parameters become `?`, lists of them one,
/// rows of them `(?)+`, comments and line breaks blanks; words that are not quoted become lower case.
///
/// # Example
///
/// ```
/// use palisade_observe::query::fingerprint;
///
/// let one = fingerprint("SELECT * FROM students\n WHERE code IN ($1, $2) AND year = 2026");
/// assert_eq!(one, "select * from students where code in (?) and year = ?");
/// assert_eq!(one, fingerprint("select * from students where code in ('a','b','c') and year=7"));
/// ```
///
/// # Cost
///
/// One pass over at most 4 KiB; what is longer is cut.
#[must_use]
pub fn fingerprint(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len().min(LONGEST));
    write(&mut out, sql);
    out
}

const LONGEST: usize = 4096;

/// Appends the fingerprint.
pub(super) fn write(out: &mut String, sql: &str) {
    let mut rest = crate::escape::prefix(sql, LONGEST);
    while let Some(first) = rest.chars().next() {
        let end = token(rest, first);
        let (token, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = after;
        match first {
            _ if token.starts_with("--") || token.starts_with("/*") => blank(out),
            _ if first.is_whitespace() => blank(out),
            '\'' | '?' | '$' | '0'..='9' => value(out),
            ':' | '@' if token.len() > 1 && !token.starts_with("::") => value(out),
            '"' | '`' | '[' => push(out, token),
            _ => {
                let from = out.len();
                push(out, token);
                if let Some(word) = out.get_mut(from..) {
                    word.make_ascii_lowercase();
                }
            }
        }
    }
    let end = out.trim_end_matches([' ', ';']).len();
    out.truncate(end);
}

/// Returns how long the token is with which a text begins.
fn token(rest: &str, first: char) -> usize {
    let until = |end: &str| {
        let from = first.len_utf8();
        let found = rest.get(from..).and_then(|tail| tail.find(end));
        found.map_or(rest.len(), |at| from.saturating_add(at).saturating_add(end.len()))
    };
    let run = |is: fn(char) -> bool| {
        let tail = rest.get(first.len_utf8()..).unwrap_or_default();
        first.len_utf8().saturating_add(tail.find(|c| !is(c)).unwrap_or(tail.len()))
    };
    match first {
        '\'' => string(rest),
        '"' => until("\""),
        '`' => until("`"),
        '-' if rest.starts_with("--") => until("\n"),
        '/' if rest.starts_with("/*") => until("*/"),
        ':' if rest.starts_with("::") => 2,
        ':' | '@' | '$' | '?' => run(is_word),
        '0'..='9' => run(|c| is_word(c) || c == '.'),
        _ if first.is_whitespace() => run(char::is_whitespace),
        _ if is_word(first) => run(is_word),
        _ => first.len_utf8(),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of a string literal, in which a doubled quote is a quote.
fn string(rest: &str) -> usize {
    let mut quotes = rest.match_indices('\'').skip(1).map(|(at, _)| at).peekable();
    while let Some(at) = quotes.next() {
        if quotes.next_if_eq(&at.saturating_add(1)).is_none() {
            return at.saturating_add(1);
        }
    }
    rest.len()
}

fn blank(out: &mut String) {
    if !out.is_empty() && !out.ends_with([' ', '(']) {
        out.push(' ');
    }
}

/// A value; one that follows another in a list is left out.
fn value(out: &mut String) {
    if out.trim_end().ends_with("?,") {
        let end = out.trim_end().len().saturating_sub(1);
        out.truncate(end);
        return;
    }
    if out.ends_with(['=', '<', '>']) {
        out.push(' ');
    }
    out.push('?');
}

fn push(out: &mut String, token: &str) {
    let end = out.trim_end().len();
    match token {
        // The next row of a list of rows is left out with its parentheses.
        ")" if out.ends_with("(?), (?") => {
            out.truncate(end.saturating_sub(", (?".len()));
            out.push('+');
        }
        ")" if out.ends_with("(?)+, (?") => out.truncate(end.saturating_sub(", (?".len())),
        ")" | "," | ";" => {
            out.truncate(end);
            out.push_str(token);
        }
        "(" if out.ends_with(',') => out.push_str(" ("),
        "=" | "<" | ">" if !out.ends_with([' ', '=', '<', '>', '!']) => {
            out.push(' ');
            out.push_str(token);
        }
        _ => {
            if out.ends_with([',', '=', '<', '>']) && !matches!(token, "=" | ">") {
                out.push(' ');
            }
            out.push_str(token);
        }
    }
}

//! PDF (ISO 32000-2, 7.5): its first line, its last lines, and the table that they name.

use std::io::{Read, Seek, SeekFrom};

use super::walk::Fault;

pub(super) fn walk(file: &mut (impl Read + Seek), length: u64, tail: &[u8]) -> Result<(), Fault> {
    let mut line = [0; 9];
    file.read_exact(&mut line)?;
    let version = matches!(
        line,
        [b'%', b'P', b'D', b'F', b'-', b'1', b'.', b'0'..=b'7', b'\r' | b'\n']
            | [b'%', b'P', b'D', b'F', b'-', b'2', b'.', b'0', b'\r' | b'\n']
    );
    let table = table_of(tail).filter(|table| version && *table < length).ok_or(Fault::Broken)?;
    file.seek(SeekFrom::Start(table))?;
    let mut head = Vec::new();
    file.take(32).read_to_end(&mut head)?;
    if head.starts_with(b"xref") || is_object(&head) { Ok(()) } else { Err(Fault::Broken) }
}

/// Reads `startxref`, a number and `%%EOF`, behind which one line may end and nothing else stand.
fn table_of(tail: &[u8]) -> Option<u64> {
    let end = tail.strip_suffix(b"\n").unwrap_or(tail);
    let end = end.strip_suffix(b"\r").unwrap_or(end);
    let end = end.strip_suffix(b"%%EOF")?.trim_ascii_end();
    let digits = end.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, number) = end.split_at_checked(end.len().checked_sub(digits)?)?;
    before.trim_ascii_end().strip_suffix(b"startxref")?;
    std::str::from_utf8(number).ok()?.parse().ok()
}

/// Recognises `12 0 obj`, which a stream of cross-references begins with.
fn is_object(head: &[u8]) -> bool {
    let mut words = head.split(u8::is_ascii_whitespace);
    let number = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    words.next().is_some_and(number)
        && words.next().is_some_and(number)
        && words.next().is_some_and(|word| word.starts_with(b"obj"))
}

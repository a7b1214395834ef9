//! Files of lines, each named by the number of its first event.

use std::io;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::disk::Disk;
use crate::event::MAX_EVENT;

const ENDING: &str = ".jsonl";
const DIGITS: usize = 20;
const CHUNK: usize = 256 * 1024;

/// Returns the name of the segment that begins with that event.
pub(crate) fn name(first: u64) -> String {
    format!("{first:020}{ENDING}")
}

/// Returns the first event of the segment of that name, if it is one.
pub(crate) fn first(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(ENDING)?;
    let legal = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    legal.then(|| digits.parse().ok()).flatten()
}

/// Returns the first events of all segments, in order.
pub(crate) fn all(disk: &dyn Disk) -> io::Result<Vec<u64>> {
    let mut all: Vec<u64> = disk.list()?.iter().filter_map(|name| first(name)).collect();
    all.sort_unstable();
    Ok(all)
}

/// Appends an event's line. The first line of a batch says in `sync` how many events were durable
/// when it was written.
pub(crate) fn push(out: &mut Vec<u8>, seq: u64, sync: Option<u64>, body: &[u8]) {
    out.extend_from_slice(b"{\"seq\":");
    decimal(out, seq);
    out.push(b',');
    if let Some(sync) = sync {
        out.extend_from_slice(b"\"sync\":");
        decimal(out, sync);
        out.push(b',');
    }
    out.extend_from_slice(body);
}

/// Appends a number.
pub(crate) fn decimal(out: &mut Vec<u8>, mut number: u64) {
    let mut text = [b'0'; DIGITS];
    let mut length = 0_usize;
    for place in text.iter_mut().rev() {
        *place = b'0'.saturating_add(u8::try_from(number % 10).unwrap_or(0));
        number /= 10;
        length = length.saturating_add(1);
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(text.get(DIGITS.saturating_sub(length)..).unwrap_or_default());
}

/// The numbers at the start of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) sync: Option<u64>,
    /// Whether the log wrote it of itself.
    pub(crate) own: bool,
}

/// Behind the time of an event of the log about itself.
const OWN: &[u8] = b",\"own\":true,";
/// Bytes of a time and its name.
const TIME: usize = 34;

/// Reads the numbers at the start of a line, which has an event of legal length.
pub(crate) fn head(line: &[u8]) -> Option<Head> {
    if line.len() > MAX_EVENT || line.last() != Some(&b'}') {
        return None;
    }
    let (seq, rest) = number(line.strip_prefix(b"{\"seq\":")?)?;
    let (sync, rest) = match rest.strip_prefix(b"\"sync\":") {
        Some(rest) => number(rest).map(|(sync, rest)| (Some(sync), rest))?,
        None => (None, rest),
    };
    let own = rest.get(TIME..).is_some_and(|rest| rest.starts_with(OWN));
    Some(Head { seq, sync, own })
}

/// Reads a number up to its comma.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (position, byte) in (0_usize..).zip(text) {
        match byte {
            b'0'..=b'9' => {
                let digit = u64::from(byte.saturating_sub(b'0'));
                value = value.checked_mul(10)?.checked_add(digit)?;
            }
            b',' if position > 0 => {
                let canonical = position == 1 || text.first() != Some(&b'0');
                return canonical
                    .then(|| text.get(position.saturating_add(1)..))
                    .flatten()
                    .map(|rest| (value, rest));
            }
            _ => return None,
        }
    }
    None
}

/// Says whether a line is whole JSON: what a lost sector has left is not.
pub(crate) fn is_whole(line: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(line).is_ok()
}

/// Returns the segment which one of the log's own events declares overtaken by the next one.
pub(crate) fn superseded(line: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Own {
        own: bool,
        details: Vec<Detail>,
    }
    #[derive(Deserialize)]
    struct Detail {
        name: String,
        value: serde_json::Value,
    }
    // No text of an application can hold these bytes in this place.
    head(line).filter(|head| head.own)?;
    let event: Own = serde_json::from_slice(line).ok()?;
    let detail = event.details.iter().find(|detail| detail.name == "superseded")?;
    detail.value.as_u64().filter(|_| event.own)
}

/// One line of a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// Without its end.
    pub(crate) bytes: &'a [u8],
    /// Whether it has its end.
    pub(crate) ended: bool,
}

/// The lines of one segment, from its beginning on.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    disk: &'a dyn Disk,
    name: String,
    buffer: Vec<u8>,
    /// Where in the buffer the next line begins, and where in the file.
    start: usize,
    offset: u64,
    ended: bool,
}

impl<'a> Lines<'a> {
    pub(crate) const fn new(disk: &'a dyn Disk, name: String) -> Self {
        Self::at(disk, name, 0)
    }

    /// Begins in the middle, where a line begins.
    pub(crate) const fn at(disk: &'a dyn Disk, name: String, offset: u64) -> Self {
        Self { disk, name, buffer: Vec::new(), start: 0, offset, ended: false }
    }

    /// Where the next line begins.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let (length, ended) = loop {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            if let Some(length) = memchr::memchr(b'\n', rest) {
                break (length, true);
            }
            // No legal line is longer: what follows is not read into memory.
            if rest.len() > MAX_EVENT {
                break (rest.len(), false);
            }
            if self.ended {
                if rest.is_empty() {
                    return Ok(None);
                }
                break (rest.len(), false);
            }
            self.fill()?;
        };
        let start = self.start;
        let end = start.saturating_add(length);
        let taken = length.saturating_add(usize::from(ended));
        self.start = start.saturating_add(taken);
        self.offset = self.offset.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
        let bytes = self.buffer.get(start..end).unwrap_or_default();
        Ok(Some(Line { bytes, ended }))
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start.min(self.buffer.len()));
        self.start = 0;
        let held = u64::try_from(self.buffer.len()).unwrap_or(u64::MAX);
        let (length, from) = (self.buffer.len(), self.offset.saturating_add(held));
        self.disk.read_into(&self.name, from, CHUNK, &mut self.buffer)?;
        self.ended = self.buffer.len().saturating_sub(length) < CHUNK;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_the_number_of_the_first_event() {
        assert_eq!(name(42), "00000000000000000042.jsonl");
        assert_eq!(first("00000000000000000042.jsonl"), Some(42));
        assert_eq!(first(&name(u64::MAX)), Some(u64::MAX));
        for other in
            ["42.jsonl", "lock", "0000000000000000+042.jsonl", "99999999999999999999.jsonl"]
        {
            assert_eq!(first(other), None, "{other}");
        }
    }

    #[test]
    fn heads_are_canonical() {
        let head_of = |text: &str| head(text.as_bytes());
        let found = |seq, sync| Some(Head { seq, sync, own: false });
        assert_eq!(head_of("{\"seq\":0,\"ts\":1}"), found(0, None));
        assert_eq!(head_of("{\"seq\":17,\"sync\":9,\"ts\":1}"), found(17, Some(9)));
        let own =
            "{\"seq\":3,\"ts\":\"2026-11-30T03:01:49.123456Z\",\"own\":true,\"action\":\"a\"}";
        assert!(head_of(own).unwrap().own);
        for wrong in [
            "",
            "{}",
            "{\"seq\":01,}",
            "{\"seq\":-1,}",
            "{\"seq\":1}",
            "{\"seq\":,}",
            "{\"seq\":18446744073709551616,}",
            "{\"seq\":1,\"sync\":x,}",
            "{\"seq\":1,",
        ] {
            assert_eq!(head_of(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_pushed_is_read(seq: u64, sync in proptest::option::of(any::<u64>())) {
            let mut line = Vec::new();
            push(&mut line, seq, sync, b"\"ts\":0}");
            prop_assert_eq!(head(&line), Some(Head { seq, sync, own: false }));
            prop_assert!(is_whole(&line));
        }
    }
}

//! Quotes in quotes.

/// Counts the marks `>` that a line begins with, in the line that has most (`CommonMark` 5.1): the
/// parser would nest them all before it says so. Lines of code count too.
pub(super) fn most_quotes(source: &str) -> usize {
    let lines = source.as_bytes().split(|byte| matches!(byte, b'\n' | b'\r'));
    lines.map(quotes).max().unwrap_or_default()
}

fn quotes(line: &[u8]) -> usize {
    let marks = line.iter().take_while(|byte| matches!(byte, b'>' | b' ' | b'\t'));
    marks.filter(|byte| **byte == b'>').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_count_at_the_beginning_of_a_line() {
        for (source, expected) in [("", 0), ("a > b", 0), ("> a\n>>b\r\n", 2), (" > >\t> a >", 3)] {
            assert_eq!(most_quotes(source), expected, "{source:?}");
        }
    }
}

//! Tables that would fill themselves.

/// Bounds the cells that a parser adds to rows which lack them (GFM 4.10).
///
/// A row has the columns of its table's delimiter row, however few it writes; every line may be a
/// row. A line of other characters than these is no delimiter row, whatever lists and quotes it
/// stands in.
pub(super) fn most_cells(source: &str) -> usize {
    let mut columns = 0;
    let mut lines = 0_usize;
    for line in source.as_bytes().split(|byte| matches!(byte, b'\n' | b'\r')) {
        lines = lines.saturating_add(1);
        let delimiter = |byte: &u8| byte.is_ascii_digit() || b" \t|:->+*.)".contains(byte);
        if line.contains(&b'-') && line.iter().all(delimiter) {
            columns = line.split(|byte| *byte == b'|').skip(1).count().max(columns);
        }
    }
    columns.saturating_mul(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_row_counts_wherever_it_stands() {
        assert_eq!(most_cells("a|b|c\n-|-|-\n1\n2"), 8);
        assert_eq!(most_cells("> 1. a|b\r\n> 1. :-|-:\r\n"), 5);
        assert_eq!(most_cells("a | b | c || d\n---\n"), 0);
    }
}

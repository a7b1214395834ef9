//! Files, forms with files, archives and tables.

use std::io::Cursor;

use palisade_input_validation::csv::{Cell, CsvLimits, read_csv, write_row};
use palisade_input_validation::upload::{Decoder, Event, FileKind};
use palisade_input_validation::{FileName, UnzipLimits, unzip};

/// A file that is whole is not whole with more behind it, or less.
pub fn input_validation_file(data: &[u8]) {
    let read = FileKind::of(data);
    if let Ok(kind) = read {
        assert_eq!(FileKind::sniff(data), Some(kind));
        let longer = [data, b"PK"].concat();
        assert!(FileKind::of(&longer).is_err(), "a polyglot");
        // A PDF may end in a line's end or without one.
        if kind != FileKind::Pdf {
            assert!(FileKind::of(&data[..data.len() - 1]).is_err(), "cut");
        }
    }
}

/// A body is read the same whatever the pieces it comes in.
pub fn input_validation_multipart(data: &[u8]) {
    let whole = events(data, data.len().max(1));
    for piece in [1, 2, 7, 64] {
        assert_eq!(events(data, piece), whole, "pieces of {piece}");
    }
    let text = String::from_utf8_lossy(data);
    let _ = Decoder::for_type(&text);
}

type Part = (String, Option<String>, Vec<u8>);

fn events(data: &[u8], piece: usize) -> Option<Vec<Part>> {
    let mut decoder = Decoder::for_type("multipart/form-data; boundary=x").expect("a boundary");
    let mut parts: Vec<Part> = Vec::new();
    for piece in data.chunks(piece) {
        decoder.push(piece);
        while let Some(event) = decoder.next().ok()? {
            match event {
                Event::Part { name, file_name, .. } => parts.push((name, file_name, Vec::new())),
                Event::Data(bytes) => {
                    parts.last_mut().expect("a part before its data").2.extend_from_slice(&bytes);
                }
                other => panic!("{other:?}"),
            }
        }
    }
    decoder.finish().ok().map(|()| parts)
}

/// No archive hands on a name that leads out, or more bytes than asked for.
pub fn input_validation_zip(data: &[u8]) {
    let mut limits = UnzipLimits::default();
    (limits.bytes, limits.entries) = (64 * 1024, 16);
    let (mut bytes, mut entries) = (0, 0);
    let _ = unzip(Cursor::new(data), &limits, |path, content| {
        assert!(path.iter().all(|part| FileName::parse(part).is_ok()), "{path:?}");
        entries += 1;
        let mut read = Vec::new();
        let done = content.read_to_end(&mut read);
        bytes += read.len();
        done.map(drop)
    });
    assert!(bytes <= 64 * 1024 && entries <= 16, "{bytes} bytes, {entries} entries");
}

/// What is read from a table is written and read again as the same.
pub fn input_validation_csv(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(rows) = read_csv(&text, CsvLimits::default()) else { return };
    let mut written = String::new();
    for row in &rows {
        let cells: Vec<_> = row.iter().map(|cell| Cell::Text(cell)).collect();
        write_row(&cells, &mut written);
    }
    let again = read_csv(&written, CsvLimits::default()).expect("own writing");
    // A row of one empty cell is an empty line.
    let rows: Vec<_> = rows.into_iter().filter(|row| row.len() > 1 || !row[0].is_empty()).collect();
    assert_eq!(again, rows, "{written:?}");
}

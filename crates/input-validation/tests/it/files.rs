//! What a file is.

use palisade_input_validation::issue::code;
use palisade_input_validation::upload::{FileKind, StoredName};
use proptest::prelude::*;

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut sum = crc(&kind, data).to_be_bytes().to_vec();
    let mut chunk = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
    chunk.extend_from_slice(&kind);
    chunk.extend_from_slice(data);
    chunk.append(&mut sum);
    chunk
}

/// The CRC of PNG, bit by bit, as its appendix defines it.
fn crc(kind: &[u8], data: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in kind.iter().chain(data) {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
        }
    }
    !sum
}

fn png_of(width: u32, height: u32, extra: &[u8]) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 0, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(chunk(*b"IHDR", &header));
    file.extend(extra);
    file.extend(chunk(*b"IDAT", b"\x78\x9c\x63\x60\0\0\0\x02\0\x01"));
    file.extend(chunk(*b"IEND", b""));
    file
}

pub(crate) fn png() -> Vec<u8> {
    png_of(1, 1, b"")
}

pub(crate) fn jpeg() -> Vec<u8> {
    let mut file = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    file.extend(b"\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0");
    file.extend(b"\xff\xda\0\x08\x01\x01\0\0\x3f\0");
    file.extend(b"\x12\x34\xff\0\x56\xff\xd0\x78\xff\xff\xd9");
    file
}

pub(crate) fn gif() -> Vec<u8> {
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xfe\x02hi\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;".to_vec()
}

pub(crate) fn webp() -> Vec<u8> {
    let picture = b"\x10\0\0\x9d\x01\x2a\x01\0\x01\0\0\x01";
    let mut file = b"RIFF".to_vec();
    file.extend(u32::try_from(4 + 8 + picture.len()).unwrap().to_le_bytes());
    file.extend(b"WEBPVP8 ");
    file.extend(u32::try_from(picture.len()).unwrap().to_le_bytes());
    file.extend(picture);
    file
}

pub(crate) fn pdf() -> Vec<u8> {
    let body = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\n";
    let mut file = body.to_vec();
    file.extend(b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R>>\n");
    file.extend(format!("startxref\n{}\n%%EOF\n", body.len()).into_bytes());
    file
}

fn whole() -> Vec<(FileKind, Vec<u8>)> {
    vec![
        (FileKind::Png, png()),
        (FileKind::Jpeg, jpeg()),
        (FileKind::Gif, gif()),
        (FileKind::WebP, webp()),
        (FileKind::Pdf, pdf()),
    ]
}

#[test]
fn a_whole_file_is_what_it_begins_as() {
    for (kind, file) in whole() {
        assert_eq!(FileKind::of(&file), Ok(kind));
        assert_eq!(FileKind::sniff(&file), Some(kind));
        let name = format!("{}.{}", "0a".repeat(16), kind.extension());
        assert_eq!(StoredName::parse(&name).unwrap().kind(), Some(kind));
    }
    for other in [
        &b""[..],
        b"GIF88a",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ\x90",
        b"PK\x03\x04",
    ] {
        assert_eq!(FileKind::of(other).unwrap_err().code(), code::FILE_KIND);
    }
}

/// A second file for another program: behind the first, in its structure, or read from its end.
#[test]
fn a_polyglot_is_refused() {
    let zip = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    for (kind, file) in whole() {
        for second in [&b"x"[..], b"<script>alert(1)</script>", b"\0", zip, b"%PDF-1.4\n"] {
            let both = [&file[..], second].concat();
            // One line may end behind a PDF, as it does already.
            assert_eq!(FileKind::of(&both).unwrap_err().code(), code::FILE_CONTENT, "{kind:?}");
        }
        // Sniffing alone, which takes the first bytes for the whole, takes all of them.
        assert_eq!(FileKind::sniff(&[&file[..], zip].concat()), Some(kind));
    }
    let hidden = png_of(1, 1, &chunk(*b"tEXt", zip));
    assert_eq!(FileKind::of(&hidden).unwrap_err().code(), code::FILE_CONTENT);
    for picture in [&b"GIF89a/*<script>*/=1;alert(1)//;"[..], b"GIF87a=1;<script>"] {
        assert_eq!(FileKind::of(picture).unwrap_err().code(), code::FILE_CONTENT);
    }
}

#[test]
fn a_file_that_ends_early_or_lies_is_refused() {
    for (kind, file) in whole() {
        for length in 12..file.len() - 1 {
            let cut = FileKind::of(&file[..length]);
            assert_eq!(
                cut.map_err(|breach| breach.code()),
                Err(code::FILE_CONTENT),
                "{kind:?} {length}"
            );
        }
    }
    let mut wrong = png();
    wrong[19] ^= 1;
    assert!(FileKind::of(&wrong).is_err(), "the sum of a chunk is wrong");
    let refused = [
        png_of(0, 1, b""),
        png_of(100_000, 100_000, b""),
        png_of(1, 1, &chunk(*b"IHDR", &[0; 13])),
    ];
    for file in refused {
        assert_eq!(FileKind::of(&file).unwrap_err().code(), code::FILE_CONTENT);
    }
    let moved = String::from_utf8(pdf()).unwrap().replace("startxref\n42", "startxref\n999999");
    assert!(FileKind::of(moved.as_bytes()).is_err(), "the table is elsewhere");
}

#[test]
fn a_stored_name_is_one_that_the_program_made() {
    let good = format!("{}.png", "0123456789abcdef".repeat(2));
    assert!(StoredName::parse(&good).is_ok());
    for text in [
        "",
        "../x.png",
        "a.png",
        &good.to_uppercase(),
        &format!("{good}/"),
        &good.replace("png", "exe"),
    ] {
        assert!(StoredName::parse(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn no_bytes_break_the_walk(start in 0..5_usize, cut in 0..64_usize, noise in prop::collection::vec(any::<u8>(), 0..80)) {
        let (_, file) = whole().swap_remove(start);
        let mut bytes = file[..cut.min(file.len())].to_vec();
        bytes.extend(noise);
        let _ = FileKind::of(&bytes);
    }
}

//! Archives.

use std::io::{Cursor, Write};

use palisade_input_validation::{UnzipError, UnzipLimits, unzip};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn read(archive: &[u8], limits: &UnzipLimits) -> Result<Vec<(String, Vec<u8>)>, UnzipError> {
    let mut found = Vec::new();
    unzip(Cursor::new(archive), limits, |path, bytes| {
        let mut content = Vec::new();
        bytes.read_to_end(&mut content)?;
        found.push((path.join("/"), content));
        Ok(())
    })?;
    Ok(found)
}

fn limits() -> UnzipLimits {
    let mut limits = UnzipLimits::default();
    limits.bytes = 4 << 20;
    limits
}

#[test]
fn files_come_with_their_paths() {
    let bytes = archive(&[("a.txt", b"one"), ("b/c.txt", b"two")]);
    let found = read(&bytes, &limits()).unwrap();
    assert_eq!(
        found,
        [("a.txt".to_owned(), b"one".to_vec()), ("b/c.txt".to_owned(), b"two".to_vec())]
    );
}

#[test]
fn a_name_that_leads_out_is_refused_before_anything_is_read() {
    for name in [
        "../x",
        "/etc/passwd",
        "a/../../x",
        "a\\..\\x",
        "C:x",
        "CON",
        "a//b",
        ".ssh/config",
        "a\u{202e}b",
    ] {
        let bytes = archive(&[("first.txt", b"x"), (name, b"x")]);
        let mut seen = 0;
        let refused = unzip(Cursor::new(&bytes), &limits(), |_, _| {
            seen += 1;
            Ok(())
        });
        assert!(matches!(refused, Err(UnzipError::Name)), "{name}: {refused:?}");
        assert_eq!(seen, 0);
    }
    let twins = archive(&[("A.txt", b"1"), ("a.TXT", b"2")]);
    assert!(matches!(read(&twins, &limits()), Err(UnzipError::Name)));
}

#[test]
fn a_link_is_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert!(matches!(read(&bytes, &limits()), Err(UnzipError::Kind)));
}

/// 12 MiB of zeros in 12 KiB; and the same with a header that says it is small.
#[test]
fn a_bomb_is_stopped_by_its_real_bytes() {
    let bomb = archive(&[("zeros", &vec![0; 12 << 20])]);
    assert!(bomb.len() < 32 * 1024);
    let mut most = 0;
    let refused = unzip(Cursor::new(&bomb), &limits(), |_, bytes| {
        let mut buffer = [0; 4096];
        loop {
            let count = bytes.read(&mut buffer)?;
            most += count;
            if count == 0 {
                return Ok(());
            }
        }
    });
    assert!(matches!(refused, Err(UnzipError::TooLarge)), "{refused:?}");
    assert!(most <= 4 << 20, "{most}");

    let size = (12_u32 << 20).to_le_bytes();
    let mut liar = bomb.clone();
    for at in 0..liar.len() - 4 {
        if liar[at..at + 4] == size {
            liar[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
        }
    }
    assert!(read(&liar, &limits()).is_err());
    // Dense by its ratio, though below the limit of bytes.
    let dense = archive(&[("zeros", &vec![0; 3 << 20])]);
    let mut strict = limits();
    strict.ratio = 10;
    assert!(matches!(read(&dense, &strict), Err(UnzipError::TooLarge)));
}

#[test]
fn too_many_entries_and_noise_are_refused() {
    let names: Vec<String> = (0..20).map(|at| format!("f{at}")).collect();
    let entries: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let mut strict = limits();
    strict.entries = 19;
    assert!(matches!(read(&archive(&entries), &strict), Err(UnzipError::TooLarge)));
    let deep = archive(&[("a/b/c/d/e/f/g/h/i/j", b"x")]);
    assert!(matches!(read(&deep, &limits()), Err(UnzipError::TooLarge)));
    assert!(matches!(read(b"PK\x05\x06", &limits()), Err(UnzipError::Damaged)));
    let good = archive(&[("a.txt", b"one"), ("b/c.txt", b"two")]);
    for cut in 0..good.len() {
        let _ = read(&good[..cut], &limits());
    }
}

//! The PROXY protocol, as bytes.

use std::net::SocketAddr;

use palisade_edge::proxy_protocol::ProxyProtocolError::{
    Checksum, Malformed, NoHeader, TooLong, Unsupported,
};
use palisade_edge::proxy_protocol::{
    Announcement, Endpoints, MAX_HEADER, Parsed, ProxyProtocolError, parse,
};
use proptest::prelude::*;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

pub(crate) fn v2(command: u8, family: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[command, family], &length, content].concat()
}

fn ipv4() -> Vec<u8> {
    [&[203, 0, 113, 9, 10, 0, 0, 2][..], &40000_u16.to_be_bytes(), &443_u16.to_be_bytes()].concat()
}

fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind][..], &u16::try_from(value.len()).unwrap().to_be_bytes(), value].concat()
}

fn endpoints() -> Endpoints {
    Endpoints::new("203.0.113.9:40000".parse().unwrap(), "10.0.0.2:443".parse().unwrap())
}

fn announced(bytes: &[u8]) -> Result<Announcement, ProxyProtocolError> {
    match parse(bytes)? {
        Parsed::Complete { announcement, length } => {
            assert_eq!(length, bytes.len());
            Ok(announcement)
        }
        Parsed::Incomplete => panic!("incomplete"),
    }
}

#[test]
fn version_1_is_one_strict_line() {
    let table: [(&str, Result<Announcement, ProxyProtocolError>); 21] = [
        ("PROXY TCP4 203.0.113.9 10.0.0.2 40000 443\r\n", Ok(Announcement::Proxied(endpoints()))),
        ("PROXY UNKNOWN\r\n", Ok(Announcement::Local)),
        ("PROXY UNKNOWN ffff::1 ffff::2 1 2 anything\r\n", Ok(Announcement::Local)),
        ("PROXY TCP4 203.0.113.9 10.0.0.2 040000 443\r\n", Err(Malformed)),
        ("PROXY TCP4 203.0.113.9 10.0.0.2 40000 65536\r\n", Err(Malformed)),
        ("PROXY TCP4 203.0.113.9 10.0.0.2 +4 443\r\n", Err(Malformed)),
        ("PROXY TCP4 203.0.113.09 10.0.0.2 4 443\r\n", Err(Malformed)),
        ("PROXY TCP4 203.0.113.9  10.0.0.2 4 443\r\n", Err(Malformed)),
        ("PROXY TCP4 203.0.113.9 10.0.0.2 4 443 \r\n", Err(Malformed)),
        ("PROXY TCP4 203.0.113.9 10.0.0.2 4\r\n", Err(Malformed)),
        ("PROXY TCP4 ::1 ::1 4 443\r\n", Err(Malformed)),
        ("PROXY TCP6 1.2.3.4 1.2.3.4 4 443\r\n", Err(Malformed)),
        ("PROXY TCP4 203.0.113.9 10.0.0.2 4 443\n", Err(Malformed)),
        ("PROXY TCP4 203.0.113.9 10.0.0.2 4 443\r\r\n", Err(Malformed)),
        ("PROXY UNKNOWN\n", Err(Malformed)),
        ("PROXY UNKNOWN a\rb\r\n", Err(Malformed)),
        ("PROXY UNKNOWNS\r\n", Err(Malformed)),
        ("PROXY UDP4 203.0.113.9 10.0.0.2 4 443\r\n", Err(Malformed)),
        ("PROXY\tTCP4", Err(NoHeader)),
        ("proxy TCP4", Err(NoHeader)),
        ("GET / HTTP/1.1\r\n\r\n", Err(NoHeader)),
    ];
    for (line, expected) in table {
        assert_eq!(announced(line.as_bytes()), expected, "{line:?}");
    }
}

#[test]
fn version_1_ends_within_107_bytes() {
    let fill = |length: usize| format!("PROXY UNKNOWN {}\r\n", "x".repeat(length - 16));
    assert_eq!(announced(fill(107).as_bytes()), Ok(Announcement::Local));
    assert_eq!(parse(fill(108).as_bytes()), Err(TooLong));
    assert_eq!(parse(format!("PROXY UNKNOWN {}", "x".repeat(500)).as_bytes()), Err(TooLong));
}

#[test]
fn version_2_tells_both_endpoints() {
    assert_eq!(announced(&v2(0x21, 0x11, &ipv4())), Ok(Announcement::Proxied(endpoints())));
    let v6 = [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[9], &[0; 15], &[1], &[0, 1, 1, 0xbb]].concat();
    let expected = Endpoints::new("[2001:db8::9]:1".parse().unwrap(), "[::1]:443".parse().unwrap());
    assert_eq!(announced(&v2(0x21, 0x21, &v6)), Ok(Announcement::Proxied(expected)));
}

#[test]
fn local_and_unspecified_mean_the_real_endpoints() {
    assert_eq!(announced(&v2(0x20, 0x00, &[])), Ok(Announcement::Local));
    assert_eq!(announced(&v2(0x20, 0x11, &ipv4())), Ok(Announcement::Local));
    assert_eq!(announced(&v2(0x20, 0xff, b"to be discarded")), Ok(Announcement::Local));
    assert_eq!(announced(&v2(0x21, 0x00, &[])), Ok(Announcement::Local));
}

#[test]
fn version_2_takes_nothing_it_does_not_know() {
    let table: [(u8, u8, &[u8], ProxyProtocolError); 9] = [
        (0x11, 0x11, &[], Unsupported),       // version 1 in the binary form
        (0x22, 0x11, &[], Unsupported),       // a third command
        (0x21, 0x12, &[0; 12], Unsupported),  // UDP
        (0x21, 0x31, &[0; 216], Unsupported), // a UNIX socket
        (0x21, 0x41, &[], Unsupported),
        (0x21, 0x11, &[0; 11], Malformed),
        (0x21, 0x21, &[0; 35], Malformed),
        (0x21, 0x11, &[0; 14], Malformed), // half an extension
        (0x21, 0x11, &[0; MAX_HEADER], TooLong),
    ];
    for (command, family, content, expected) in table {
        let header = v2(command, family, content);
        assert_eq!(parse(&header), Err(expected), "{command:#x} {family:#x} {}", content.len());
    }
}

#[test]
fn extensions_must_fill_the_header_exactly() {
    let with = |extension: &[u8]| announced(&v2(0x21, 0x11, &[&ipv4()[..], extension].concat()));
    assert_eq!(with(&tlv(0x04, &[0; 9])), Ok(Announcement::Proxied(endpoints())));
    assert_eq!(with(&tlv(0xea, b"vpce-1")), Ok(Announcement::Proxied(endpoints())));
    assert_eq!(with(&[0x04, 0, 9, 0]), Err(Malformed));
    assert_eq!(with(&[0x04]), Err(Malformed));
}

#[test]
fn the_tls_extension_tells_tls() {
    let with =
        |value: &[u8]| announced(&v2(0x21, 0x11, &[&ipv4()[..], &tlv(0x20, value)].concat()));
    assert_eq!(with(&[1, 0, 0, 0, 0]), Ok(Announcement::Proxied(endpoints().over_tls())));
    assert_eq!(with(&[0, 0, 0, 0, 0]), Ok(Announcement::Proxied(endpoints())));
    assert_eq!(with(&[1, 0, 0, 0]), Err(Malformed));
}

/// Tells whether somebody is spoken for; an error or more bytes to come is neither.
fn announced_or_local(bytes: &[u8]) -> Result<bool, ProxyProtocolError> {
    let proxied = |announcement| matches!(announcement, Announcement::Proxied(_));
    parse(bytes).map(|parsed| match parsed {
        Parsed::Complete { announcement, .. } => proxied(announcement),
        Parsed::Incomplete => false,
    })
}

/// CRC-32C by long division, as independent of the crate's as it gets.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut state = u32::MAX;
    for byte in bytes {
        for bit in 0..8 {
            let carry = (state & 1) ^ u32::from((byte >> bit) & 1);
            state = (state >> 1) ^ (carry * 0x82f6_3b78);
        }
    }
    !state
}

#[test]
fn a_checksum_is_checked_if_it_is_there() {
    let mut header = v2(0x21, 0x11, &[&ipv4()[..], &tlv(0x03, &[0; 4]), &tlv(0x04, b"x")].concat());
    let sum = crc32c(&header).to_be_bytes();
    let at = header.len() - 4 - 4;
    header[at..at + 4].copy_from_slice(&sum);
    assert_eq!(announced(&header), Ok(Announcement::Proxied(endpoints())));
    let kind = at - 3; // without its type it is no checksum
    for position in (12..header.len()).filter(|position| *position != kind) {
        let mut flipped = header.clone();
        flipped[position] ^= 1;
        assert_ne!(announced_or_local(&flipped), Ok(true), "bit {position}");
    }
    header[at] ^= 0x80;
    assert_eq!(parse(&header), Err(Checksum));
    let twice = [&ipv4()[..], &tlv(0x03, &[0; 4]), &tlv(0x03, &[0; 4])].concat();
    assert!(parse(&v2(0x21, 0x11, &twice)).is_err());
    assert_eq!(
        parse(&v2(0x21, 0x11, &[&ipv4()[..], &tlv(0x03, &[0; 3])].concat())),
        Err(Malformed)
    );
}

fn address() -> impl Strategy<Value = (SocketAddr, SocketAddr)> {
    let v4 = (any::<([u8; 4], u16)>(), any::<([u8; 4], u16)>())
        .prop_map(|(a, b)| (SocketAddr::from(a), SocketAddr::from(b)));
    let v6 = (any::<([u8; 16], u16)>(), any::<([u8; 16], u16)>())
        .prop_map(|(a, b)| (SocketAddr::from(a), SocketAddr::from(b)));
    prop_oneof![v4, v6]
}

fn written_v1(source: SocketAddr, destination: SocketAddr) -> Vec<u8> {
    let family = if source.is_ipv4() { "TCP4" } else { "TCP6" };
    let (from, to) = (source.ip(), destination.ip());
    format!("PROXY {family} {from} {to} {} {}\r\n", source.port(), destination.port()).into_bytes()
}

fn written_v2(source: SocketAddr, destination: SocketAddr, extension: &[u8]) -> Vec<u8> {
    use ppp::v2::{Builder, Command, Protocol, Version};
    let mut bytes = Builder::with_addresses(
        Version::Two | Command::Proxy,
        Protocol::Stream,
        (source, destination),
    );
    if !extension.is_empty() {
        bytes = bytes.write_tlv(0xe0, extension).unwrap();
    }
    bytes.build().unwrap()
}

proptest! {
    #[test]
    fn what_a_proxy_writes_is_read_however_it_is_cut(
        (source, destination) in address(),
        extension in prop::collection::vec(any::<u8>(), 0..40),
        behind in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let headers =
            [written_v1(source, destination), written_v2(source, destination, &extension)];
        for header in headers {
            for cut in 0..header.len() {
                prop_assert_eq!(parse(&header[..cut]), Ok(Parsed::Incomplete), "{}", cut);
            }
            let announcement = Announcement::Proxied(Endpoints::new(source, destination));
            let whole = [&header[..], &behind].concat();
            let expected = Parsed::Complete { announcement, length: header.len() };
            prop_assert_eq!(parse(&whole), Ok(expected));
        }
    }

    #[test]
    fn more_bytes_never_mend_an_error_or_change_a_header(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            "PROXY (TCP4|TCP6|UNKNOWN)?[ -~\r\n]{0,40}".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..60).prop_map(|rest| [SIGNATURE, &rest].concat()),
        ],
    ) {
        let mut before = Ok(Parsed::Incomplete);
        for end in 0..=bytes.len() {
            let now = parse(&bytes[..end]);
            prop_assert!(before == Ok(Parsed::Incomplete) || before == now, "{}", end);
            before = now;
        }
    }

    #[test]
    fn an_independent_parser_reads_what_ours_reads(
        (source, destination) in address(),
        change in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut header = written_v1(source, destination);
        if let Some((at, byte)) = change {
            let at = at.index(header.len());
            header[at] = byte;
        }
        // Ours is stricter; whatever it reads, the other one reads the same.
        if let Ok(Parsed::Complete { announcement: Announcement::Proxied(ours), .. }) = parse(&header) {
            let other = ppp::v1::Header::try_from(&header[..]).unwrap();
            let (from, to) = match other.addresses {
                ppp::v1::Addresses::Tcp4(a) => (
                    SocketAddr::from((a.source_address, a.source_port)),
                    SocketAddr::from((a.destination_address, a.destination_port)),
                ),
                ppp::v1::Addresses::Tcp6(a) => (
                    SocketAddr::from((a.source_address, a.source_port)),
                    SocketAddr::from((a.destination_address, a.destination_port)),
                ),
                ppp::v1::Addresses::Unknown => return Err(TestCaseError::fail("unknown")),
            };
            prop_assert_eq!((ours.source(), ours.destination()), (from, to));
        }
    }
}

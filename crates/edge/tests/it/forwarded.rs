//! The grammar of RFC 7239.

use palisade_edge::forwarded::{Element, Node, from_right};
use proptest::prelude::*;

fn elements(line: &str) -> Vec<Option<Element<'_>>> {
    from_right(line.as_bytes()).map(Result::ok).collect()
}

fn text(value: Option<palisade_edge::forwarded::Value<'_>>) -> Option<String> {
    value.map(|value| value.bytes().map(char::from).collect())
}

#[test]
fn reads_the_examples_of_rfc_7239() {
    let table = [
        ("for=\"_gazonk\"", vec![Some(Node::Obfuscated)]),
        ("For=\"[2001:db8:cafe::17]:4711\"", vec![address("2001:db8:cafe::17")]),
        ("for=192.0.2.60;proto=http;by=203.0.113.43", vec![address("192.0.2.60")]),
        (
            "for=192.0.2.43, for=198.51.100.17",
            vec![address("198.51.100.17"), address("192.0.2.43")],
        ),
        ("for=\"192.0.2.43:47011\"", vec![address("192.0.2.43")]),
        ("for=_hidden, for=_SEVKISEK", vec![Some(Node::Obfuscated), Some(Node::Obfuscated)]),
        ("for=unknown", vec![Some(Node::Unknown)]),
        ("for=\"unknown:_port\"", vec![Some(Node::Unknown)]),
        ("for=\"_a:80\";host=x", vec![Some(Node::Obfuscated)]),
        ("proto=https", vec![None]),
        ("", vec![None]),
    ];
    for (line, expected) in table {
        let nodes: Vec<Option<Node>> =
            elements(line).into_iter().map(|e| e.unwrap().node().map(Result::unwrap)).collect();
        assert_eq!(nodes, expected, "{line:?}");
    }
}

fn address(text: &str) -> Option<Node> {
    Some(Node::Address(text.parse().unwrap()))
}

#[test]
fn refuses_what_the_grammar_refuses() {
    let table = [
        "for",
        "for=",
        "=1",
        "for =1.2.3.4",
        "for= 1.2.3.4",
        "for=1.2.3.4:80",
        "for=[::1]",
        "for=\"a",
        "for=a\"",
        "for=\"a\"b",
        "for=\"a\\\"",
        "fo r=a",
        "for=a;for=b",
        "by=a;BY=b",
        "for=\"\u{1}\"",
        "for=1.2.3.4;x",
        "for=1.2.3.4 proto=http",
        "f\"x\"=a",
    ];
    for line in table {
        assert_eq!(elements(line), [None], "{line:?}");
    }
}

#[test]
fn refuses_nodes_that_are_none() {
    let table = [
        "for=\"\"",
        "for=\"::1\"",
        "for=localhost",
        "for=\"[::1]:\"",
        "for=\"1.2.3.4:x\"",
        "for=_",
        "for=\"_a b\"",
        "for=\"[1.2.3.4]\"",
        "for=\"unknown:\"",
        "for=unknowns",
        "for=\"1.2.3.4:_\"",
        "for=0.0.0.0",
        "for=\"[::]\"",
    ];
    for line in table {
        let element = elements(line)[0].unwrap();
        assert!(element.node().unwrap().is_err(), "{line:?}");
    }
}

#[test]
fn an_escaped_address_is_the_address() {
    let element = elements("for=\"192\\.0\\.2\\.1\";host=\"a\\\"\\\\b\"")[0].unwrap();
    assert_eq!(element.node(), Some(Ok(Node::Address("192.0.2.1".parse().unwrap()))));
    assert_eq!(text(element.host()), Some("a\"\\b".to_owned()));
}

#[test]
fn separators_within_strings_separate_nothing() {
    let line = "for=192.0.2.1;host=\"a,b;c\\\",d\", for=192.0.2.2";
    let elements = elements(line);
    assert_eq!(elements.len(), 2);
    assert_eq!(text(elements[1].unwrap().host()), Some("a,b;c\",d".to_owned()));
}

fn quote(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|c| if matches!(c, '"' | '\\') { vec!['\\', c] } else { vec![c] })
        .collect();
    format!("\"{escaped}\"")
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        list in prop::collection::vec(("[ -~]{0,12}", "[ -~]{0,12}", "[a-z0-9._-]{1,8}"), 1..5),
        before in "[ -~]{0,20}",
    ) {
        let written: Vec<String> = list.iter().map(|(host, by, proto)| {
            format!("host={};PROTO={proto} ; by={}", quote(host), quote(by))
        }).collect();
        let line = format!("{before},{}", written.join(", "));
        let read: Vec<Option<Element<'_>>> = elements(&line).into_iter().take(list.len()).collect();
        for (element, (host, by, proto)) in read.iter().rev().zip(&list) {
            let element = element.unwrap();
            prop_assert_eq!(text(element.host()), Some(host.clone()));
            prop_assert_eq!(text(element.by()), Some(by.clone()));
            prop_assert_eq!(text(element.proto()), Some(proto.clone()));
        }
        prop_assert_eq!(read.len(), list.len());
    }

    #[test]
    fn any_bytes_end_in_elements_or_one_error(
        line in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let read: Vec<_> = from_right(&line).collect();
        let errors = read.iter().filter(|element| element.is_err()).count();
        prop_assert!(errors <= 1 && (errors == 0 || read.last().unwrap().is_err()));
    }
}

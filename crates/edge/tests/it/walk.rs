//! The way from the connection to the client.

use http::HeaderName;
use palisade_edge::ClientIpErrorKind::{
    Duplicate, Malformed, Missing, Obfuscated, TooFewHops, TooManyHops, Unknown, Unspecified,
};
use palisade_edge::proxy_protocol::{Announcement, Endpoints};
use palisade_edge::{ConfigError, Evidence, Forwarding, TrustedProxies, client_ip};
use proptest::prelude::*;

use crate::request::{XFF, client, counted, header, headers, peer, proxy, trusted};

fn ok(address: &str) -> Result<String, palisade_edge::ClientIpErrorKind> {
    Ok(address.to_owned())
}

#[test]
fn a_direct_peer_is_the_client() {
    let none = TrustedProxies::none();
    assert_eq!(client(&peer("198.51.100.4"), &[], &none), ok("198.51.100.4"));
    assert_eq!(client(&peer("2001:db8::1"), &[], &none), ok("2001:db8::1"));
}

#[test]
fn an_untrusted_peer_cannot_say_anything() {
    let lines = [(XFF, "6.6.6.6"), ("forwarded", "for=6.6.6.6"), ("x-real-ip", "6.6.6.6")];
    for forwarding in [Forwarding::XForwardedFor, Forwarding::Forwarded, header("x-real-ip")] {
        let trust = trusted(forwarding);
        assert_eq!(client(&peer("198.51.100.4"), &lines, &trust), ok("198.51.100.4"));
    }
    let claims = Endpoints::new("6.6.6.6:1".parse().unwrap(), "10.0.0.1:80".parse().unwrap());
    let claiming = peer("198.51.100.4").with_announcement(Announcement::Proxied(claims));
    assert_eq!(client(&claiming, &[], &trusted(Forwarding::ProxyProtocol)), ok("198.51.100.4"));
}

#[test]
fn the_rightmost_untrusted_address_is_the_client() {
    let trust = trusted(Forwarding::XForwardedFor);
    let table = [
        ("203.0.113.9", ok("203.0.113.9")),
        ("1.1.1.1, 203.0.113.9", ok("203.0.113.9")),
        ("1.1.1.1, 203.0.113.9, 10.1.2.3, fd00::7", ok("203.0.113.9")),
        ("203.0.113.9,10.1.2.3", ok("203.0.113.9")),
        ("203.0.113.9\t,  10.1.2.3 ", ok("203.0.113.9")),
        ("203.0.113.9:40000, 10.1.2.3:80", ok("203.0.113.9")),
        ("[2001:db8::9]:40000", ok("2001:db8::9")),
        ("fe80::1%eth0", ok("fe80::1")),
        ("::ffff:203.0.113.9, ::ffff:10.1.2.3", ok("203.0.113.9")),
    ];
    for (list, expected) in table {
        assert_eq!(client(&proxy(), &[(XFF, list)], &trust), expected, "{list:?}");
    }
}

#[test]
fn several_header_lines_are_one_list_in_order() {
    let trust = trusted(Forwarding::XForwardedFor);
    let lines = [(XFF, "1.1.1.1"), (XFF, "203.0.113.9, 10.0.0.3"), (XFF, "10.0.0.2")];
    assert_eq!(client(&proxy(), &lines, &trust), ok("203.0.113.9"));
    let lines = [("forwarded", "for=1.1.1.1"), ("forwarded", "for=203.0.113.9, for=10.0.0.3")];
    assert_eq!(client(&proxy(), &lines, &trusted(Forwarding::Forwarded)), ok("203.0.113.9"));
}

#[test]
fn a_hop_that_names_nobody_stops_the_walk() {
    let trust = trusted(Forwarding::XForwardedFor);
    let table = [
        ("203.0.113.9, unknown", Unknown),
        ("203.0.113.9, _hidden", Malformed),
        ("203.0.113.9, localhost", Malformed),
        ("203.0.113.9, ", Malformed),
        ("", Malformed),
        ("203.0.113.9, 10.0.0.256", Malformed),
        ("203.0.113.9, unix:", Malformed),
        ("203.0.113.9, 0.0.0.0", Unspecified),
        ("203.0.113.9, ::", Unspecified),
        ("203.0.113.9, ::ffff:0.0.0.0, 10.0.0.2", Unspecified),
    ];
    for (list, expected) in table {
        assert_eq!(client(&proxy(), &[(XFF, list)], &trust), Err(expected), "{list:?}");
    }
    let trust = trusted(Forwarding::Forwarded);
    let table = [
        ("for=203.0.113.9, for=unknown", Unknown),
        ("for=203.0.113.9, for=_hidden", Obfuscated),
        ("for=203.0.113.9, proto=https", Unknown),
        ("for=203.0.113.9, for=\"2001:db8::1\"", Malformed),
        ("for=203.0.113.9, for=10.0.0.1;for=10.0.0.2", Malformed),
        ("for=203.0.113.9, for=\"0.0.0.0\"", Unspecified),
        ("for=203.0.113.9, for=\"10.0.0.1", Malformed),
    ];
    for (list, expected) in table {
        assert_eq!(client(&proxy(), &[("forwarded", list)], &trust), Err(expected), "{list:?}");
    }
}

#[test]
fn what_stands_left_of_the_client_is_not_even_read() {
    let trust = trusted(Forwarding::XForwardedFor);
    let lines = [(XFF, "\"<script>, unknown,,,\u{e9}, 203.0.113.9")];
    assert_eq!(client(&proxy(), &lines, &trust), ok("203.0.113.9"));
    let lines = [("forwarded", "for=\"open, ;;=, for=203.0.113.9")];
    assert_eq!(client(&proxy(), &lines, &trusted(Forwarding::Forwarded)), ok("203.0.113.9"));
}

#[test]
fn if_every_hop_is_trusted_the_leftmost_one_counts_and_says_so() {
    let trust = trusted(Forwarding::XForwardedFor);
    let found = client_ip(&proxy(), &headers(&[(XFF, "10.0.0.9, 10.0.0.8")]), &trust).unwrap();
    assert_eq!((found.to_string().as_str(), found.evidence()), ("10.0.0.9", Evidence::ProxiesOnly));
    let found = client_ip(&proxy(), &headers(&[]), &trust).unwrap();
    assert_eq!((found.to_string().as_str(), found.evidence()), ("10.0.0.1", Evidence::ProxiesOnly));
    let found = client_ip(&proxy(), &headers(&[(XFF, "203.0.113.9")]), &trust).unwrap();
    assert_eq!(found.evidence(), Evidence::Proxy);
    let found = client_ip(&peer("203.0.113.9"), &headers(&[]), &trust).unwrap();
    assert_eq!(found.evidence(), Evidence::Connection);
}

#[test]
fn counted_hops_take_the_entry_at_their_number_and_no_other() {
    for forwarding in [Forwarding::XForwardedFor, Forwarding::Forwarded] {
        let element = |address: &str| match forwarding {
            Forwarding::Forwarded => format!("for={address}"),
            _ => address.to_owned(),
        };
        let name = forwarding.header().unwrap().as_str().to_owned();
        let list = ["1.1.1.1", "203.0.113.9", "198.51.100.7"].map(element).join(", ");
        let at = |count| {
            let trust = counted(count, forwarding.clone()).unwrap();
            client(&proxy(), &[(&name, &list)], &trust)
        };
        assert_eq!(at(1), ok("198.51.100.7"));
        assert_eq!(at(2), ok("203.0.113.9"));
        assert_eq!(at(4), Err(TooFewHops));
        let trust = counted(1, forwarding.clone()).unwrap();
        assert_eq!(client(&proxy(), &[], &trust), Err(TooFewHops));
        assert_eq!(client(&peer("6.6.6.6"), &[(&name, &list)], &trust), ok("6.6.6.6"));
    }
}

#[test]
fn a_single_value_header_is_there_once_or_it_is_an_error() {
    let trust = trusted(header("cf-connecting-ip"));
    let line = ("cf-connecting-ip", "203.0.113.9");
    assert_eq!(client(&proxy(), &[line], &trust), ok("203.0.113.9"));
    assert_eq!(client(&proxy(), &[line, line], &trust), Err(Duplicate));
    assert_eq!(client(&proxy(), &[], &trust), Err(Missing));
    let list = ("cf-connecting-ip", "203.0.113.9, 6.6.6.6");
    assert_eq!(client(&proxy(), &[list], &trust), Err(Malformed));
    assert_eq!(client(&proxy(), &[(XFF, "6.6.6.6")], &trust), Err(Missing));
}

#[test]
fn proxy_protocol_facts_are_used_or_missed() {
    let trust = trusted(Forwarding::ProxyProtocol);
    let endpoints =
        Endpoints::new("[::ffff:203.0.113.9]:1".parse().unwrap(), "10.0.0.1:80".parse().unwrap());
    let proxied = proxy().with_announcement(Announcement::Proxied(endpoints));
    let local = proxy().with_announcement(Announcement::Local);
    assert_eq!(client(&proxied, &[(XFF, "6.6.6.6")], &trust), ok("203.0.113.9"));
    assert_eq!(client(&local, &[], &trust), ok("10.0.0.1"));
    assert_eq!(client(&proxy(), &[], &trust), Err(Missing));
    let nobody = Endpoints::new("0.0.0.0:1".parse().unwrap(), "10.0.0.1:80".parse().unwrap());
    let nobody = proxy().with_announcement(Announcement::Proxied(nobody));
    assert_eq!(client(&nobody, &[], &trust), Err(Unspecified));
}

#[test]
fn a_list_longer_than_any_deployment_is_refused_and_not_walked() {
    let trust = trusted(Forwarding::XForwardedFor);
    let at_most = ["10.0.0.2"; 64].join(",");
    let more = ["10.0.0.2"; 65].join(",");
    assert_eq!(client(&proxy(), &[(XFF, &at_most)], &trust), ok("10.0.0.2"));
    assert_eq!(client(&proxy(), &[(XFF, &more)], &trust), Err(TooManyHops));
}

#[test]
fn a_bad_configuration_is_refused_by_the_call_that_brings_it() {
    let xff = || Forwarding::XForwardedFor;
    let range = |text: &str| TrustedProxies::in_ranges([text], xff());
    assert_eq!(range("10.0.0.0/33"), Err(ConfigError::Range { text: "10.0.0.0/33".to_owned() }));
    assert!(matches!(range("10.0.0.1/8"), Err(ConfigError::RangeHostBits { .. })));
    for everything in [vec!["0.0.0.0/0"], vec!["::/0"], vec!["0.0.0.0/1", "128.0.0.0/1"]] {
        assert_eq!(TrustedProxies::in_ranges(everything, xff()), Err(ConfigError::EveryAddress));
    }
    let empty = TrustedProxies::in_ranges::<[&str; 0]>([], xff());
    assert_eq!(empty, Err(ConfigError::Empty { what: "trusted ranges" }));
    for name in [XFF, "forwarded"] {
        let list = trusted_header(name);
        assert_eq!(list, Err(ConfigError::ListHeader { name: name.to_owned() }));
    }
    assert_eq!(counted(1, Forwarding::ProxyProtocol), Err(ConfigError::NothingToCount));
    assert_eq!(counted(1, header("x-real-ip")), Err(ConfigError::NothingToCount));
}

fn trusted_header(name: &str) -> Result<TrustedProxies, ConfigError> {
    let name: HeaderName = name.parse().unwrap();
    TrustedProxies::in_ranges(["10.0.0.0/8"], Forwarding::Header(name))
}

proptest! {
    #[test]
    fn nothing_that_a_client_writes_first_changes_the_result(
        prefix in "[ -~]{0,60}",
        list in prop::collection::vec("10\\.0\\.0\\.[1-9]|203\\.0\\.113\\.[1-9](:80)?", 0..5),
    ) {
        let honest = [&["198.51.100.7".to_owned()][..], &list[..]].concat();
        for forwarding in [Forwarding::XForwardedFor, Forwarding::Forwarded] {
            let name = forwarding.header().unwrap().as_str().to_owned();
            let honest: Vec<String> = match forwarding {
                Forwarding::Forwarded => honest.iter().map(|a| format!("for=\"{a}\"")).collect(),
                _ => honest.clone(),
            };
            let honest = honest.join(", ");
            let trust = trusted(forwarding);
            let expected = client(&proxy(), &[(&name, &honest)], &trust);
            prop_assert!(expected.is_ok());
            let spoofed = format!("{prefix}, {honest}");
            prop_assert_eq!(&client(&proxy(), &[(&name, &spoofed)], &trust), &expected);
            let lines = [(name.as_str(), prefix.as_str()), (&name, &honest)];
            prop_assert_eq!(&client(&proxy(), &lines, &trust), &expected);
        }
    }

    #[test]
    fn blanks_cuts_into_lines_and_letter_case_change_nothing(
        list in prop::collection::vec((any::<u32>(), " {0,2}", any::<bool>()), 1..6),
    ) {
        let texts: Vec<String> =
            list.iter().map(|(bits, ..)| std::net::Ipv4Addr::from_bits(*bits).to_string()).collect();
        let trust = trusted(Forwarding::XForwardedFor);
        let plain = client(&proxy(), &[(XFF, &texts.join(","))], &trust);
        let mut lines = vec![String::new()];
        for (text, (_, blank, cut)) in texts.iter().zip(&list) {
            let line = lines.last_mut().unwrap();
            let comma = if line.is_empty() { "" } else { "," };
            if *cut && !line.is_empty() {
                lines.push(format!("{blank}{text}{blank}"));
            } else {
                line.extend([comma, blank.as_str(), text, blank]);
            }
        }
        let lines: Vec<(&str, &str)> = lines.iter().map(|line| (XFF, line.as_str())).collect();
        prop_assert_eq!(client(&proxy(), &lines, &trust), plain.clone());

        let elements: Vec<String> = texts.iter().map(|text| format!("FoR={text}")).collect();
        let lines = [("forwarded", elements.join(" , "))];
        let lines = lines.each_ref().map(|(name, line)| (*name, line.as_str()));
        prop_assert_eq!(client(&proxy(), &lines, &trusted(Forwarding::Forwarded)), plain);
    }

    #[test]
    fn no_header_makes_it_panic(
        lines in prop::collection::vec(
            (0_usize..4, prop::collection::vec(prop_oneof![32_u8..127, 128_u8..=255], 0..80)), 0..4),
    ) {
        let names = [XFF, "forwarded", "x-real-ip", "x-forwarded-host"];
        let mut headers = http::HeaderMap::new();
        for (name, value) in &lines {
            headers.append(names[*name], http::HeaderValue::from_bytes(value).unwrap());
        }
        for forwarding in [Forwarding::XForwardedFor, Forwarding::Forwarded, header("x-real-ip")] {
            let _ = client_ip(&proxy(), &headers, &trusted(forwarding));
        }
    }
}

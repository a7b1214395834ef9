//! Secrets in texts, by name and by shape.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use palisade_core::ManualClock;
use palisade_observe::log::{Captured, Format, LogLayer};
use palisade_observe::redact::{Emails, Redacted, Redactor};
use proptest::prelude::*;
use tracing_subscriber::prelude::*;

/// A secret in every place where it is found: `~` stands for it.
const PLACES: &[&str] = &[
    "password=~",
    "GET /reset?next=/&token=~&x=1",
    "a=1; session_id=~; b=2",
    "{\"user\":\"ada\",\"password\":\"~\"}",
    "{\"user\":\"ada\",\"password\" : [\"~\", \"b\"]}",
    "{\\\"password\\\":\\\"~\\\"}",
    "Login { username: \"ada\", password: \"~\" }",
    "Login { password: Some(\"~\"), name: \"x\" }",
    "Login { password: Some(Password { text: \"~\" }), name: \"x\" }",
    "Authorization: Bearer ~ and more\nnext",
    "Cookie: a=1; b=~\r\nHost: x",
    "{\"cookie\": \"a=~; b=2\", \"host\": \"x\"}",
    "Bearer ~",
    "token= Bearer ~",
    "said: bearer  ~.",
    "postgres://app:~@db:5432/shop?sslmode=require",
    "redis://:~@cache/0",
    "https://~@git.example.com/x.git",
    "smtps://user%40x:~@mail/",
    "SET password TO '~'",
    "ALTER USER app WITH PASSWORD '~'",
    "UPDATE users SET password = '~' WHERE id = 1",
    "error: duplicate key value violates unique constraint\nDETAIL: Key (api_key)=(~) already exists.",
    "DETAIL: Key (email, password)=(ada, ~) already exists.",
    "Key (x\npassword=~ token)=(x) already exists",
    "invalid input syntax for type password=~ \"x\"",
    "DETAIL: Failing row contains (1, ada, ~, 2026-11-30).",
    "invalid input syntax for type integer: \"~\"",
    "Duplicate entry '~' for key 'users.token'",
    "password%3D~",
    "api_key => '~'",
    "x-api-key: ~",
    "pin: ~",
    "--b\r\ncontent-disposition: form-data; name=\"password\"\r\n\r\n~\r\n--b--",
    "form-data; name=\"new_password\"; filename=\"x\"\r\ncontent-type: a/b\r\n\r\n1\r\n~\r\n--b",
    "body=\"name=\\\"token\\\"\\r\\n\\r\\n~\\r\\n--b\"",
    "name=\"pin\"\n\n~",
    "name=\"pin\"; filename=\"token=~\"\n\nx",
];

const SECRETS: &[&str] = &["hunter2hunter2", "Tr0ub4dor-3", "0123abcd0123abcd"];

#[test]
fn a_secret_behind_a_telling_name_or_in_a_telling_place_is_gone() {
    let redactor = Redactor::new();
    for place in PLACES {
        for secret in SECRETS {
            let text = place.replace('~', secret);
            let clean = redactor.text(&text);
            assert!(!clean.contains(secret), "{text:?} became {clean:?}");
            assert!(clean.contains("[redacted]"), "{text:?} became {clean:?}");
        }
    }
}

#[test]
fn what_stands_around_a_secret_stays() {
    let redactor = Redactor::new();
    let table = [
        ("GET /reset?token=abc&page=2 done", "GET /reset?token=[redacted]&page=2 done"),
        ("{\"password\":\"a b\",\"id\":7}", "{\"password\":\"[redacted]\",\"id\":7}"),
        ("{\"n\":\"password=abc\",\"id\":7}", "{\"n\":\"password=[redacted]\",\"id\":7}"),
        ("mysql://u:p@ss@h/db ok", "mysql://u:[redacted]@h/db ok"),
        ("Bearer abc.def-123 ok", "Bearer [redacted] ok"),
        ("Key (password)=(x) already exists", "Key (password)=([redacted]) already exists"),
        ("card 4111 1111 1111 1111 ok", "card [redacted] ok"),
        ("to ada@example.com, bob@example.org", "to a***@example.com, b***@example.org"),
        ("u=ada%40example.com&x", "u=a***%40example.com&x"),
        (
            "name=\"pin\"\r\n\r\n12\r\n--b\r\nname=\"page\"\r\n\r\n12\r\n--b",
            "name=\"pin\"\r\n\r\n[redacted]\r\n--b\r\nname=\"page\"\r\n\r\n12\r\n--b",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(redactor.text(text), expected);
    }
}

#[test]
fn what_is_no_secret_stays_as_it_is() {
    let redactor = Redactor::new();
    for text in [
        "GET /students?page=2&sort=name HTTP/1.1",
        "the password was changed",
        "token expired, password rules: see the page",
        "basic authentication failed",
        "bearer token missing",
        "std::token::Kind",
        "https://example.com:8443/a?b=c#d",
        "2026-11-30T08:15:00.000123Z",
        "1732954500123 ms since 1970",
        "id 0190163d-8694-739b-aea5-966c26f8ad91",
        "order 4111111111111112",
        "DE00 3704 0044 0532 0130 00",
        "user@host",
        "a @ b . c",
        "100%",
        "",
    ] {
        let clean = redactor.text(text);
        if !text.starts_with("token expired") {
            assert!(matches!(clean, Cow::Borrowed(_)), "{text:?} became {clean:?}");
        }
    }
}

#[test]
fn shapes_by_their_check_digits() {
    let redactor = Redactor::new();
    for card in [
        "4111111111111111",
        "5555-5555-5555-4444",
        "3782 822463 10005",
        "6011000990139424",
        "2223003122003222",
        "4222222222222",
    ] {
        let text = format!("paid with {card}, thanks");
        assert_eq!(redactor.text(&text), "paid with [redacted], thanks", "{card}");
    }
    for account in [
        "DE89370400440532013000",
        "GB82 WEST 1234 5698 7654 32",
        "FR1420041010050500013M02606",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
    ] {
        let text = format!("to {account}.");
        assert_eq!(redactor.text(&text), "to [redacted].", "{account}");
    }
    for key in [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "sk_live_abcdefghijklmnop",
    ] {
        assert_eq!(redactor.text(&format!("<{key}>")), "<[redacted]>", "{key}");
    }
    let pem = "key: -----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY----- end";
    assert!(!redactor.text(pem).contains("MIIB"));
    assert!(redactor.text(pem).ends_with(" end"));
    let torn = "-----BEGIN PRIVATE KEY-----\nMIIB";
    assert_eq!(redactor.text(torn), "[redacted]");
}

#[test]
fn e_mail_addresses_by_policy() {
    let text = "mail ada@example.com";
    for (policy, expected) in [
        (Emails::Masked, "mail a***@example.com"),
        (Emails::Removed, "mail [e-mail]"),
        (Emails::Shown, text),
    ] {
        assert_eq!(Redactor::new().emails(policy).text(text), expected);
    }
}

#[test]
fn names_can_be_added_and_taken_away() {
    let redactor = Redactor::new().hide("boarding pass").show("token_count");
    assert_eq!(
        redactor.text("boarding_pass=x token_count=3"),
        "boarding_pass=[redacted] token_count=3"
    );
    let closure = redactor.closure();
    assert_eq!(closure("boardingPass=x"), "boardingPass=[redacted]");
}

/// Texts that make naive scanners look again and again at the same bytes.
#[test]
fn time_grows_linearly_with_the_worst_texts() {
    let redactor = Redactor::new();
    let bricks = [
        "password",
        "password=",
        "password='",
        "password=(",
        "eyJ.",
        "eyJ",
        "a@",
        "@",
        "%40",
        "Key (",
        "Key (password)=(",
        "Failing row contains (",
        "://",
        "a://b:",
        "http://a@",
        "4111 ",
        "4111-1111-",
        "1",
        "DE89 ",
        "DE89",
        "Bearer ",
        "bearer x",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "-----END ",
        "name=\"pin\"",
        "name=\"pin\"\n\n",
        "name=\"pin\"\n\nx\n--",
        "name=\\\"pin\\\"\\r\\n",
        "\\",
        "\"",
        "password\\\\\"",
        "token: ",
        "\u{e9}",
        "aB",
        "_",
    ];
    for brick in bricks {
        let measure = |bytes: usize| {
            let text = brick.repeat(bytes / brick.len());
            let begin = cpu();
            std::hint::black_box(redactor.text(&text));
            cpu() - begin
        };
        measure(1 << 10);
        let (short, long) = (measure(1 << 12), measure(1 << 16));
        // Sixteen times the text; a quadratic scan would take 256 times.
        assert!(long < 20_000_000 + short * 80, "{brick:?}: {short} ns, then {long} ns");
    }
}

fn cpu() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec).unwrap() * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap()
}

proptest! {
    /// Once clean, clean: nothing that is left looks like a secret to the same redactor, and no
    /// text breaks it.
    #[test]
    fn any_text_is_taken(text in any::<String>()) {
        let redactor = Redactor::new();
        let once = redactor.text(&text).into_owned();
        prop_assert!(once.len() <= text.len() * 11 + 10);
    }

    #[test]
    fn a_secret_in_any_surroundings_is_gone(
        before in "[ -~]{0,20}[ \n]", after in "[ ,;\n][ -~]{0,20}", place in 0..2_usize
    ) {
        let secret = "xK9-canary-7Qz";
        let inner = ["password=\"~\"", "Bearer ~"][place].replace('~', secret);
        let text = format!("{before}{inner}{after}");
        let clean = Redactor::new().text(&text).into_owned();
        prop_assert!(!clean.contains(secret), "{:?} became {:?}", text, clean);
    }
}

#[test]
fn the_log_hides_by_type_by_name_and_by_shape() {
    let mut text = String::new();
    for (redactor, leaks) in [(None, true), (Some(Redactor::new()), false)] {
        let lines = Captured::new();
        let mut layer = LogLayer::new(Arc::new(ManualClock::new()))
            .to(Format::Json, lines.clone())
            .to(Format::Pretty, lines.clone());
        if let Some(redactor) = redactor {
            layer = layer.redact(redactor);
        }
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let span = tracing::info_span!(
                "request",
                session_id = "canary-1",
                late = tracing::field::Empty
            );
            let _in = span.enter();
            span.record("late", "password=canary-2");
            tracing::info!(
                api_key = %"canary-3", pin = 77_331_199_u64, url = "redis://:canary-4@h", card = 4_111_111_111_111_111_u64,
                wrapped = ?Redacted::new("canary-never"), "token=canary-5"
            );
        });
        text.clear();
        write!(text, "{}", lines.text()).unwrap();
        for secret in [
            "canary-1",
            "canary-2",
            "canary-3",
            "77331199",
            "canary-4",
            "4111111111111111",
            "canary-5",
        ] {
            assert_eq!(text.contains(secret), leaks, "{secret}: {text}");
        }
        assert!(!text.contains("canary-never"));
    }
}

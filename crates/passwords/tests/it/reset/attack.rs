//! Attacks on reset links, with the protection and without.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use palisade_core::SystemClock;
use palisade_passwords::reset::{
    Address, Delivery, DeliveryError, Mail, MemoryStore, Outbox, OutboxSettings, Resets,
};

use super::{Kept, RESET, letters, link_in, template, token_in};

/// The mistake of ltb-project/self-service-password#755: the link is built from the request.
#[tokio::test]
async fn host_header_poisoning() {
    let request = Request::builder()
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .body(())
        .unwrap();
    let host = request.headers()["host"].to_str().unwrap();
    let naive = format!("https://{host}/reset/token");
    assert!(naive.starts_with("https://evil.example/"), "without: the token goes to evil.example");

    let resets = Resets::new(MemoryStore::new());
    let token = resets.issue(RESET, "7").await.unwrap();
    let ada = Address::parse("ada@example.org").unwrap();
    // No parameter takes a request.
    let mail = letters().link(&ada, &template(), token).unwrap();
    assert!(link_in(mail.text()).starts_with("https://exams.example.org/reset/"));
    assert!(!String::from_utf8_lossy(&mail.to_mime()).contains("evil"));
}

/// CVE-2019-19844: two addresses that are equal when case is folded by Unicode.
#[tokio::test]
async fn a_mail_to_the_typed_address_goes_to_the_attacker() {
    let stored = "mike@example.org";
    // The attacker owns a domain or mailbox that is spelled with a dotless i.
    let typed = "m\u{131}ke@example.org";
    let find = |typed: &str| (typed.to_uppercase() == stored.to_uppercase()).then_some(stored);
    assert!(find(typed).is_some(), "without: the look-up finds mike's account");
    assert_ne!(typed, stored, "and a mail to what was typed is not a mail to mike");

    // What is typed is no address at all,
    assert!(Address::parse(typed).is_err());
    // keys of different addresses differ,
    let key = |text| Address::parse(text).unwrap().key();
    assert_eq!(key("Mike@Example.ORG"), key(stored));
    // and whatever the look-up does, the mail goes to what it found.
    let resets = Resets::new(MemoryStore::new());
    let token = resets.issue(RESET, "7").await.unwrap();
    let found = Address::parse(find(typed).unwrap()).unwrap();
    assert_eq!(letters().link(&found, &template(), token).unwrap().to().as_str(), stored);
}

struct Gate {
    open: Mutex<Receiver<()>>,
    kept: Kept,
}

impl Delivery for Gate {
    fn deliver(&self, mail: &Mail) -> Result<(), DeliveryError> {
        let _ = self.open.lock().unwrap().recv();
        self.kept.deliver(mail)
    }
}

/// CVE-2024-45231 and others: the answer to a request for a link, or its time, tells whether the
/// account exists.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_does_the_same_whether_the_account_exists() {
    let (kept, (opener, open)) = (Kept::default(), channel());
    let gate = Gate { open: Mutex::new(open), kept: kept.clone() };
    let one = OutboxSettings::new().threads(std::num::NonZeroUsize::MIN);
    let outbox = Outbox::start(gate, one, SystemClock::new()).unwrap();
    let resets = Resets::new(MemoryStore::new());
    let looked_up = Arc::new(AtomicUsize::new(0));
    let request = |typed: &'static str| {
        let (resets, runtime) = (resets.clone(), tokio::runtime::Handle::current());
        let looked_up = Arc::clone(&looked_up);
        outbox.submit(move || {
            looked_up.fetch_add(1, Ordering::SeqCst);
            if typed != "ada@example.org" {
                return Ok(None);
            }
            let token = runtime.block_on(resets.issue(RESET, "7"))?;
            Ok(Some(letters().link(&Address::parse(typed)?, &template(), token)?))
        })
    };
    // The thread is busy with somebody else's mail until the gate opens.
    let busy = Resets::new(MemoryStore::new()).issue(RESET, "1").await.unwrap();
    let somebody = Address::parse("somebody@example.org").unwrap();
    outbox.send(letters().link(&somebody, &template(), busy).unwrap()).unwrap();
    while outbox.load().running == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(request("ada@example.org"), request("nobody@example.org"));
    assert_eq!(looked_up.load(Ordering::SeqCst), 0, "answered before anything was looked up");
    drop(opener);
    tokio::task::block_in_place(|| outbox.shutdown(Duration::from_mins(1))).unwrap();
    assert_eq!(looked_up.load(Ordering::SeqCst), 2);
    let mails = kept.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1].0, "ada@example.org");
    let _ = token_in(&mails[1].1);
}

//! No link is left in freed memory once its mail is gone.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::SystemClock;
use palisade_passwords::reset::{
    Address, FileDelivery, Letters, Mailbox, MemoryStore, Origin, Outbox, OutboxSettings, Purpose,
    ResetToken, Resets, Template,
};
use palisade_passwords::{Random, RandomError};
use palisade_testkit::alloc::FreedBlocks;

#[global_allocator]
static FREED: FreedBlocks = FreedBlocks::new(64 << 20);

/// Gives the bytes of "canary" and so on, so that the token is known.
struct Known;

const BYTES: &[u8; 48] = b"canary tangerine drifts over basalt under stars!";
const TEXT: &str = "Y2FuYXJ5IHRhbmdlcmluZSBkcmlmdHMgb3ZlciBiYXNhbHQgdW5kZXIgc3RhcnMh";

impl Random for Known {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        bytes.iter_mut().zip(BYTES.iter().cycle()).for_each(|(to, from)| *to = *from);
        Ok(())
    }
}

/// Parts of the verifier, as bytes and as text; the selector is no secret.
fn left_behind() -> usize {
    assert_eq!(FREED.evicted(), 0, "everything that was freed is scanned");
    let text = |range: std::ops::Range<usize>| TEXT.get(range).unwrap().as_bytes();
    let parts = [&BYTES[16..32], &BYTES[32..48], text(24..40), text(40..64)];
    parts.into_iter().map(|part| FREED.scan(part)).sum()
}

/// One test, since the kept blocks are those of the whole process.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_in_no_freed_block() {
    drop(black_box(TEXT.to_owned()));
    assert!(left_behind() > 0, "an ordinary string is found");
    FREED.clear();

    let folder = tempfile::tempdir().unwrap();
    let delivery = FileDelivery::new(folder.path()).unwrap();
    let outbox = Outbox::start(delivery, OutboxSettings::new(), SystemClock::new()).unwrap();
    let resets = Resets::new(MemoryStore::new()).with_random(Known);
    let sender = Mailbox::new("", Address::parse("portal@exams.example.org").unwrap()).unwrap();
    let origin = Origin::new("https://exams.example.org", "/reset/").unwrap();
    let letters = Letters::new(sender, origin);
    for words in ["Here:\n{link}\n", "Gr\u{fc}\u{df} Gott:\n{link}\n"] {
        let (resets, letters) = (resets.clone(), letters.clone());
        let template = Arc::new(Template::new("Your new password", words).unwrap());
        let runtime = tokio::runtime::Handle::current();
        outbox
            .submit(move || {
                let token = runtime.block_on(resets.issue(Purpose::Reset, "7"))?;
                Ok(Some(letters.link(&Address::parse("ada@example.org")?, &template, token)?))
            })
            .unwrap();
    }
    tokio::task::block_in_place(|| outbox.shutdown(Duration::from_mins(1))).unwrap();
    assert_eq!(outbox.load().delivered, 2);
    assert_eq!(left_behind(), 0, "issued, written and delivered");

    // What a handler does with the text of a path is not ours; what is parsed of it is.
    let token = ResetToken::parse(TEXT).unwrap();
    assert!(resets.look(Purpose::Reset, &token).await.is_ok());
    drop(token);
    FREED.clear();
    drop(ResetToken::parse(TEXT));
    assert!(ResetToken::parse(TEXT.get(1..).unwrap()).is_err());
    assert_eq!(left_behind(), 0, "parsed");
}

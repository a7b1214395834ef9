//! What the rate limiter reads from outside: snapshots, rows and answers of stores.

use std::time::Duration;

use palisade_ratelimit::Quota;
use palisade_ratelimit::lockout::{
    Answer, Claim, Kind, Ladder, MemoryLockouts, Moment, Record, Set, Subject,
};
use palisade_ratelimit::store::{Ask, RuleId, Subject as Client, Verdict};
use sha2::{Digest, Sha256};

/// A snapshot is refused or taken whole, and what was taken comes out again; rows of any integers are
/// records, and a lock ends no later than its ladder says.
///
/// # Panics
///
/// When a rule is broken.
pub fn ratelimit_lockout(data: &[u8]) {
    let _ = MemoryLockouts::new().restore(data);

    // As whoever writes the file could.
    let mut snapshot = b"PALLOCK1".to_vec();
    snapshot.extend(data);
    let hash: [u8; 32] = Sha256::digest(&snapshot).into();
    snapshot.extend(hash);
    let memory = MemoryLockouts::new();
    if let Ok(rows) = memory.restore(&snapshot) {
        let again = MemoryLockouts::new().restore(&memory.snapshot()).expect("our own snapshot");
        assert!(again <= rows, "{again} of {rows}");
    }

    let words = |chunk: &[u8; 64]| {
        let (words, _) = chunk.as_chunks::<8>();
        let word = |position: usize| words.get(position).copied().unwrap_or_default();
        Record::from_words(std::array::from_fn(|position| u64::from_le_bytes(word(position))))
    };
    let (chunks, _) = data.as_chunks::<64>();
    let records = chunks.iter().zip(1_u8..).map(|(chunk, key)| ([key; 16], words(chunk)));
    let mut set = Set::new(records.collect(), Record::default());
    let now = Moment::from_millis(1 << 41);
    let account = Subject::new(Kind::Account, [1; 16], Ladder::ACCOUNT);
    let claim = Claim::new(account, None, 7);
    // A room that was larger shrinks only when somebody comes in.
    let room = set.records().len().max(4);
    if let Answer::Reserved(reserved) = claim.begin(&mut [&mut set], 4, now) {
        let end = reserved.account.until;
        let longest = now.after(Duration::from_mins(10));
        assert!(end <= longest || end == Moment::NEVER, "{reserved:?}");
        assert!(set.records().len() <= room, "nobody is added to a full room");
        claim.succeed(&reserved, &mut [&mut set], now);
    }
}

/// Words of a shared store are understood whole or not at all, and no reading tells more than its quota
/// or a wait beyond what it takes to earn all.
///
/// # Panics
///
/// When a rule is broken.
pub fn ratelimit_store_reply(data: &[u8]) {
    let (chunks, _) = data.as_chunks::<8>();
    let words: Vec<i64> = chunks.iter().map(|chunk| i64::from_le_bytes(*chunk)).collect();
    let ask = |name: &str, quota: Quota| {
        let meter = quota.meter().expect("a rate has one");
        Ask::new(Client::from_hash(1), RuleId::of(name, 0), meter)
    };
    let asks = [ask("api", Quota::per_hour(100)), ask("login", Quota::per_minute(5).strict())];
    for asks in [&asks[..1], &asks[1..], &asks[..]] {
        if let Ok(verdict) = Verdict::from_words(asks, &words) {
            assert_eq!(verdict.readings().len(), asks.len());
            for (reading, most) in verdict.readings().iter().zip([100, 100]) {
                assert!(reading.remaining() <= most, "{reading:?}");
                let longest = Duration::from_secs(3601);
                assert!(
                    reading.retry_after() <= longest && reading.full() <= longest,
                    "{reading:?}"
                );
            }
        }
    }
}

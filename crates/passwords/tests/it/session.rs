//! Sessions: who keeps one, and what ends it.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use palisade_core::SecurityEvent;
use palisade_passwords::session::{
    Account, Active, ChangeError, Ended, Lifetime, Pending, Session, SessionId, SessionKey, Stamp,
    Standing,
};
use palisade_passwords::{
    Accepted, Attempt, Candidate, Context, Factor, Hasher, OsRandom, Params, Policy, Random,
    RandomError, Scheme, Verdict, Verified, Workers,
};
use proptest::prelude::*;

const HOUR: Duration = Duration::from_hours(1);
const OLD: &str = "red bicycles under snow";
const NEW: &str = "four herons wade at dusk";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn hasher() -> Hasher {
    let scheme = Scheme::new(Params::insecure_new(64, 2, 1).unwrap()).unwrap();
    Hasher::start(scheme, Workers::new().count(NonZeroUsize::MIN)).unwrap()
}

fn accepted(text: &str) -> Accepted {
    let policy = Policy::nist_800_63b_4(Factor::Single);
    policy.check(&Candidate::from(text), &Context::new()).ok().unwrap()
}

async fn verified(hasher: &Hasher, stored: &str) -> Verified {
    let attempt = Attempt::new("ada").stored(Some(stored));
    match hasher.verify(&attempt, Candidate::from(OLD)).await.unwrap() {
        Verdict::Verified(verified) => verified,
        Verdict::Rejected => panic!("the right password"),
    }
}

fn active(session: &Session<u64>, account: &Account) -> Active<u64> {
    match session.standing(Some(account), at(0), &Lifetime::new(HOUR)) {
        Ok(Standing::Active(active)) => active,
        other => panic!("{other:?}"),
    }
}

fn pending(session: &Session<u64>, account: &Account) -> Pending<u64> {
    match session.standing(Some(account), at(0), &Lifetime::new(HOUR)) {
        Ok(Standing::Pending(pending)) => pending,
        other => panic!("{other:?}"),
    }
}

/// The table of a program: keys of sessions and who they belong to, `None` before a sign-in.
#[derive(Default)]
struct Table(HashMap<SessionKey, Option<Session<u64>>>);

impl Table {
    fn user(&self, cookie: &str) -> Option<u64> {
        self.0.get(&SessionId::parse(cookie)?.key())?.as_ref().map(|session| *session.user())
    }
}

#[test]
fn fixation_works_where_the_id_stays_and_fails_where_it_is_renewed() {
    let account = Account::settled(Stamp::FIRST);
    for renews in [false, true] {
        let mut table = Table::default();
        // The attacker has a session of their own and plants its cookie in the victim's browser.
        let planted = SessionId::generate(&OsRandom::new()).unwrap();
        table.0.insert(planted.key(), None);
        // The victim signs in with it.
        let session = Session::begin(7, &account, at(0)).into_session();
        let id = if renews {
            table.0.remove(&planted.key());
            SessionId::generate(&OsRandom::new()).unwrap()
        } else {
            SessionId::parse(&planted.reveal()).unwrap()
        };
        table.0.insert(id.key(), Some(session));
        assert_eq!(table.user(&id.reveal()), Some(7), "the victim is signed in");
        assert_eq!(table.user(&planted.reveal()), (!renews).then_some(7), "the attacker");
    }
}

#[test]
fn a_stolen_table_opens_no_session() {
    let mut table = Table::default();
    let id = SessionId::generate(&OsRandom::new()).unwrap();
    let session = Session::begin(7, &Account::settled(Stamp::FIRST), at(0)).into_session();
    table.0.insert(id.key(), Some(session));
    for stolen in table.0.keys() {
        let text = stolen.to_string();
        assert_eq!(text.len(), 64);
        assert!(SessionId::parse(&text).is_none());
        // Nor as an id of the right length: its key is another one.
        assert!(!table.0.contains_key(&SessionKey::of(stolen.as_bytes())));
    }
    assert!(!format!("{:?}", table.0).contains(id.reveal().as_str()));
}

#[test]
fn ids_are_all_random_bits_and_have_one_spelling() {
    struct Fixed;
    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
            bytes.iter_mut().zip(1..).for_each(|(byte, n)| *byte = n);
            Ok(())
        }
    }
    let id = SessionId::generate(&Fixed).unwrap();
    assert_eq!(*id.reveal(), "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA");
    assert_eq!(id.reveal().len(), SessionId::CHARS);
    let ids: HashSet<SessionKey> =
        (0..1000).map(|_| SessionId::generate(&OsRandom::new()).unwrap().key()).collect();
    assert_eq!(ids.len(), 1000);
    let text = id.reveal();
    for wrong in ["", &text[1..], &text[..42], &format!("{}=", *text), &format!("{}A", *text)] {
        assert!(SessionId::parse(wrong).is_none(), "{wrong}");
    }
    // The last character has two bits that say nothing: another spelling of them is refused.
    assert!(SessionId::parse(&format!("{}B", &text[..42])).is_none());
}

#[test]
fn without_randomness_there_is_no_session() {
    struct Empty;
    impl Random for Empty {
        fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
            Err(RandomError::new("empty"))
        }
    }
    assert!(SessionId::generate(&Empty).is_err());
}

#[test]
fn a_session_is_good_as_long_as_its_account_says_so() {
    let lifetime = Lifetime::new(HOUR).pending(Duration::from_mins(10));
    let first = Account::settled(Stamp::FIRST);
    let session = Session::begin(7_u64, &first, at(10_000)).into_session();
    let standing = |account: Option<&Account>, now| {
        session.standing(account, at(now), &lifetime).map(|standing| standing.is_pending())
    };
    let must = Account::must_change(Stamp::FIRST);
    let next = Account::settled(Stamp::FIRST.next());
    for (account, now, expected) in [
        (Some(&first), 10_000, Ok(false)),
        (Some(&first), 13_599, Ok(false)),
        (Some(&first), 13_600, Err(Ended::Age)),
        (Some(&first), u64::MAX >> 1, Err(Ended::Age)),
        // The clock of another instance is behind.
        (Some(&first), 9_999, Ok(false)),
        (Some(&must), 10_000, Ok(true)),
        (Some(&must), 10_599, Ok(true)),
        (Some(&must), 10_600, Err(Ended::Age)),
        (Some(&next), 10_000, Err(Ended::Stamp)),
        (None, 10_000, Err(Ended::Account)),
    ] {
        assert_eq!(standing(account, now), expected, "{account:?} at {now}");
    }
    assert_eq!(Ended::Stamp.event(), SecurityEvent::SessionUseAfterExpire);
    assert_eq!(Ended::Age.event(), SecurityEvent::SessionExpired);
}

#[test]
fn renewing_does_not_make_a_session_last_longer() {
    let account = Account::settled(Stamp::FIRST);
    let session = Session::begin(7_u64, &account, at(0)).into_session();
    let renewed = active(&session, &account).renew().into_session();
    assert_eq!(renewed, session);
}

/// A second factor takes a while: meanwhile the owner changes the password.
#[test]
fn renewing_does_not_carry_a_session_over_a_change_of_password() {
    let account = Account::settled(Stamp::FIRST);
    let thief = Session::begin(7_u64, &account, at(0)).into_session();
    let active = active(&thief, &account);
    let changed = Account::settled(Stamp::FIRST.next());
    let renewed = active.renew().into_session();
    let lifetime = Lifetime::new(Duration::from_hours(1));
    assert_eq!(renewed.standing(Some(&changed), at(1), &lifetime), Err(Ended::Stamp));
}

/// One account as a database holds it.
struct Row {
    hash: RefCell<String>,
    stamp: Cell<Stamp>,
}

#[tokio::test]
async fn old_sessions_end_with_the_password_and_the_own_one_goes_on() {
    let hasher = hasher();
    let account = Account::settled(Stamp::FIRST);
    let row =
        Row { hash: hasher.hash(accepted(OLD)).await.unwrap().into(), stamp: Stamp::FIRST.into() };
    let thief = Session::begin(7, &account, at(0)).into_session();
    let own = Session::begin(7, &account, at(0)).into_session();
    let stored = row.hash.borrow().clone();
    let current = verified(&hasher, &stored).await;
    let change = active(&own, &account).change_password(current, accepted(NEW));
    let write = async |user: &u64, new: palisade_passwords::session::NewPassword<'_>| {
        assert_eq!((*user, new.expected()), (7, row.stamp.get()));
        row.hash.replace(new.hash().to_owned());
        row.stamp.set(new.next());
        Ok::<_, std::io::Error>(true)
    };
    let own = change.write(&hasher, "client", at(5), write).await.unwrap().into_session();
    let now = Account::settled(row.stamp.get());
    assert_eq!(active(&own, &now).user(), &7);
    let lifetime = Lifetime::new(HOUR);
    assert_eq!(thief.standing(Some(&now), at(5), &lifetime), Err(Ended::Stamp));
    // What the attack needs: a program whose change does not raise the stamp.
    assert!(thief.standing(Some(&account), at(5), &lifetime).is_ok());
}

#[tokio::test]
async fn a_password_that_must_be_changed_is_not_chosen_again() {
    let hasher = hasher();
    let stored = hasher.hash(accepted(OLD)).await.unwrap();
    let burnt = format!("!{stored}");
    let account = Account::must_change(Stamp::FIRST);
    let session = Session::begin(7, &account, at(0)).into_session();
    for row in [&stored, &burnt] {
        let again = pending(&session, &account).set_password(row, accepted(OLD));
        let write = async |_: &u64, _: palisade_passwords::session::NewPassword<'_>| {
            panic!("the same password is written")
        };
        let refused = again.write::<()>(&hasher, 1, at(0), write).await.unwrap_err();
        assert!(matches!(refused, ChangeError::Same), "{refused:?}");
        let other = pending(&session, &account).set_password(row, accepted(NEW));
        let renewed = other.write(&hasher, 1, at(0), async |_, _| Ok::<_, ()>(true)).await;
        let next = Account::settled(Stamp::FIRST.next());
        assert_eq!(pending(&session, &account).user(), &7);
        assert_eq!(active(&renewed.unwrap().into_session(), &next).user(), &7);
    }
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_written_and_a_dead_store_changes_nothing() {
    let hasher = hasher();
    let account = Account::must_change(Stamp::FIRST);
    let session = Session::begin(7, &account, at(0)).into_session();
    let stamp = Cell::new(Stamp::FIRST);
    let mut written = 0;
    for _ in 0..2 {
        let change = pending(&session, &account).set_password("", accepted(NEW));
        let outcome = change
            .write(&hasher, 1, at(0), async |_, new| {
                let first = stamp.get() == new.expected();
                stamp.set(new.next());
                Ok::<_, std::io::Error>(first)
            })
            .await;
        match outcome {
            Ok(_) => written += 1,
            Err(refused) => assert!(matches!(refused, ChangeError::Superseded), "{refused:?}"),
        }
    }
    assert_eq!(written, 1);
    let change = pending(&session, &account).set_password("", accepted(NEW));
    let dead = change.write(&hasher, 1, at(0), async |_, _| Err("dead")).await.unwrap_err();
    assert!(matches!(dead, ChangeError::Store("dead")), "{dead:?}");
}

#[test]
fn a_change_can_be_awaited_in_a_handler() {
    fn sent<F: Send>(_: &F) {}
    let hasher = hasher();
    let account = Account::must_change(Stamp::FIRST);
    let session = Session::begin(7, &account, at(0)).into_session();
    let change = pending(&session, &account).set_password("", accepted(NEW));
    sent(&change.write(&hasher, 1, at(0), async |_, _| {
        tokio::task::yield_now().await;
        Ok::<_, std::io::Error>(true)
    }));
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn handlers_take_the_session_they_need_or_are_not_called() {
    use axum::{Router, body::Body, routing::get};
    use http::Request;
    use tower::ServiceExt;

    let app = Router::new()
        .route("/grade", get(|session: Active<u64>| async move { session.user().to_string() }))
        .route("/set", get(|session: Pending<u64>| async move { session.user().to_string() }));
    let of = |account: Account| {
        let session = Session::begin(7_u64, &account, at(0)).into_session();
        session.standing(Some(&account), at(0), &Lifetime::new(HOUR)).unwrap()
    };
    let active = || Some(of(Account::settled(Stamp::FIRST)));
    let pending = || Some(of(Account::must_change(Stamp::FIRST)));
    for (path, standing, expected) in [
        ("/grade", active(), 200),
        ("/grade", pending(), 403),
        ("/grade", None, 401),
        ("/set", active(), 403),
        ("/set", pending(), 200),
        ("/set", None, 401),
    ] {
        let mut request = Request::get(path);
        if let Some(standing) = standing.clone() {
            request = request.extension(standing);
        }
        let answer = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), expected, "{path} {standing:?}");
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_session_is_stored_as_plain_numbers() {
    let account = Account::settled(Stamp::from_i64(3));
    let session = Session::begin(7_u64, &account, at(10)).into_session();
    let text = serde_json::to_string(&session).unwrap();
    assert_eq!(text, r#"{"user":7,"stamp":3,"began":10}"#);
    assert_eq!(serde_json::from_str::<Session<u64>>(&text).unwrap(), session);
}

struct Given([u8; 32]);

impl Random for Given {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}

proptest! {
    #[test]
    fn any_cookie_gets_an_answer_and_an_id_reads_itself(text in ".{0,64}", bytes: [u8; 32]) {
        if let Some(id) = SessionId::parse(&text) {
            prop_assert!(*id.reveal() == text);
        }
        let id = SessionId::generate(&Given(bytes)).unwrap();
        prop_assert_eq!(SessionId::parse(&id.reveal()).unwrap().key(), id.key());
    }
}

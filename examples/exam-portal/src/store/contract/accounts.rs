//! What holds for accounts and sessions.

use palisade_passwords::OsRandom;
use palisade_passwords::session::{SessionId, SessionKey};
use palisade_passwords::temporary::Temporary;

use super::Bench;
use crate::accounts::{NewUser, Role, UserId};
use crate::store::{SessionRow, Store, StoreError};

fn new(name: &str, email: &str) -> NewUser {
    NewUser::new(name, email, Role::Student, Some("S-0001".to_owned())).unwrap()
}

async fn ada(store: &Store) -> UserId {
    store.add_user(&new("Ada", "Ada@school.example"), "hash").await.unwrap()
}

pub(super) async fn an_account_is_found_by_every_spelling_and_kept_as_it_was_written(bench: Bench) {
    let store = bench.open().await;
    let id = ada(&store).await;
    let found = store.credentials_by_name("ada").await.unwrap().unwrap();
    assert_eq!((found.user.id, found.hash.as_str()), (id, "hash"));
    assert_eq!((found.user.name.as_str(), found.user.role), ("Ada", Role::Student));
    assert_eq!(found.user.email, "Ada@school.example");
    assert_eq!(found.user.student.as_deref(), Some("S-0001"));
    assert!(!found.user.must_change && !found.user.disabled && found.temporary_until.is_none());
    assert!(store.credentials_by_name("Ada").await.unwrap().is_none(), "only by its key");
    for (name, email) in [("aDA", "b@school.example"), ("bob", "ADA@school.example")] {
        let taken = store.add_user(&new(name, email), "hash").await.unwrap_err();
        assert!(matches!(taken, StoreError::Duplicate), "{taken}");
    }
    assert_eq!(store.users().await.unwrap().len(), 1);
    assert_eq!(store.some_hashes(5).await.unwrap(), ["hash"]);
}

pub(super) async fn first_accounts_are_made_where_there_is_none(bench: Bench) {
    let store = bench.open().await;
    let first = |name: &str| vec![(new(name, &format!("{name}@school.example")), "h".to_owned())];
    assert!(store.add_first_users(&first("ada")).await.unwrap());
    assert!(!store.add_first_users(&first("bob")).await.unwrap());
    assert_eq!(store.users().await.unwrap().len(), 1);
}

pub(super) async fn a_hash_is_replaced_only_where_it_is_the_expected_one(bench: Bench) {
    let store = bench.open().await;
    let id = ada(&store).await;
    let writes = (0..8).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.replace_hash(id, "hash", &format!("new {number}")).await })
    });
    let mut written = Vec::new();
    for write in writes.collect::<Vec<_>>() {
        written.extend(write.await.unwrap().unwrap().then_some(()));
    }
    assert_eq!(written.len(), 1);
    assert!(!store.replace_hash(id, "hash", "old again").await.unwrap());
    let found = store.credentials(id).await.unwrap().unwrap();
    assert!(found.hash.starts_with("new "), "{}", found.hash);
    assert_eq!(found.user.stamp.as_i64(), 0, "no session ends by it");
}

pub(super) async fn a_reset_and_a_lock_raise_the_stamp(bench: Bench) {
    let store = bench.open().await;
    let id = ada(&store).await;
    store.reset_password(id, "temporary", Temporary::until_unix(77)).await.unwrap();
    let found = store.credentials(id).await.unwrap().unwrap();
    assert_eq!((found.hash.as_str(), found.temporary_until), ("temporary", Some(77)));
    assert!(found.user.must_change);
    assert_eq!(found.user.stamp.as_i64(), 1);
    store.disable_user(id, true).await.unwrap();
    let user = store.user(id).await.unwrap().unwrap();
    assert!(user.disabled && user.account().is_none());
    assert_eq!(user.stamp.as_i64(), 2);
}

pub(super) async fn an_account_follows_its_student_and_outlives_it(bench: Bench) {
    let store = bench.open().await;
    let id = ada(&store).await;
    let change = serde_json::from_str(r#"{"code": "S-1"}"#).unwrap();
    store.change_student("S-0001", &change).await.unwrap().unwrap();
    assert_eq!(store.user(id).await.unwrap().unwrap().student.as_deref(), Some("S-1"));
    assert!(store.remove_student("S-1").await.unwrap());
    assert_eq!(store.user(id).await.unwrap().unwrap().student, None);
}

fn key() -> SessionKey {
    SessionId::generate(&OsRandom::new()).unwrap().key()
}

fn row(used: i64) -> SessionRow {
    SessionRow { used, data: format!("{{\"used\": {used}}}") }
}

pub(super) async fn a_session_is_kept_found_by_its_key_changed_and_ended(bench: Bench) {
    let store = bench.open().await;
    let (id, mine) = (ada(&store).await, key());
    store.add_session(mine, id, &row(100), 0).await.unwrap();
    assert!(store.session(key(), 0).await.unwrap().is_none());
    assert!(store.session(mine, 100).await.unwrap().is_none(), "not used since");
    let found = store.session(mine, 99).await.unwrap().unwrap();
    assert_eq!((found.used, found.data.as_str()), (100, "{\"used\": 100}"));
    store.touch_session(mine, 150).await.unwrap();
    store.touch_session(mine, 120).await.unwrap();
    assert!(store.save_session(mine, "{}").await.unwrap());
    let found = store.session(mine, 0).await.unwrap().unwrap();
    assert_eq!((found.used, found.data.as_str()), (150, "{}"));
    store.end_session(mine).await.unwrap();
    assert!(store.session(mine, 0).await.unwrap().is_none());
    assert!(!store.save_session(mine, "{}").await.unwrap(), "what has ended stays ended");
}

pub(super) async fn sessions_are_few_and_make_room_for_new_ones(bench: Bench) {
    let store = bench.open().await;
    let id = ada(&store).await;
    let bob = store.add_user(&new("bob", "bob@school.example"), "hash").await.unwrap();
    let (of_bob, unused) = (key(), key());
    store.add_session(of_bob, bob, &row(60), 0).await.unwrap();
    store.add_session(unused, bob, &row(40), 0).await.unwrap();
    let keys: Vec<SessionKey> = (0..20).map(|_| key()).collect();
    for (key, used) in keys.iter().zip(100..) {
        store.add_session(*key, id, &row(used), 50).await.unwrap();
    }
    let mut kept = Vec::new();
    for key in &keys {
        kept.push(store.session(*key, 0).await.unwrap().is_some());
    }
    let expected: Vec<bool> = (0..20).map(|number| number >= 4).collect();
    assert_eq!(kept, expected, "the sixteen that were used last");
    assert!(store.session(of_bob, 0).await.unwrap().is_some(), "others keep theirs");
    assert!(store.session(unused, 0).await.unwrap().is_none(), "what was not used is gone");
}

//! One event can be shown to be in the log, and one log to continue another.

use palisade_audit::{Event, Proof, ProveError, UnprovedError, merkle, prove, prove_consistency};

use crate::{builder, key, lines, open};

#[tokio::test]
async fn every_sealed_event_is_proved_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let log = builder(folder.path()).segment_bytes(4096).unwrap().open().unwrap();
    for number in 0..299 {
        log.record(Event::new("a").detail("number", &number)).await.unwrap();
    }
    let checkpoint = log.checkpoint().await.unwrap();
    assert_eq!(checkpoint.size(), 300);
    for seq in [0, 1, 7, 255, 256, 257, 299] {
        let mut proof = prove(folder.path(), key().verifier(), seq).unwrap();
        proof.verify(key().verifier()).unwrap();
        assert_eq!(proof.event, lines(folder.path())[seq as usize]);
        let text = proof.to_string();
        assert!(text.starts_with(&format!("c2sp.org/tlog-proof@v1\nindex {seq}\n")), "{text}");
        assert!(text.ends_with(checkpoint.note()));
        proof.event = proof.event.replace("\"a\"", "\"b\"").replace("opened", "closed");
        assert!(proof.verify(key().verifier()).is_err());
    }
    let unsealed = log.record(Event::new("b")).await.unwrap().seq;
    let refused = prove(folder.path(), key().verifier(), unsealed);
    assert!(matches!(refused, Err(ProveError::Unknown(300))), "{refused:?}");
}

#[tokio::test]
async fn an_event_that_was_changed_is_not_proved() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    log.record(Event::new("a")).await.unwrap();
    log.close().await.unwrap();
    let path = folder.path().join("00000000000000000000.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"a\"", "\"b\"")).unwrap();
    assert!(matches!(prove(folder.path(), key().verifier(), 1), Err(ProveError::Tampered(1))));
    assert!(prove(folder.path(), key().verifier(), 0).is_ok());
}

#[tokio::test]
async fn a_proof_is_read_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    for _ in 0..5 {
        log.record(Event::new("a")).await.unwrap();
    }
    log.checkpoint().await.unwrap();
    let proof = prove(folder.path(), key().verifier(), 3).unwrap();
    let text = proof.to_string();
    let read = Proof::parse(&text, &proof.event).unwrap();
    assert_eq!(read, proof);
    read.verify(key().verifier()).unwrap();
    let other = Proof::parse(&text, &proof.event.replace("\"a\"", "\"b\"")).unwrap();
    assert!(matches!(other.verify(key().verifier()), Err(UnprovedError::Path(_))));
    for wrong in [
        String::new(),
        text.replace("v1", "v2"),
        text.replace("index 3", "index 03"),
        text.replace("index 3", "3"),
        text.replacen('=', "", 1),
        text.replace("\n\n", "\n"),
    ] {
        assert_eq!(Proof::parse(&wrong, &proof.event), Err(UnprovedError::Syntax), "{wrong}");
    }
}

#[tokio::test]
async fn each_checkpoint_continues_those_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let mut checkpoints = vec![log.latest()];
    for _ in 0..20 {
        log.record(Event::new("a")).await.unwrap();
        checkpoints.push(log.checkpoint().await.unwrap());
    }
    for old in &checkpoints {
        let proved = prove_consistency(folder.path(), key().verifier(), old.size());
        let (new, proof) = proved.unwrap();
        let (old, new) = ((old.size(), old.root()), (new.size(), new.root()));
        merkle::verify_consistency(old, new, &proof).unwrap();
    }
}

//! What begins ends, if only as aborted.

use palisade_audit::{Event, Outcome};

use crate::{json, lines, open};

#[tokio::test]
async fn beginning_and_end_are_two_events_that_name_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let pending = log.begin(Event::new("order.pay").target("order", "9")).await.unwrap();
    let begun = pending.receipt().seq;
    let pending = pending.amend(|event| event.detail("amount", &1250));
    let end = pending.finish(Outcome::Denied).await.unwrap();
    let lines = lines(folder.path());
    let (first, last) = (json(&lines[begun as usize]), json(&lines[end.seq as usize]));
    assert_eq!((&first["outcome"], &last["outcome"]), (&"pending".into(), &"denied".into()));
    assert_eq!(last["begun"], begun);
    assert_eq!(last["target"]["id"], "9");
    assert_eq!(last["details"][0]["value"], 1250);
}

#[tokio::test]
async fn who_goes_away_or_panics_leaves_aborted() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    drop(log.begin(Event::new("gone")).await.unwrap());
    let task = {
        let log = log.clone();
        tokio::spawn(async move {
            let _pending = log.begin(Event::new("panicked")).await.unwrap();
            panic!("in the middle");
        })
    };
    assert!(task.await.unwrap_err().is_panic());
    log.close().await.unwrap();
    for action in ["gone", "panicked"] {
        let events: Vec<_> = lines(folder.path()).iter().map(|l| json(l)).collect();
        let of_action: Vec<_> = events.iter().filter(|e| e["action"] == action).collect();
        assert_eq!(of_action.len(), 2);
        assert_eq!(of_action[1]["outcome"], "aborted");
        assert_eq!(of_action[1]["begun"], of_action[0]["seq"]);
    }
}

//! A new release under load.

use cluster::Instance;

use crate::client::{Client, generous};
use crate::load::Load;

/// How many calls of students an instance has answered.
fn answered(instance: &Instance) -> u64 {
    let metrics = Client::metrics(instance);
    let of_students = metrics.lines().filter(|line| {
        line.starts_with("http_server_request_duration_seconds_count")
            && line.contains("http_route=\"/api/v1/students\"")
    });
    of_students.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[test]
fn a_rolling_restart_under_load_loses_no_request_and_no_event() {
    let cluster = generous();
    let pids = || cluster.instances().each_ref().map(|it| it.pid().unwrap());
    let before = pids();
    let load = Load::start(&cluster);
    let mut steps = Vec::new();
    // Between two steps the clients go on.
    cluster
        .roll(&mut |step| {
            let [a, b] = cluster.instances();
            let instance = if step.starts_with("instance a ") { a } else { b };
            if step.ends_with("runs no requests and gets none") {
                // The portal's own drain has nothing to do: it is asked by nobody while others are.
                let so_far = answered(instance);
                load.go_on(20);
                assert_eq!(answered(instance), so_far, "{step}");
            } else {
                let ready = Client::at(instance.address()).get("/health/ready");
                assert_eq!(ready.status, 200, "{step}");
                load.go_on(5);
            }
            steps.push(step.to_owned());
        })
        .unwrap();
    load.go_on(20);
    let seen = load.stop();
    assert_eq!(steps.len(), 4, "{steps:?}");
    assert!(pids().iter().all(|pid| !before.contains(pid)), "both are new processes");
    seen.only(&[200, 201]);
    seen.is_all_there(&cluster);
    // Nobody had to sign in again, and both serve.
    for instance in cluster.instances() {
        assert!(answered(instance) > 0, "{}", instance.name());
        let log = instance.whole_log().unwrap();
        assert!(log.contains("draining: running requests end"), "it was asked to end: {log}");
    }
    cluster.drain().unwrap();
}

#[test]
fn an_instance_that_is_killed_takes_with_it_what_it_ran_and_nothing_that_it_answered() {
    let cluster = generous();
    let load = Load::start(&cluster);
    let [a, _] = cluster.instances();
    a.kill();
    load.go_on(20);
    a.restart().unwrap();
    load.go_on(20);
    let seen = load.stop();
    // What it had taken: reads go to the other one, writes may have been done. Until it is ready
    // again it says so itself, since nginx does not ask.
    seen.only(&[200, 201, 502, 503]);
    let lost: usize =
        seen.answers.iter().filter(|((_, status), _)| *status == 502).map(|(_, times)| times).sum();
    assert!(lost <= 4, "at most one for each client: {:?}", seen.answers);
    assert!(seen.answers.keys().all(|(what, status)| *what == "write" || *status != 502));
    seen.is_all_there(&cluster);
}

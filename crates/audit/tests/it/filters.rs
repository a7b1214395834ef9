//! Filters of every kind, for each store that finds events.

use std::time::{Duration, SystemTime};

use palisade_audit::Outcome;
use palisade_audit::query::Filter;

pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

pub(crate) fn all() -> Vec<Filter> {
    let all = Filter::new;
    vec![
        all(),
        all().actor("u1"),
        all().actor("user:u1"),
        all().actor("service:u1"),
        all().actor("nobody"),
        all().action("user.*"),
        all().action("user.login"),
        all().action("user"),
        all().action("*"),
        all().target("3"),
        all().target("order:2"),
        all().outcome(Outcome::Denied),
        all().since(at(10)).until(at(20)),
        all().actor("u2").action("user.*").outcome(Outcome::Success).since(at(7)),
        all().actor("u2").target("4").action("order.pay"),
    ]
}

//! Three Redis servers that share the slots.

use std::time::Duration;

use crate::error::Error;
use crate::process::{Port, poll_until};
use crate::redis::client::Reply;
use crate::redis::server::{Redis, RedisConfig};

/// First and last slot of each node; together all 16384 (Redis cluster specification).
const SLOTS: [(&str, &str); 3] = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];
const FORMED_WITHIN: Duration = Duration::from_secs(30);

/// A cluster of three masters that covers all slots.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Redis>,
    buses: Vec<Port>,
}

impl RedisCluster {
    /// Starts three servers, joins them, and waits until each says that all slots are served.
    ///
    /// # Errors
    ///
    /// Those of [`RedisConfig::start`], and [`Error::TimedOut`] when the cluster does not form.
    pub fn start() -> Result<Self, Error> {
        let mut nodes = Vec::new();
        let mut buses = Vec::new();
        for (number, (first, last)) in (1..).zip(SLOTS) {
            let bus = Port::reserve()?;
            let node = RedisConfig::new()
                .add_option("cluster-enabled", "yes")
                .add_option("cluster-port", &bus.number().to_string())
                .add_option("cluster-node-timeout", "2000")
                .start()?;
            node.command(&["CLUSTER", "ADDSLOTSRANGE", first, last])?;
            // Equal epochs would be settled by the nodes themselves, but later.
            node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &format!("{number}")])?;
            nodes.push(node);
            buses.push(bus);
        }
        let cluster = Self { nodes, buses };
        cluster.meet()?;
        Ok(cluster)
    }

    fn meet(&self) -> Result<(), Error> {
        let Some((first, others)) = self.nodes.split_first() else { return Ok(()) };
        for (node, bus) in others.iter().zip(self.buses.iter().skip(1)) {
            let (port, bus) = (node.address().port().to_string(), bus.number().to_string());
            first.command(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus])?;
        }
        let mut last = String::new();
        poll_until(FORMED_WITHIN, || {
            let states: Vec<String> = self.nodes.iter().map(state).collect();
            last = states.join("\n");
            states.iter().all(|state| is_formed(state)).then_some(())
        })
        .ok_or_else(|| Error::TimedOut {
            what: "the Redis cluster was formed".to_owned(),
            limit: FORMED_WITHIN,
            last,
            log: self.nodes.iter().map(|node| node.log()).collect(),
        })
    }

    /// Returns the three servers, the one with the lowest slots first.
    #[must_use]
    pub fn nodes(&self) -> &[Redis] {
        &self.nodes
    }

    /// Returns the URLs of all nodes, as a cluster client wants them.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Redis::url).collect()
    }

    /// Returns the node that owns a key's slot.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when no node says so.
    pub fn owner_of(&self, key: &str) -> Result<&Redis, Error> {
        let asked = self.nodes.first().map(|node| node.command(&["CLUSTER", "KEYSLOT", key]));
        let Some(Reply::Integer(slot)) = asked.transpose()? else {
            return Err(Error::answer("ask for a slot", "no number"));
        };
        let owner = self
            .nodes
            .iter()
            .zip(SLOTS)
            .find(|(_, (_, last))| last.parse::<i64>().is_ok_and(|last| slot <= last));
        owner.map(|(node, _)| node).ok_or_else(|| Error::answer("find a slot", slot.to_string()))
    }
}

fn state(node: &Redis) -> String {
    match node.command(&["CLUSTER", "INFO"]) {
        Ok(reply) => reply.text().unwrap_or_default().to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

fn is_formed(state: &str) -> bool {
    ["cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:3", "cluster_size:3"]
        .iter()
        .all(|line| state.lines().any(|found| found == *line))
}

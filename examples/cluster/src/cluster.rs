//! The whole: two portals, what they share, and what stands in front of them.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;

use palisade_testkit::postgres::Postgres;
use palisade_testkit::process::Folder;
use palisade_testkit::redis::Redis;

use crate::account::Account;
use crate::balancer::{Balancer, Upstream};
use crate::error::ClusterError;
use crate::instance::{Instance, Shared};
use crate::settings::Settings;

const NAMES: [&str; 2] = ["a", "b"];

/// Two portals on one PostgreSQL and one Redis, behind nginx.
///
/// Dropping it kills everything at once and removes all state; [`drain`](Self::drain) loses no
/// request. Everything listens on this machine alone.
#[derive(Debug)]
pub struct Cluster {
    // What is in front ends first.
    balancer: Balancer,
    instances: [Instance; 2],
    accounts: Vec<Account>,
    redis: Redis,
    postgres: Postgres,
    database: String,
    _folder: Folder,
}

impl Cluster {
    /// Starts everything and returns when both instances are ready; `tell` hears of each step.
    ///
    /// # Errors
    ///
    /// What does not start, and why; what was started before it is ended.
    pub fn start(settings: &Settings, tell: &mut dyn FnMut(&str)) -> Result<Self, ClusterError> {
        let folder = Folder::new("cluster")?;
        let key = secret_key()?;
        // Nobody else of the machine reads it.
        let mut file = OpenOptions::new();
        file.write(true).create_new(true).mode(0o600);
        file.open(folder.path().join("secret.key"))
            .and_then(|mut file| file.write_all(key.as_bytes()))
            .map_err(|source| ClusterError::Io { what: "the secret key", source })?;
        tell("starting PostgreSQL");
        let postgres = Postgres::start()?;
        let database = postgres.create_database()?;
        tell("starting Redis");
        let redis = Redis::start()?;
        tell("starting nginx");
        // Nothing listens there: ports below 1024 are the system's.
        let nowhere = Upstream { address: ([127, 0, 0, 1], 9).into(), is_out: false };
        let balancer = Balancer::start(settings.listen, [nowhere; 2])?;
        let shared = Shared {
            postgres: &postgres.url(&database),
            redis: &redis.url(),
            public_url: &format!("http://{}", balancer.address()),
            folder: folder.path(),
        };
        // One after the other: the first makes tables and accounts.
        let [first, second] = NAMES;
        tell("starting instance a, which makes tables, demo data and accounts");
        let first = Instance::start(first, settings, &shared)?;
        tell("starting instance b");
        let second = Instance::start(second, settings, &shared)?;
        let accounts = Account::all(&first.whole_log()?);
        if accounts.is_empty() {
            return Err(ClusterError::Accounts);
        }
        let instances = [first, second];
        let cluster =
            Self { balancer, instances, accounts, redis, postgres, database, _folder: folder };
        cluster.balancer.send_to(cluster.upstreams(None))?;
        Ok(cluster)
    }

    /// Returns where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.balancer.address()
    }

    /// Returns who may sign in.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Returns the portals.
    #[must_use]
    pub const fn instances(&self) -> &[Instance; 2] {
        &self.instances
    }

    /// Returns where limits, lockouts and cached values are shared.
    #[must_use]
    pub const fn redis(&self) -> &Redis {
        &self.redis
    }

    /// Returns where accounts, sessions, data and the gathered trails are.
    #[must_use]
    pub const fn postgres(&self) -> &Postgres {
        &self.postgres
    }

    /// Returns the URL of the database.
    #[must_use]
    pub fn database(&self) -> String {
        self.postgres.url(&self.database)
    }

    /// Restarts one instance after the other without losing a request: nginx sends it no more, what
    /// runs ends, it ends and starts, and gets requests again when it is ready.
    ///
    /// # Errors
    ///
    /// What does not end or start; the other instance goes on.
    pub fn roll(&self, tell: &mut dyn FnMut(&str)) -> Result<(), ClusterError> {
        for (place, instance) in self.instances.iter().enumerate() {
            self.balancer.send_to(self.upstreams(Some(place)))?;
            tell(&format!("instance {} runs no requests and gets none", instance.name()));
            instance.drain()?;
            instance.restart()?;
            tell(&format!("instance {} is ready again", instance.name()));
        }
        self.balancer.send_to(self.upstreams(None))
    }

    /// Lets running requests end, and then everything, from the front to the stores.
    ///
    /// # Errors
    ///
    /// What did not end in time; the rest has ended all the same.
    pub fn drain(self) -> Result<(), ClusterError> {
        let mut ended = self.balancer.drain();
        for instance in &self.instances {
            let drained = instance.drain();
            ended = ended.and(drained);
        }
        let (redis, postgres) = (self.redis.stop(), self.postgres.stop());
        redis?;
        postgres?;
        ended
    }

    fn upstreams(&self, out: Option<usize>) -> [Upstream; 2] {
        let [first, second] = &self.instances;
        [
            Upstream { address: first.address(), is_out: out == Some(0) },
            Upstream { address: second.address(), is_out: out == Some(1) },
        ]
    }
}

/// Draws the key under which instances sign for each other, in hexadecimal.
fn secret_key() -> Result<String, ClusterError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| ClusterError::Io {
        what: "the secret key",
        source: io::Error::other(error.to_string()),
    })?;
    Ok(key.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

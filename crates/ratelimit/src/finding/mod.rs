//! What the traffic says about the rules.

mod watch;

use std::fmt;

pub(crate) use watch::Watch;

macro_rules! findings {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $fix:literal;)+) => {
        /// A contradiction between the rules and the traffic.
        ///
        /// Reported as a `tracing` event with the target
        /// [`SecurityEvent::TARGET`](palisade_core::SecurityEvent::TARGET), the field `event` =
        /// `sys_misconfiguration` and the code in the field `code`, once an hour each. The table is
        /// in the [crate documentation](crate#findings).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Finding {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Finding {
            /// Every finding, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the word that never changes.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// Says what it means, as the documentation does.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// Says what to do about it.
            #[must_use]
            pub const fn fix(self) -> &'static str {
                match self { $(Self::$variant => $fix,)+ }
            }

            const fn position(self) -> usize {
                let mut position = 0_usize;
                $(
                    if matches!(self, Self::$variant) {
                        return position;
                    }
                    position = position.saturating_add(1);
                )+
                position
            }
        }
    };
}

findings! {
    /// A request passed the same limits twice and was charged twice.
    LayerTwice = "ratelimit_layer_twice",
        "add the layer once; give routes of their own `Limits` of their own";
    /// A rule counts by client address, and no request has one.
    ClientIpMissing = "ratelimit_client_ip_missing",
        "put `EdgeLayer` around the limits; until then all clients share one count";
    /// Requests matched a rule for an hour, and none had its key.
    KeyMissing = "ratelimit_key_missing",
        "put what the key reads into requests before the limits see them, or add `.or(..)`";
    /// No request matched a rule for an hour.
    RuleUnmatched = "ratelimit_rule_unmatched",
        "compare the rule's routes with those of the router, and with rules before it";
    /// A request costs more than its quota ever has at once.
    CostAboveBurst = "ratelimit_cost_above_burst",
        "lower the cost, or raise the burst: such a request never passes";
    /// A shared store does not answer.
    StoreDown = "ratelimit_store_down",
        "look at the store; until it answers, each rule does what `on_store_error` says";
    /// The clock of a shared store and that of this machine differ by more than two seconds.
    ClockSkew = "ratelimit_clock_skew",
        "synchronise the clocks: times told to clients are the store's";
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

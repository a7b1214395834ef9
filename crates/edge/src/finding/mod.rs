//! What the traffic says about the configuration.

mod watch;

use std::fmt;

pub(crate) use watch::Watch;

macro_rules! findings {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $fix:literal;)+) => {
        /// A contradiction between the configuration and the traffic.
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
    /// An untrusted peer sent a forwarding header, which was ignored.
    UntrustedForwarding = "edge_untrusted_forwarding",
        "add the proxy to the trusted ranges; if it is none, somebody is trying to be someone else";
    /// A thousand requests in a row came from one private address.
    OnePrivateClient = "edge_one_private_client",
        "a proxy is in front: name it in `TrustedProxies`, and let it say for whom it speaks";
    /// `Forwarded` came where `X-Forwarded-For` is configured and missing.
    ForwardedIgnored = "edge_forwarded_ignored",
        "configure `Forwarding::Forwarded`, or let the proxy send `X-Forwarded-For`";
    /// `X-Forwarded-For` came where `Forwarded` is configured and missing.
    XForwardedForIgnored = "edge_x_forwarded_for_ignored",
        "configure `Forwarding::XForwardedFor`, or let the proxy send `Forwarded`";
    /// A trusted peer sent no list of hops.
    ForwardingMissing = "edge_forwarding_missing",
        "let the proxy send the configured header; only its own requests may lack it";
    /// A header of one value is missing.
    HeaderMissing = "edge_header_missing",
        "let the outermost proxy set the header, and close every way around it";
    /// A header of one value came several times.
    HeaderDuplicated = "edge_header_duplicated",
        "let the outermost proxy overwrite the header instead of adding to it";
    /// A hop is no address.
    HopUnreadable = "edge_hop_unreadable",
        "let every trusted proxy write addresses, not `unknown` or names";
    /// Fewer hops than counted, or more than any deployment has.
    HopsMiscounted = "edge_hops_miscounted",
        "correct the count of hops, and close every way around the proxies";
    /// A connection lacks the facts of the PROXY protocol.
    ProxyFactsMissing = "edge_proxy_facts_missing",
        "accept with `ProxyProtocolListener`, or put a `Peer` with an announcement into requests";
    /// A connection has facts of the PROXY protocol that are not the configured source.
    ProxyFactsIgnored = "edge_proxy_facts_ignored",
        "configure `Forwarding::ProxyProtocol`, or accept without the protocol";
    /// The server does not tell the peer's address.
    PeerMissing = "edge_peer_missing",
        "serve with `into_make_service_with_connect_info`, or put a `Peer` into requests";
    /// A trusted proxy sent an invalid scheme, host or port.
    UrlUnreadable = "edge_url_unreadable",
        "let the proxy send one valid scheme, host and port, or lists as long as the way";
    /// The https redirect runs without the external URL.
    UrlMissing = "edge_url_missing",
        "put `EdgeLayer` around `HttpsRedirectLayer`";
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

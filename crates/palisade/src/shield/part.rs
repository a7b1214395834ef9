//! The parts of a shield.

/// A layer of a [`Shield`](super::Shield); the variants stand in the order in which a request
/// passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Part {
    /// Who really sent a request, and for which URL. A request of which that cannot be told is
    /// refused before [`Hosts`](Self::Hosts), so that its answer has a line, a figure and headers.
    Edge,
    /// An id, and one line for each request.
    RequestLog,
    /// Figures; with the feature `metrics`.
    Metrics,
    /// Tags of answers, and 304.
    Etag,
    /// The headers of every answer.
    Headers,
    /// A panic is an answer that does not tell why.
    Panics,
    /// The names that are answered.
    Hosts,
    /// Clear text is led to https.
    Https,
    /// Cookies are hardened.
    Cookies,
    /// How often somebody may ask.
    Limits,
    /// What other sites make browsers send is refused.
    CrossOrigin,
    /// What was done is recorded.
    Audit,
    /// The largest body.
    BodyLimit,
    /// The longest time.
    Deadline,
    /// Who may read from other sites.
    Cors,
}

impl Part {
    /// Every part, in order.
    pub const ORDER: &'static [Self] = &[
        Self::Edge,
        Self::RequestLog,
        Self::Metrics,
        Self::Etag,
        Self::Headers,
        Self::Panics,
        Self::Hosts,
        Self::Https,
        Self::Cookies,
        Self::Limits,
        Self::CrossOrigin,
        Self::Audit,
        Self::BodyLimit,
        Self::Deadline,
        Self::Cors,
    ];
}

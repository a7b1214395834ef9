//! `Strict-Transport-Security` (RFC 6797).

use std::fmt;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// For how long browsers reach this host through TLS only.
///
/// Sent over https only (RFC 6797 7.2). Start with [`five_minutes`](Self::five_minutes) and climb:
/// a browser that has seen the header cannot be told otherwise in clear text. A preload promise is
/// made by [`preloaded`](Self::preloaded) alone, which is always one that the list accepts.
///
/// # Example
///
/// ```
/// use palisade_headers::Hsts;
///
/// assert_eq!(Hsts::one_week().include_subdomains().to_string(), "max-age=604800; includeSubDomains");
/// assert_eq!(Hsts::preloaded().to_string(), "max-age=63072000; includeSubDomains; preload");
/// assert_eq!(Hsts::off().to_string(), "max-age=0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hsts {
    seconds: u64,
    include_subdomains: bool,
    preload: bool,
}

impl Hsts {
    /// Promises for the given time, cut to whole seconds.
    #[must_use]
    pub const fn max_age(time: Duration) -> Self {
        Self { seconds: time.as_secs(), include_subdomains: false, preload: false }
    }

    /// First rung of the ramp: a mistake is over in five minutes.
    #[must_use]
    pub const fn five_minutes() -> Self {
        Self::max_age(Duration::from_mins(5))
    }

    /// Second rung of the ramp.
    #[must_use]
    pub const fn one_day() -> Self {
        Self::max_age(DAY)
    }

    /// Third rung of the ramp.
    #[must_use]
    pub const fn one_week() -> Self {
        Self::max_age(DAY.saturating_mul(7))
    }

    /// The least that OWASP ASVS 5.0 3.4.1 accepts.
    #[must_use]
    pub const fn one_year() -> Self {
        Self::max_age(DAY.saturating_mul(365))
    }

    /// What the OWASP Secure Headers Project recommends.
    #[must_use]
    pub const fn two_years() -> Self {
        Self::max_age(DAY.saturating_mul(730))
    }

    /// Takes the promise back: browsers that see it forget the host (RFC 6797 6.1.1).
    #[must_use]
    pub const fn off() -> Self {
        Self::max_age(Duration::ZERO)
    }

    /// Promises two years, subdomains included, and asks to be built into browsers.
    ///
    /// Leaving the preload list takes months: every host below the domain must speak TLS for good.
    #[must_use]
    pub const fn preloaded() -> Self {
        Self { include_subdomains: true, preload: true, ..Self::two_years() }
    }

    /// Extends the promise to every host below this one.
    #[must_use]
    pub const fn include_subdomains(self) -> Self {
        Self { include_subdomains: true, ..self }
    }
}

impl fmt::Display for Hsts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "max-age={}", self.seconds)?;
        if self.include_subdomains {
            f.write_str("; includeSubDomains")?;
        }
        if self.preload {
            f.write_str("; preload")?;
        }
        Ok(())
    }
}

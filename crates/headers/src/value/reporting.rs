//! `Reporting-Endpoints` (W3C Reporting API) and the older `report-uri`.

use crate::ConfigError;
use crate::reports::Tags;

/// Where browsers send violation reports: a name for `Reporting-Endpoints` and an address.
///
/// On https both the Reporting API and `report-uri` are announced; on clear text only
/// `report-uri`, because browsers ignore `Reporting-Endpoints` there and skip `report-uri` where
/// `report-to` is present (CSP 3 5.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    name: String,
    address: String,
    tags: Option<Tags>,
}

impl Endpoint {
    /// Names an endpoint, at a path of this server or an `https://` address elsewhere.
    ///
    /// # Errors
    ///
    /// A name that is not lower case letters, digits, `-` and `_` beginning with a letter, or an
    /// address that is neither a path nor https, or holds a space, a quote, `;` or `,`.
    pub fn new(name: &str, address: &str) -> Result<Self, ConfigError> {
        let plain =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.bytes().all(plain) {
            let instead = "write lower case letters, digits, - and _, as in \"csp\"";
            return Err(ConfigError::new("reporting endpoint name", name, instead));
        }
        let local = address.starts_with('/') && !address.starts_with("//");
        let clean = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b';' | b',');
        if !(local || address.starts_with("https://")) || !address.bytes().all(clean) {
            let instead = "write a path such as \"/csp-reports\" or an https:// address, with \
                           quotes, spaces, ; and , percent-encoded";
            return Err(ConfigError::new("reporting endpoint address", address, instead));
        }
        Ok(Self { name: name.to_owned(), address: address.to_owned(), tags: None })
    }

    /// Signs the address anew each day.
    pub(crate) fn tagged(mut self, tags: Tags) -> Result<Self, ConfigError> {
        if self.address.contains(['?', '#']) {
            let instead = "leave out the query: the collector writes its own";
            return Err(ConfigError::new("reporting endpoint address", self.address, instead));
        }
        self.tags = Some(tags);
        Ok(self)
    }

    /// Returns what signs the address.
    pub(crate) const fn tags(&self) -> Option<&Tags> {
        self.tags.as_ref()
    }

    /// Returns the name that `report-to` and `endpoints` use.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the address, without the tag of a collector.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns what headers say of it on a day, counted from 1970.
    pub(crate) fn on(&self, day: u64) -> Reporting {
        let address = match &self.tags {
            Some(tags) => format!("{}?{}", self.address, tags.query(&self.name, day)),
            None => self.address.clone(),
        };
        Reporting { name: self.name.clone(), address }
    }
}

/// An endpoint as headers name it.
#[derive(Clone, Debug)]
pub(crate) struct Reporting {
    pub(crate) name: String,
    pub(crate) address: String,
}

impl Reporting {
    /// Writes the structured field `Reporting-Endpoints`.
    pub(crate) fn field(&self) -> String {
        format!("{}=\"{}\"", self.name, self.address)
    }
}

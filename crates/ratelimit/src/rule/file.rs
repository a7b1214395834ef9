//! Rules from a file: read whole, all mistakes told at once.

use http::HeaderName;
use palisade_edge::ExemptPaths;
use serde_json::{Map, Value};

use super::{Rule, Selection};
use crate::error::{Mistake, Mistakes};
use crate::key::Key;
use crate::quota::Quota;
use crate::store::{OnStoreError, Overflow};

/// A table of rules, read from TOML (feature `toml`) or JSON.
///
/// # Example
///
/// ```
/// use palisade_ratelimit::rule::RuleFile;
///
/// let file = RuleFile::from_json(r#"{
///     "match": "first",
///     "exempt": ["/health", "/static/"],
///     "rule": [
///         { "name": "login", "on": "POST /login", "quota": "5 per minute, strict", "overflow": "strict" },
///         { "name": "uploads", "on": "POST /exams/{id}/copies", "by": "user", "quota": "10 per hour" },
///         { "name": "rest", "by": "user or client-ip", "quota": ["120 per minute", "9000 per day"] }
///     ]
/// }"#)?;
/// let mistakes = RuleFile::from_json(r#"{ "rule": [{ "name": "a", "qouta": "5 per mniute" }] }"#);
/// assert_eq!(mistakes.unwrap_err().list().len(), 2); // an unknown key, and a missing quota
/// # let _ = file;
/// # Ok::<(), palisade_ratelimit::Mistakes>(())
/// ```
///
/// # The form
///
/// | key | value |
/// |---|---|
/// | `match` | `"all"` (unless given) or `"first"` |
/// | `exempt` | paths that GET and HEAD may always have; one that ends in `/` with all below it |
/// | `rule` | a list, each with the keys below |
/// | `name` | 1 to 64 of `a-z`, `0-9`, `-`, `_`, `.` |
/// | `on` | a route or a list: `/path`, `POST /path`, `PUT,PATCH /path/{id}`, `/below/{*rest}` |
/// | `by` | a key or a list: `client-ip`, `header NAME`, `everyone`, a name given in code; joined with ` or ` and ` and ` |
/// | `quota` | one or a list: `5 per minute`, `100 per hour, burst 10`, `5 per minute, strict`, `3 per 90s`, `2 at a time` |
/// | `tier` | a table of quotas by tier |
/// | `cost` | a number |
/// | `overflow` | `"lenient"` (unless given) or `"strict"` |
/// | `mode` | `"enforce"` (unless given), `"soft"` or `"shadow"` |
/// | `refund` | a list of statuses |
/// | `on_store_error` | `"local"` (unless given), `"allow"` or `"deny"` |
#[derive(Clone, Debug)]
pub struct RuleFile {
    pub(crate) rules: Vec<Rule>,
    pub(crate) exempt: Option<ExemptPaths>,
    pub(crate) selection: Selection,
}

impl RuleFile {
    /// The longest text that is read.
    pub const LONGEST: usize = 256 * 1024;

    /// Reads JSON.
    ///
    /// # Errors
    ///
    /// All [`Mistakes`]; text that is no JSON is one.
    pub fn from_json(text: &str) -> Result<Self, Mistakes> {
        short(text)?;
        let value = serde_json::from_str(text)
            .map_err(|error| Mistake::new("the file", format!("is no JSON: {error}")))?;
        Self::from_value(&value)
    }

    /// Reads TOML.
    ///
    /// # Errors
    ///
    /// All [`Mistakes`]; text that is no TOML is one.
    #[cfg(feature = "toml")]
    pub fn from_toml(text: &str) -> Result<Self, Mistakes> {
        short(text)?;
        let value = toml::from_str(text).map_err(|error: toml::de::Error| {
            Mistake::new("the file", format!("is no TOML: {}", error.message()))
        })?;
        Self::from_value(&value)
    }

    fn from_value(value: &Value) -> Result<Self, Mistakes> {
        let mut reader = Reader { mistakes: Vec::new() };
        let file = reader.file(value);
        Mistakes::none_of(reader.mistakes)?;
        Ok(file)
    }
}

fn short(text: &str) -> Result<(), Mistake> {
    if text.len() <= RuleFile::LONGEST {
        return Ok(());
    }
    Err(Mistake::new("the file", format!("is longer than {} bytes", RuleFile::LONGEST)))
}

struct Reader {
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn tell(&mut self, place: &str, message: impl Into<String>) {
        self.mistakes.push(Mistake::new(place, message));
    }

    fn file(&mut self, value: &Value) -> RuleFile {
        let Value::Object(table) = value else {
            self.tell("the file", "is no table");
            return RuleFile { rules: Vec::new(), exempt: None, selection: Selection::All };
        };
        self.known(table, "", &["match", "exempt", "rule"]);
        let choices = [("all", Selection::All), ("first", Selection::First)];
        let selection = self.choice(table, "", "match", &choices).unwrap_or_default();
        let exempt = table.get("exempt").map(|value| self.exempt(value));
        let mut rules = Vec::new();
        match table.get("rule") {
            Some(Value::Array(list)) => {
                for (position, value) in list.iter().enumerate() {
                    let place = format!("rule[{position}]");
                    if let Value::Object(rule) = value {
                        rules.extend(self.rule(rule, &place));
                    } else {
                        self.tell(&place, "is no table");
                    }
                }
            }
            _ => self.tell("rule", "is missing or no list of tables; write `[[rule]]`"),
        }
        RuleFile { rules, exempt, selection }
    }

    fn exempt(&mut self, value: &Value) -> ExemptPaths {
        let mut paths = ExemptPaths::none();
        for path in self.texts(value, "exempt") {
            let added = if path.ends_with('/') {
                paths.clone().add_below(&path)
            } else {
                paths.clone().add_path(&path)
            };
            match added {
                Ok(added) => paths = added,
                Err(error) => self.tell("exempt", error.to_string()),
            }
        }
        paths
    }

    fn rule(&mut self, table: &Map<String, Value>, place: &str) -> Option<Rule> {
        const KEYS: [&str; 10] = [
            "name",
            "on",
            "by",
            "quota",
            "tier",
            "cost",
            "overflow",
            "mode",
            "refund",
            "on_store_error",
        ];
        self.known(table, place, &KEYS);
        let name = table.get("name").and_then(Value::as_str);
        if name.is_none() {
            self.tell(place, "has no `name`");
        }
        let quotas = table.get("quota").map(|value| self.quotas(value, &format!("{place}.quota")));
        if quotas.is_none() {
            self.tell(place, "has no `quota`; write `5 per minute`");
        }
        let quotas = quotas.unwrap_or_default();
        let (Some(name), Some((first, others))) = (name, quotas.split_first()) else {
            // Its other mistakes are told too.
            let _ = self.options(table, place, Rule::new("", Quota::per_hour(0)));
            return None;
        };
        let mut rule = Rule::new(name, *first);
        for (number, quota) in (2..).zip(others) {
            rule = rule.window(format!("{name}-{number}"), *quota);
        }
        Some(self.options(table, place, rule))
    }

    fn options(&mut self, table: &Map<String, Value>, place: &str, mut rule: Rule) -> Rule {
        if let Some(value) = table.get("on") {
            for route in self.texts(value, &format!("{place}.on")) {
                rule = rule.on(route);
            }
        }
        if let Some(value) = table.get("by") {
            let place = format!("{place}.by");
            for text in self.texts(value, &place) {
                match key(&text) {
                    Ok(key) => rule = rule.by(key),
                    Err(message) => self.tell(&place, message),
                }
            }
        }
        if let Some(value) = table.get("tier") {
            for (tier, quota) in self.tiers(value, &format!("{place}.tier")) {
                rule = rule.tier(tier, quota);
            }
        }
        if let Some(value) = table.get("cost") {
            match value.as_u64().and_then(|cost| u32::try_from(cost).ok()) {
                Some(cost) => rule = rule.cost(cost),
                None => self.tell(&format!("{place}.cost"), "is no whole number from 0 on"),
            }
        }
        let overflows = [("lenient", Overflow::Lenient), ("strict", Overflow::Strict)];
        if let Some(overflow) = self.choice(table, place, "overflow", &overflows) {
            rule = rule.overflow(overflow);
        }
        let policies = [
            ("local", OnStoreError::Local),
            ("allow", OnStoreError::Allow),
            ("deny", OnStoreError::Deny),
        ];
        if let Some(policy) = self.choice(table, place, "on_store_error", &policies) {
            rule = rule.on_store_error(policy);
        }
        match self.choice(table, place, "mode", &[("enforce", 0), ("soft", 1), ("shadow", 2)]) {
            Some(1) => rule = rule.soft(),
            Some(2) => rule = rule.shadow(),
            _ => {}
        }
        if let Some(value) = table.get("refund") {
            let statuses = value.as_array().map_or(&[][..], Vec::as_slice).iter();
            let read = |value: &Value| value.as_u64().and_then(|n| u16::try_from(n).ok());
            match statuses.map(read).collect::<Option<Vec<u16>>>() {
                Some(list) if !list.is_empty() => rule = rule.refund_on(list),
                _ => self.tell(&format!("{place}.refund"), "is no list of statuses: `[304, 5]`"),
            }
        }
        rule
    }

    fn quotas(&mut self, value: &Value, place: &str) -> Vec<Quota> {
        let texts = self.texts(value, place);
        let mut quotas = Vec::new();
        for text in texts {
            quotas.extend(self.quota(&text, place));
        }
        quotas
    }

    fn quota(&mut self, text: &str, place: &str) -> Option<Quota> {
        text.parse().map_err(|error| self.tell(place, format!("{text:?}: {error}"))).ok()
    }

    fn tiers(&mut self, value: &Value, place: &str) -> Vec<(String, Quota)> {
        let Value::Object(table) = value else {
            self.tell(place, "is no table of quotas");
            return Vec::new();
        };
        let mut tiers = Vec::new();
        for (tier, value) in table {
            match value {
                Value::String(text) => {
                    let quota = self.quota(text, &format!("{place}.{tier}"));
                    tiers.extend(quota.map(|quota| (tier.clone(), quota)));
                }
                _ => self.tell(&format!("{place}.{tier}"), "is no quota; write `5 per minute`"),
            }
        }
        tiers
    }

    /// Reads one text or a list of texts.
    fn texts(&mut self, value: &Value, place: &str) -> Vec<String> {
        let one = std::slice::from_ref(value);
        let list = value.as_array().map_or(one, Vec::as_slice);
        let mut texts = Vec::new();
        for value in list {
            match value {
                Value::String(text) => texts.push(text.clone()),
                _ => self.tell(place, "is neither a text nor a list of texts"),
            }
        }
        texts
    }

    fn choice<T: Copy>(
        &mut self,
        table: &Map<String, Value>,
        place: &str,
        key: &str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let value = table.get(key)?;
        let chosen = choices.iter().find(|(name, _)| value.as_str() == Some(name));
        if chosen.is_none() {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
            self.tell(&inside(place, key), format!("must be one of {}", names.join(", ")));
        }
        chosen.map(|(_, choice)| *choice)
    }

    fn known(&mut self, table: &Map<String, Value>, place: &str, keys: &[&str]) {
        for key in table.keys().filter(|key| !keys.contains(&key.as_str())) {
            let message = format!("there is no such key; there are {}", keys.join(", "));
            self.tell(&inside(place, key), message);
        }
    }
}

fn inside(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

/// Reads `user or client-ip and header x-api-key`; `and` binds closer.
fn key(text: &str) -> Result<Key, String> {
    let joined = |parts: &str, word: &str, read: &dyn Fn(&str) -> Result<Key, String>| {
        let mut keys = parts.split(word).map(read);
        let mut all = keys.next().unwrap_or_else(|| Err("is empty".to_owned()))?;
        for key in keys {
            all = if word == " or " { all.or(key?) } else { all.and(key?) };
        }
        Ok::<Key, String>(all)
    };
    joined(text, " or ", &|part| joined(part, " and ", &atom))
}

fn atom(text: &str) -> Result<Key, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match text.trim() {
        "client-ip" => Ok(Key::client_ip()),
        "client-ip-through-translators" => Ok(Key::client_ip_through_translators()),
        "everyone" => Ok(Key::everyone()),
        text => match text.strip_prefix("header ") {
            Some(name) => HeaderName::from_bytes(name.trim().as_bytes())
                .map(Key::header)
                .map_err(|_| format!("{name:?} is no header name")),
            None if !text.is_empty() && text.bytes().all(plain) => Ok(Key::named(text)),
            None => Err(format!("{text:?} is no key")),
        },
    }
}

//! Names whose values are secrets.

use std::collections::HashSet;

/// Words, and pairs of neighbouring words written together, that tell of a secret.
#[derive(Clone, Debug)]
pub(super) struct Names {
    hidden: HashSet<Box<str>>,
    shown: HashSet<Box<str>>,
}

const USUAL: &[&str] = &[
    "accesskey",
    "apikey",
    "assertion",
    "authorization",
    "bearer",
    "cardnumber",
    "cookie",
    "credential",
    "csrf",
    "cvc",
    "cvv",
    "encryptionkey",
    "iban",
    "jwt",
    "mfacode",
    "otp",
    "pan",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "pin",
    "privatekey",
    "proxyauthorization",
    "pwd",
    "recoverycode",
    "secret",
    "secretkey",
    "sessionid",
    "setcookie",
    "sid",
    "signingkey",
    "ssn",
    "token",
    "totp",
    "xsrf",
];

/// What ends a word that was written without a break, as in `userpassword`.
const ENDINGS: &[&str] = &["apikey", "passphrase", "passwd", "password", "secret", "token"];

/// Longest word that is looked up; longer ones are only looked at by their ending.
const LONGEST: usize = 32;

impl Names {
    pub(super) fn usual() -> Self {
        let hidden = USUAL.iter().map(|name| Box::from(*name)).collect();
        Self { hidden, shown: HashSet::new() }
    }

    pub(super) fn hide(&mut self, name: &str) {
        self.hidden.insert(squashed(name));
    }

    pub(super) fn show(&mut self, name: &str) {
        self.shown.insert(Box::from(name));
    }

    pub(super) fn hides(&self, name: &str) -> bool {
        let mut before = Word::default();
        let told = words(name).any(|word| {
            let word = Word::of(word);
            let pair = before.then(&word);
            let told = self.tells(&word) || self.tells(&pair);
            before = word;
            told
        });
        told && !self.shown.contains(name)
    }

    fn tells(&self, word: &Word) -> bool {
        let word = word.as_str();
        let one = word.strip_suffix('s').unwrap_or(word);
        self.hidden.contains(word)
            || self.hidden.contains(one)
            || ENDINGS.iter().any(|ending| one.ends_with(ending))
    }
}

fn squashed(name: &str) -> Box<str> {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .into()
}

/// A word in lower case; of a long one the end.
#[derive(Clone, Copy, Debug)]
struct Word {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Default for Word {
    fn default() -> Self {
        Self { bytes: [0; LONGEST], length: 0 }
    }
}

impl Word {
    fn of(word: &str) -> Self {
        Self::default().with(word.as_bytes())
    }

    fn then(self, next: &Self) -> Self {
        self.with(next.as_str().as_bytes())
    }

    fn with(mut self, more: &[u8]) -> Self {
        let more = more.get(more.len().saturating_sub(LONGEST)..).unwrap_or_default();
        let keep = LONGEST.saturating_sub(more.len()).min(self.length);
        self.bytes.copy_within(self.length.saturating_sub(keep)..self.length, 0);
        let end = keep.saturating_add(more.len());
        if let Some(place) = self.bytes.get_mut(keep..end) {
            place.copy_from_slice(more);
            place.make_ascii_lowercase();
        }
        self.length = end;
        self
    }

    fn as_str(&self) -> &str {
        // Cut inside a character it is no known word anyway.
        self.bytes.get(..self.length).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("")
    }
}

/// Splits a name at everything but letters and digits, and before an upper case letter that follows
/// a lower case one: `user.newPassword` is user, new, Password.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let bytes = rest.as_bytes();
            let hump = bytes.windows(2).position(
                |pair| matches!(pair, [a, b] if !a.is_ascii_uppercase() && b.is_ascii_uppercase()),
            );
            let end = hump.map_or(rest.len(), |at| at.saturating_add(1));
            let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            rest = after;
            Some(word)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_tell_and_names_that_do_not() {
        let mut names = Names::usual();
        names.hide("Boarding-Pass");
        names.show("token_count");
        for name in [
            "password",
            "PASSWORD",
            "new_password",
            "newPassword",
            "user.password",
            "passwords",
            "userpassword",
            "db_passwd",
            "X-Api-Key",
            "apiKey",
            "APIKEY",
            "api_keys",
            "access_token",
            "Set-Cookie",
            "authorization",
            "Proxy-Authorization",
            "client-secret",
            "card number",
            "cardNumber",
            "session_id",
            "SessionID",
            "boardingPass",
            "my.boarding.pass",
            "a_very_long_name_in_which_somebody_hides_a_password",
            "id_tokens",
        ] {
            assert!(names.hides(name), "{name}");
        }
        for name in [
            "path",
            "username",
            "session",
            "passenger",
            "tokenizer",
            "secretary",
            "key",
            "card",
            "pinned",
            "spin",
            "token_count",
            "cookiecutter",
            "",
            "-",
            "author",
            "keyboard",
        ] {
            assert!(!names.hides(name), "{name}");
        }
    }
}

//! The grammar of RFC 7239, written a second time: from the left, rule by rule, with copies.
//!
//! Shares nothing with the parser under test, which reads from the right without copies.

/// The parameters of one element, names in lower case, values without quotes and escapes.
pub(crate) type Element = Vec<(String, Vec<u8>)>;

struct Reader<'a> {
    rest: &'a [u8],
}

/// `Forwarded = element *( OWS "," OWS element )`, every element perhaps empty.
pub(crate) fn parse(line: &[u8]) -> Option<Vec<Element>> {
    let mut reader = Reader { rest: line };
    let mut elements = vec![reader.element()?];
    while reader.take(b',') {
        elements.push(reader.element()?);
    }
    reader.rest.is_empty().then_some(elements)
}

impl Reader<'_> {
    /// `[ pair ] *( OWS ";" OWS [ pair ] )` with blanks around; none of the four known names twice.
    fn element(&mut self) -> Option<Element> {
        let mut element = Element::new();
        loop {
            self.blanks();
            if !matches!(self.rest.first(), None | Some(b',' | b';')) {
                let (name, value) = self.pair()?;
                let known = ["by", "for", "host", "proto"].contains(&name.as_str());
                if known && element.iter().any(|(other, _)| *other == name) {
                    return None;
                }
                element.push((name, value));
                self.blanks();
            }
            if !self.take(b';') {
                return Some(element);
            }
        }
    }

    /// `token "=" ( token / quoted-string )`
    fn pair(&mut self) -> Option<(String, Vec<u8>)> {
        let name = self.token()?;
        if !self.take(b'=') {
            return None;
        }
        let value = if self.take(b'"') { self.quoted()? } else { self.token()? };
        Some((String::from_utf8(name).ok()?.to_ascii_lowercase(), value))
    }

    fn token(&mut self) -> Option<Vec<u8>> {
        const MARKS: &[u8] = b"!#$%&'*+-.^_`|~";
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || MARKS.contains(byte);
        let length = self.rest.iter().take_while(|byte| is_token(byte)).count();
        let (token, rest) = self.rest.split_at(length);
        self.rest = rest;
        (length > 0).then(|| token.to_vec())
    }

    /// What stands before the closing quote (RFC 9110 5.6.4); the opening one is taken.
    fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut value = Vec::new();
        loop {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            let meant = match byte {
                b'"' => return Some(value),
                b'\\' => {
                    let (escaped, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    escaped
                }
                other => other,
            };
            if meant.is_ascii_control() && *meant != b'\t' {
                return None;
            }
            value.push(*meant);
        }
    }

    fn blanks(&mut self) {
        while self.take(b' ') || self.take(b'\t') {}
    }

    fn take(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }
}

//! A flat JSON object, unescaped where it lies (RFC 8259).

use std::ops::Range;

use super::{Field, Fields, Syntax, Value};

pub(super) fn parse(bytes: &mut [u8]) -> Result<Vec<Field>, Syntax> {
    std::str::from_utf8(bytes).map_err(|_| Syntax::NotUtf8)?;
    let mut reader = Reader { bytes, at: 0 };
    let mut fields = Vec::new();
    reader.expect(b'{')?;
    if reader.token()? != b'}' {
        loop {
            if fields.len() == Fields::MOST_FIELDS {
                return Err(Syntax::TooMany);
            }
            reader.expect(b'"')?;
            let name = reader.string()?;
            reader.expect(b':')?;
            fields.push(Field { name, value: reader.value()? });
            match reader.token()? {
                b',' => reader.skip(),
                b'}' => break,
                _ => return Err(Syntax::Json),
            }
        }
    }
    reader.skip();
    reader.token().map_or(Ok(fields), |_| Err(Syntax::Json))
}

struct Reader<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<u8, Syntax> {
        let byte = self.bytes.get(self.at).copied().ok_or(Syntax::Json)?;
        self.skip();
        Ok(byte)
    }

    const fn skip(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// The next byte that is no white space, not taken yet.
    fn token(&mut self) -> Result<u8, Syntax> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.skip(),
                Some(byte) => return Ok(*byte),
                None => return Err(Syntax::Json),
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Syntax> {
        if self.token()? != byte {
            return Err(Syntax::Json);
        }
        self.skip();
        Ok(())
    }

    fn value(&mut self) -> Result<Value, Syntax> {
        match self.token()? {
            b'"' => {
                self.skip();
                self.string().map(Value::Text)
            }
            b'{' | b'[' => Err(Syntax::Nested),
            _ => {
                let start = self.at;
                let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
                while self.bytes.get(self.at).is_some_and(part) {
                    self.skip();
                }
                match self.bytes.get(start..self.at) {
                    Some(b"true" | b"false" | b"null") => Ok(Value::Other),
                    Some(text) if is_number(text) => Ok(Value::Other),
                    _ => Err(Syntax::Json),
                }
            }
        }
    }

    /// The rest of a string after its quote; an escape is never shorter than what it stands for.
    fn string(&mut self) -> Result<Range<usize>, Syntax> {
        let (start, mut to) = (self.at, self.at);
        loop {
            match self.next()? {
                b'"' => return Ok(start..to),
                b'\\' => {
                    let mut encoded = [0; 4];
                    for byte in self.escape()?.encode_utf8(&mut encoded).bytes() {
                        self.put(&mut to, byte);
                    }
                }
                0..b' ' => return Err(Syntax::Json),
                byte => self.put(&mut to, byte),
            }
        }
    }

    fn put(&mut self, to: &mut usize, byte: u8) {
        if let Some(place) = self.bytes.get_mut(*to) {
            *place = byte;
        }
        *to = to.saturating_add(1);
    }

    fn escape(&mut self) -> Result<char, Syntax> {
        Ok(match self.next()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                let second = if matches!(first, 0xd800..0xdc00) {
                    if (self.next()?, self.next()?) != (b'\\', b'u') {
                        return Err(Syntax::Json);
                    }
                    Some(self.unit()?)
                } else {
                    None
                };
                let units = std::iter::once(first).chain(second);
                match char::decode_utf16(units).next() {
                    Some(Ok(c)) => c,
                    // Half a surrogate pair is no text.
                    _ => return Err(Syntax::Json),
                }
            }
            _ => return Err(Syntax::Json),
        })
    }

    fn unit(&mut self) -> Result<u16, Syntax> {
        (0..4).try_fold(0, |unit: u16, _| {
            let digit = char::from(self.next()?).to_digit(16).ok_or(Syntax::Json)?;
            Ok(unit << 4 | u16::try_from(digit).map_err(|_| Syntax::Json)?)
        })
    }
}

fn is_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text.starts_with(b"0")) {
        return false;
    }
    let mut rest = text.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix(b".") {
        let length = digits(fraction);
        if length == 0 {
            return false;
        }
        rest = fraction.get(length..).unwrap_or_default();
    }
    let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) else {
        return rest.is_empty();
    };
    let sign = exponent.strip_prefix(b"-").or_else(|| exponent.strip_prefix(b"+"));
    let exponent = sign.unwrap_or(exponent);
    !exponent.is_empty() && digits(exponent) == exponent.len()
}

//! Headers of a body and of its parts.

/// Takes the boundary (RFC 2046 5.1.1) from `multipart/form-data; boundary=..`.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (essence, parameters) = content_type.split_once(';')?;
    if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut found = None;
    for (name, value) in parameters_of(parameters)? {
        if name == "boundary" && found.replace(value).is_some() {
            return None;
        }
    }
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    let fits = |text: &String| (1..=70).contains(&text.len()) && text.bytes().all(known);
    found.filter(fits).filter(|text| !text.ends_with(' '))
}

/// Reads the header of a part: the name of its field, and of its file.
pub(super) fn part(lines: &[u8]) -> Option<(String, Option<String>)> {
    let mut disposition = None;
    for line in std::str::from_utf8(lines).ok()?.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        let token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        // A name that ends in white space is another name for other programs.
        if name.is_empty() || !name.bytes().all(token) || value.contains(['\r', '\n', '\0']) {
            return None;
        }
        let value = value.trim_matches([' ', '\t']);
        match name.to_ascii_lowercase().as_str() {
            "content-disposition" if disposition.is_none() => disposition = Some(value),
            "content-disposition" => return None,
            // Deprecated, and read by some (RFC 7578 4.7).
            "content-transfer-encoding" => {
                let plain = ["7bit", "8bit", "binary"];
                plain.iter().find(|plain| value.eq_ignore_ascii_case(plain))?;
            }
            _ => {}
        }
    }
    let (kind, parameters) = disposition?.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    let (mut field, mut file_name) = (None, None);
    for (name, value) in parameters_of(parameters)? {
        let place = match name.as_str() {
            "name" => &mut field,
            "filename" => &mut file_name,
            // `filename*` is not for forms (RFC 7578 4.2).
            _ => return None,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    Some((unescaped(&field?), file_name.map(|name| unescaped(&name))))
}

/// Undoes what browsers do to three characters (HTML 4.10.21.8).
fn unescaped(text: &str) -> String {
    text.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

/// Reads `name=token; name="text"`.
fn parameters_of(text: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut left = text;
    loop {
        let (name, rest) = left.trim_start().split_once('=')?;
        let (value, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted_text(quoted)?
        } else {
            let end = rest.find([';', ' ', '\t']).unwrap_or(rest.len());
            let (value, after) = rest.split_at_checked(end)?;
            (value.to_owned(), after)
        };
        found.push((name.to_ascii_lowercase(), value));
        let after = after.trim_start();
        if after.is_empty() {
            return Some(found);
        }
        left = after.strip_prefix(';')?;
    }
}

/// Reads up to the closing mark; a backslash stands for itself unless a mark or another follows.
fn quoted_text(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Some((value, characters.as_str())),
            '\\' if characters.as_str().starts_with(['"', '\\']) => value.extend(characters.next()),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_one_and_well_formed() {
        let table = [
            ("multipart/form-data; boundary=x", Some("x")),
            ("Multipart/Form-Data; charset=utf-8; boundary=\"a b\"", Some("a b")),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=x; boundary=y", None),
            ("multipart/form-data; boundary=\"a \"", None),
            ("multipart/form-data; boundary=a{b", None),
            ("multipart/mixed; boundary=x", None),
            ("multipart/form-data; boundary=\"x", None),
        ];
        for (header, expected) in table {
            assert_eq!(boundary(header).as_deref(), expected, "{header}");
        }
        assert!(boundary(&format!("multipart/form-data; boundary={}", "x".repeat(71))).is_none());
    }

    #[test]
    fn a_part_says_once_what_it_is() {
        type Read = Option<(&'static str, Option<&'static str>)>;
        let table: [(&str, Read); 12] = [
            ("Content-Disposition: form-data; name=\"a\"", Some(("a", None))),
            (
                "content-disposition:form-data;name=a;filename=\"b%22c.png\"\r\nContent-Type: image/png",
                Some(("a", Some("b\"c.png"))),
            ),
            (
                "Content-Disposition: form-data; name=\"a\"; filename=\"C:\\x\\\"y\"",
                Some(("a", Some("C:\\x\"y"))),
            ),
            ("Content-Disposition: form-data; filename=\"b\"", None),
            ("Content-Disposition: attachment; name=\"a\"", None),
            ("Content-Disposition: form-data; name=\"a\"; name=\"b\"", None),
            ("Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''b", None),
            ("Content-Disposition: form-data; name=\"a", None),
            ("Content-Disposition : form-data; name=\"a\"", None),
            (
                "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
                None,
            ),
            ("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64", None),
            ("Content-Type: text/plain", None),
        ];
        for (lines, expected) in table {
            let read = part(lines.as_bytes());
            let read = read.as_ref().map(|(name, file)| (name.as_str(), file.as_deref()));
            assert_eq!(read, expected, "{lines}");
        }
    }
}

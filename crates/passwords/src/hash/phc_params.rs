//! Parameters of PHC strings.

use phc::ParamsString;

/// Reads numbers by their names; `None` where there is a parameter beside them, one twice, or one that
/// is no decimal number: such a string is no hash that anybody wrote.
pub(crate) fn numbers<const N: usize>(
    params: &ParamsString,
    names: [&str; N],
) -> Option<[Option<u32>; N]> {
    let mut found = [None; N];
    for (name, value) in params.iter() {
        let position = names.iter().position(|known| *known == name.as_str())?;
        let number = value.decimal().ok()?;
        if found.get_mut(position)?.replace(number).is_some() {
            return None;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_number_and_there_once_and_none_is_beside_them() {
        let read = |text: &str| numbers(&text.parse().unwrap(), ["i", "l"]);
        assert_eq!(read("i=100,l=32"), Some([Some(100), Some(32)]));
        assert_eq!(read("l=32"), Some([None, Some(32)]));
        assert_eq!(read(""), Some([None, None]));
        for text in ["i=100,l=a2", "i=100,i=32", "i=1,l=2,x=3", "i=01", "i=99999999999"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

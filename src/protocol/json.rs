//! The top level of a JSON object, with each value as written, and strings decoded without copies left in memory.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::secret::SecretBytes;

/// Most members of an object, and most pairs of a form: more would cost many times their size.
pub const MOST_MEMBERS: usize = 1000;

/// The members in order, duplicates included.
pub struct Object<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// `None` unless the text is one JSON object, of at most [`MOST_MEMBERS`], and nothing else.
    pub fn parse(text: &'a str) -> Option<Self> {
        Self::try_parse(text).ok()
    }

    /// Reads an answer; else says what it is not.
    pub fn try_parse(text: &'a str) -> Result<Self, &'static str> {
        const NONE: &str = "the answer was no JSON object";
        // serde_json would quote a value of another type in its error, in memory that is not wiped.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(NONE);
        }
        let too_many = |error: serde_json::Error| error.is_data(); // the only one that is ours
        serde_json::from_str(text)
            .map_err(|error| if too_many(error) { "the answer had more than 1,000 members" } else { NONE })
    }

    /// The value of a member; `null` counts as absent.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(candidate, _)| candidate == name).map(|(_, raw)| raw.get()).filter(|raw| *raw != "null")
    }

    /// Whether a member for which `matters` is true is given twice.
    pub fn has_twice(&self, matters: impl Fn(&str) -> bool) -> bool {
        any_twice(&self.0, |(name, _)| name, matters)
    }
}

/// Whether two of the items share a name for which `matters` is true. A server may send any number of items: many are
/// sorted, a few are compared one by one.
pub fn any_twice<T>(items: &[T], name: impl Fn(&T) -> &str, matters: impl Fn(&str) -> bool) -> bool {
    const FEW: usize = 32;
    if items.len() <= FEW {
        let again = |index: usize, wanted: &str| items[index + 1..].iter().any(|later| name(later) == wanted);
        return items.iter().enumerate().any(|(index, item)| matters(name(item)) && again(index, name(item)));
    }
    let mut names: Vec<&str> = items.iter().map(name).filter(|name| matters(name)).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [one, next] if one == next))
}

/// Gives `take` the items of an array, one after the other, until it returns false. A list of all of them would cost many
/// times the text.
pub fn each_item<'a>(raw: &'a str, take: impl FnMut(&'a RawValue) -> bool) {
    struct Items<F>(F);
    impl<'de, F: FnMut(&'de RawValue) -> bool> Visitor<'de> for Items<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
            while let Some(item) = items.next_element::<&RawValue>()? {
                if !(self.0)(item) {
                    return Err(A::Error::custom("enough"));
                }
            }
            Ok(())
        }
    }
    if raw.trim_ascii_start().starts_with('[') {
        drop(serde_json::Deserializer::from_str(raw).deserialize_seq(Items(take)));
    }
}

/// The first `most` items of an array; none of another value.
pub fn first_items(raw: &str, most: usize) -> Vec<&RawValue> {
    let mut first = Vec::new();
    each_item(raw, |item| {
        first.push(item);
        first.len() < most
    });
    first
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some(name) = map.next_key::<Name<'de>>()? {
                    if members.len() == MOST_MEMBERS {
                        return Err(A::Error::custom("too many members"));
                    }
                    members.push((name.0, map.next_value::<&RawValue>()?));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A member's name, borrowed if it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// A decoded JSON string: borrowed if it has no escapes, else in memory that is wiped.
pub enum Decoded<'a> {
    Plain(&'a str),
    Escaped(SecretBytes),
}

impl Decoded<'_> {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Escaped(bytes) => bytes.as_str().unwrap_or_default(), // only whole characters were put in
        }
    }
}

/// Decodes a string as it is written in a parsed document; `None` for other types and for unpaired surrogates.
/// serde_json would decode it in memory that it does not wipe.
pub fn decode_string(raw: &str) -> Option<Decoded<'_>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.bytes().fold(false, |found, byte| found | (byte == b'\\')) {
        return Some(Decoded::Plain(inner));
    }
    let mut decoded = SecretBytes::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        decoded.extend(&rest.as_bytes()[..at]);
        let escape = *rest.as_bytes().get(at + 1)?;
        rest = rest.get(at + 2..)?;
        let character = match escape {
            b'"' | b'\\' | b'/' => char::from(escape),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = unit(&mut rest)?;
                let code = if (0xd800..0xdc00).contains(&first) {
                    rest = rest.strip_prefix("\\u")?;
                    let second = unit(&mut rest)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                    0x10000 + ((first - 0xd800) << 10) + second
                } else {
                    first
                };
                char::from_u32(code)?
            }
            _ => return None,
        };
        decoded.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    decoded.extend(rest.as_bytes());
    Some(Decoded::Escaped(decoded))
}

fn unit(rest: &mut &str) -> Option<u32> {
    let digits = rest.get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    *rest = rest.get(4..)?;
    u32::from_str_radix(digits, 16).ok()
}

/// Appends a JSON string, quotes included.
pub fn append_string(json: &mut SecretBytes, text: &str) {
    json.reserve(text.len() + 2);
    json.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f | 0x7f)) {
        json.extend(&rest[..at]);
        match rest[at] {
            quoted @ (b'"' | b'\\') => json.extend(&[b'\\', quoted]),
            control => json.extend(format!("\\u{control:04x}").as_bytes()),
        }
        rest = &rest[at + 1..];
    }
    json.extend(rest);
    json.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_where_they_must_be() {
        for (text, expected) in [
            ("", r#""""#),
            ("plain", r#""plain""#),
            ("\"\\", r#""\"\\""#),
            ("a\"b\\c\0d\u{1f}e\u{7f}f", r#""a\"b\\c\u0000d\u001fe\u007ff""#),
            ("é\u{80}😀/", "\"é\u{80}😀/\""),
        ] {
            let mut json = SecretBytes::default();
            append_string(&mut json, text);
            assert_eq!(std::str::from_utf8(&json), Ok(expected));
            assert_eq!(serde_json::from_slice::<String>(&json).ok().as_deref(), Some(text));
        }
    }

    #[test]
    fn strings_decode_as_serde_json_does() {
        for raw in [
            r#""""#,
            r#""plain""#,
            r#""a\/b\\\"\b\f\n\r\t""#,
            r#""\u0041\u00e9\ud83d\ude00x""#,
            r#""\u0000""#,
            r#""\ud83d""#,
            r#""\ude00""#,
            r#""\ud83dx""#,
            r#""\ud83d\u0041""#,
            r#""\u00e9é""#,
        ] {
            let ours = decode_string(raw).map(|decoded| decoded.as_str().to_owned());
            assert_eq!(ours, serde_json::from_str::<String>(raw).ok(), "{raw}");
        }
        for raw in ["1", "null", "[]", "\"", "", r#""\"#, r#""\x""#, r#""\u12""#, r#""\u+123""#, r#""\u00é""#] {
            assert!(decode_string(raw).is_none(), "{raw}");
        }
    }

    #[test]
    fn strings_survive_the_way_out_and_in() {
        let text = "a\"b\\c\u{1}\u{7f}\n\u{e9}\u{1f600}";
        let mut json = SecretBytes::default();
        append_string(&mut json, text);
        let decoded = decode_string(json.as_str().expect("UTF-8")).map(|decoded| decoded.as_str().to_owned());
        assert_eq!(decoded.as_deref(), Some(text));
    }

    #[test]
    fn twice_is_found_among_few_and_many() {
        for count in [2, 32, 33, 5_000] {
            let mut names: Vec<String> = (0..count).map(|number| format!("m{number}")).collect();
            assert!(!any_twice(&names, String::as_str, |_| true), "{count}");
            names[count - 1] = "m0".to_owned();
            assert!(any_twice(&names, String::as_str, |_| true), "{count}");
            assert!(!any_twice(&names, String::as_str, |name| name != "m0"), "{count}");
        }
    }

    #[test]
    fn only_one_whole_object() {
        assert!(Object::parse(r#" {"a":1,"a":null} "#).is_some_and(|object| object.has_twice(|name| name == "a")));
        assert!(Object::parse(r#"{"\u0061":"x"}"#).is_some_and(|object| object.get("a") == Some("\"x\"")));
        for text in ["", "[]", "1", "{", "{}x", "{}{}", r#"{"a"}"#, r#"{"a":1,}"#] {
            assert!(Object::parse(text).is_none(), "{text}");
        }
    }
}

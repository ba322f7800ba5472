//! JSON pointers (RFC 6901): one value of a document.

use serde_json::value::RawValue;

use crate::protocol::json::{Decoded, Object, decode_string, each_item};

/// The names and indices on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// Else says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let steps = text.strip_prefix('/').ok_or("does not begin with / (RFC 6901)")?;
        let steps: Option<_> = steps.split('/').map(unescaped).collect();
        steps.map(Self).ok_or("has a ~ without 0 or 1 after it (RFC 6901)")
    }

    /// The string at this place, or the number as its text. Else says why there is none, for after the name of the document.
    pub fn text<'a>(&self, json: &'a str) -> Result<Decoded<'a>, &'static str> {
        let mut raw = serde_json::from_str::<&RawValue>(json).map_err(|_| "is no JSON")?.get();
        for step in &self.0 {
            raw = below(raw, step)?;
        }
        match raw.bytes().next() {
            Some(b'"') => decode_string(raw).ok_or("has a string that is no text at the JSON pointer"),
            Some(b'-' | b'0'..=b'9') => Ok(Decoded::Plain(raw)),
            _ => Err("has neither a string nor a number at the JSON pointer"),
        }
    }
}

fn unescaped(step: &str) -> Option<String> {
    let plain = step.replace("~1", "/").replace("~0", "");
    (!plain.contains('~')).then(|| step.replace("~1", "/").replace("~0", "~"))
}

/// The member of an object, or the item of an array.
fn below<'a>(raw: &'a str, step: &str) -> Result<&'a str, &'static str> {
    const NOTHING: &str = "has nothing at the JSON pointer";
    match raw.as_bytes().first() {
        Some(b'{') => {
            let object = Object::try_parse(raw).map_err(|_| "has an object with more than 1,000 members")?;
            let mut found = object.0.into_iter().filter(|(name, _)| name == step);
            match (found.next(), found.next()) {
                (Some((_, raw)), None) => Ok(raw.get()),
                (Some(_), Some(_)) => Err("has the member of the JSON pointer twice"),
                (None, _) => Err(NOTHING),
            }
        }
        Some(b'[') => {
            let is_index = step == "0" || (!step.starts_with('0') && step.bytes().all(|byte| byte.is_ascii_digit()));
            let index = step.parse::<usize>().ok().filter(|_| is_index);
            let (mut at, mut found) = (0, None);
            each_item(raw, |item| {
                found = Some(item.get()).filter(|_| Some(at) == index);
                at += 1;
                found.is_none()
            });
            found.ok_or(NOTHING)
        }
        _ => Err(NOTHING),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(json: &str, pointer: &str) -> Result<String, &'static str> {
        Pointer::parse(pointer)?.text(json).map(|text| text.as_str().to_owned())
    }

    /// RFC 6901 section 5, where the value is a number or a string.
    #[test]
    fn the_examples_of_the_rfc() {
        let json = r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
        for (pointer, expected) in [
            ("/foo/0", "bar"),
            ("/foo/1", "baz"),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            assert_eq!(at(json, pointer).as_deref(), Ok(expected), "{pointer}");
        }
    }

    #[test]
    fn numbers_keep_their_text_and_strings_are_decoded() {
        for (json, expected) in
            [("1234567890123456789012", "1234567890123456789012"), ("-0.50", "-0.50"), (r#" "a\u0062\"" "#, "ab\"")]
        {
            assert_eq!(at(json, "").as_deref(), Ok(expected));
        }
        assert_eq!(at(r#"{"~1":{"x":[[],[{"y":"z"}]]}}"#, "/~01/x/1/0/y").as_deref(), Ok("z"));
    }

    #[test]
    fn what_is_not_there_is_said() {
        let nothing = Err("has nothing at the JSON pointer".to_owned());
        let json = r#"{"a":["x"],"n":null,"o":{},"t":true,"s":"\ud800","d":1,"d":2}"#;
        for pointer in ["/b", "/a/1", "/a/-", "/a/00", "/a/", "/a/+0", "/a/0/x", "/n/x", "/a/99999999999999999999999"] {
            assert_eq!(at(json, pointer).map_err(str::to_owned), nothing, "{pointer}");
        }
        for pointer in ["/a", "/n", "/o", "/t", ""] {
            assert_eq!(at(json, pointer), Err("has neither a string nor a number at the JSON pointer"), "{pointer}");
        }
        assert_eq!(at(json, "/s"), Err("has a string that is no text at the JSON pointer"));
        assert_eq!(at(json, "/d"), Err("has the member of the JSON pointer twice"));
        for no_json in ["", "x", "{", "{}x", "\"", "[1,]"] {
            assert_eq!(at(no_json, "/a"), Err("is no JSON"), "{no_json}");
        }
        for bad in ["a", "a/b", "/~", "/~2", "/a~"] {
            assert!(Pointer::parse(bad).is_err(), "{bad}");
        }
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(at(&deep, "/0/0/0").is_err());
    }
}

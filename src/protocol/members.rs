//! A JSON object that programs read member by member: metadata, claims, introspection, userinfo, a token's extras.

use std::fmt;

use serde_json::value::RawValue;

use crate::protocol::json::{Object, decode_string};
use crate::secret::Secret;

/// One member as C can have it.
pub struct Member {
    pub name: Secret,
    /// A string's text; a number or boolean as written; absent for what is nested, or holds U+0000.
    pub text: Option<Secret>,
    /// The strings of an array; for a string, itself.
    pub items: Box<[Secret]>,
    /// The value as it stands in the JSON.
    pub json: Secret,
}

impl Member {
    /// Of a JSON value as it is written; `None` when the name or the value cannot be a C string.
    pub fn new(name: &str, raw: &str) -> Option<Self> {
        let text = match decode_string(raw) {
            Some(text) => Secret::new(text.as_str()),
            None if raw.starts_with(['{', '[', '"']) => None,
            None => Secret::new(raw),
        };
        let items = if raw.starts_with('[') { strings(raw) } else { Box::default() };
        Some(Self { name: Secret::new(name)?, text, items, json: Secret::new(raw)? })
    }

    /// The strings of an array; a string counts as an array of one, as JWT has it for `aud` (RFC 7519 section 4.1.3).
    pub fn items(&self) -> &[Secret] {
        match &self.text {
            Some(text) if self.is_string() => std::slice::from_ref(text),
            _ => &self.items,
        }
    }

    /// A number, without its fraction.
    pub fn number(&self) -> Option<i64> {
        let raw = self.json.as_str();
        let float = || raw.parse::<f64>().ok().filter(|number| number.is_finite());
        raw.parse().ok().or_else(|| float().map(|number| number as i64))
    }

    pub fn is_string(&self) -> bool {
        self.json.as_str().starts_with('"')
    }
}

fn strings(raw: &str) -> Box<[Secret]> {
    let values: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
    values.into_iter().filter_map(|value| Secret::new(decode_string(value.get())?.as_str())).collect()
}

/// The members of one object, and its text. `null` members are absent.
pub struct Members {
    json: Secret,
    list: Vec<Member>,
}

impl Members {
    /// `None` unless the text is one JSON object, without U+0000 in it and without a member given twice.
    pub fn parse(text: &str) -> Option<Self> {
        Self::of(&Object::parse(text)?, text)
    }

    /// The same of a text that was parsed already.
    pub fn of(object: &Object<'_>, text: &str) -> Option<Self> {
        if object.has_twice(|_| true) {
            return None;
        }
        let present = object.0.iter().filter(|(_, raw)| raw.get() != "null");
        let list = present.filter_map(|(name, raw)| Member::new(name, raw.get())).collect();
        Some(Self { json: Secret::new(text)?, list })
    }

    /// The object as it was written.
    pub fn json(&self) -> &Secret {
        &self.json
    }

    pub fn get(&self, name: &str) -> Option<&Member> {
        self.list.iter().find(|member| member.name.as_str() == name)
    }

    /// The value of a member that is a string.
    pub fn string(&self, name: &str) -> Option<&str> {
        let member = self.get(name).filter(|member| member.is_string())?;
        member.text.as_ref().map(Secret::as_str)
    }

    /// The value of a member that is a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.number()
    }

    /// The value of a member that is a boolean.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.get(name)?.json.as_str().parse().ok()
    }

    /// The strings of a member that is an array, or a string.
    pub fn items(&self, name: &str) -> &[Secret] {
        self.get(name).map_or(&[], Member::items)
    }

    /// Whether that member lists that value.
    pub fn lists(&self, name: &str, value: &str) -> bool {
        self.items(name).iter().any(|item| item.as_str() == value)
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Members({})", self.list.len()) // names and values are the server's
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_value() {
        let members = Members::parse(r#"{"s":"x","n":7.9,"b":true,"a":["p",1,"q"],"o":{},"none":null,"z":"a\u0000"}"#);
        let members = members.expect("an object");
        assert_eq!((members.string("s"), members.string("n"), members.string("none")), (Some("x"), None, None));
        assert_eq!((members.number("n"), members.number("s"), members.number("b")), (Some(7), None, None));
        assert_eq!((members.boolean("b"), members.boolean("s")), (Some(true), None));
        assert!(members.lists("a", "q") && members.lists("s", "x") && !members.lists("n", "7.9"));
        assert_eq!(members.items("a").len(), 2);
        assert!(members.get("o").is_some_and(|member| member.text.is_none()));
        assert!(members.get("z").is_some_and(|member| member.text.is_none()));
        assert!(members.get("none").is_none());
    }

    #[test]
    fn what_is_no_object_of_ours() {
        for text in ["", "[]", "x", r#"{"a":1,"a":2}"#, "{} {}"] {
            assert!(Members::parse(text).is_none(), "{text}");
        }
    }
}

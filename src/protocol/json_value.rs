//! A JSON value that programs read and walk: metadata, claims, introspection, userinfo, other members of an answer.

use std::fmt;

use once_cell::race::OnceBox;
use serde_json::value::RawValue;

use crate::protocol::json::{Object, append_string, decode_string, each_item};
use crate::secret::{Secret, SecretBytes};

/// Values that stand deeper have no members and items: each level keeps a copy of its text, and is freed by recursion.
const DEEPEST: u8 = 32;

/// Most items of an array that can be walked: each is many times larger than its text may be.
const MOST_ITEMS: usize = 10_000;

/// A JSON value, kept as C strings. Members and items are parsed when they are first asked for.
pub struct Value {
    raw: Secret,
    text: Option<Secret>,
    /// How many values it stands in.
    depth: u8,
    nested: OnceBox<Nested>,
}

/// A member of an object.
#[derive(Clone)]
pub struct Member {
    pub name: Secret,
    pub value: Value,
}

/// The members or items of a value.
enum Nested {
    Members(Vec<Member>),
    Items {
        items: Vec<Value>,
        /// The places of those that are strings.
        strings: Vec<usize>,
    },
    Nothing,
}

impl Value {
    /// The value of a JSON text; `None` if the text cannot be a C string.
    pub fn new(raw: &str) -> Option<Self> {
        Self::at_depth(0, raw)
    }

    fn at_depth(depth: u8, raw: &str) -> Option<Self> {
        let text = match decode_string(raw) {
            Some(text) => Secret::new(text.as_str()),
            None if raw.trim_ascii_start().starts_with(['{', '[', '"', 'n']) => None,
            None => Secret::new(raw),
        };
        Some(Self { raw: Secret::new(raw)?, text, depth, nested: OnceBox::new() })
    }

    /// `None` unless the text is one JSON value of any type.
    pub fn parse(text: &str) -> Option<Self> {
        Self::new(serde_json::from_str::<&RawValue>(text).ok()?.get())
    }

    /// `None` unless the text is one JSON object, without a raw U+0000 and without a member given twice.
    pub fn parse_object(text: &str) -> Option<Self> {
        Self::of(&Object::parse(text)?, text)
    }

    /// One JSON object, which may follow a byte order mark; of members given twice the first counts.
    pub fn parse_answer(text: &str) -> Option<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Object::parse(text).and_then(|_| Self::new(text))
    }

    /// Like [`Self::parse_object`], for a text that is already parsed.
    pub fn of(object: &Object<'_>, text: &str) -> Option<Self> {
        let value = (!object.has_twice(|_| true)).then(|| Self::new(text))??;
        drop(value.nested.set(Box::new(Nested::Members(members(object, 1)))));
        Some(value)
    }

    /// An object with these members.
    pub fn from_members(members: &[Member]) -> Option<Self> {
        let mut json = SecretBytes::with_capacity(256);
        append_members(&mut json, members);
        Self::new(json.as_str()?)
    }

    /// The value as it is written.
    pub fn raw(&self) -> &Secret {
        &self.raw
    }

    /// The text of a string, or a number or boolean as it is written; `None` for null, an object, an array, and a
    /// string with U+0000 or an unpaired surrogate.
    pub fn text(&self) -> Option<&Secret> {
        self.text.as_ref()
    }

    /// A number, without its fraction; one that is too large is the nearest that is not.
    pub fn whole_number(&self) -> Option<i64> {
        let raw = self.raw.as_str();
        let number = raw.parse::<f64>().ok()?;
        let whole = if raw.contains(['e', 'E']) { raw } else { raw.split('.').next().unwrap_or_default() };
        Some(whole.parse().unwrap_or(number as i64))
    }

    pub fn is_string(&self) -> bool {
        self.raw.as_str().starts_with('"')
    }

    pub fn is_object(&self) -> bool {
        self.raw.as_str().trim_ascii_start().starts_with('{')
    }

    /// Whether it is an object or an array.
    pub fn is_nested(&self) -> bool {
        self.raw.as_str().trim_ascii_start().starts_with(['{', '['])
    }

    /// The number of members of an object, or of items of an array.
    pub fn len(&self) -> usize {
        match self.nested() {
            Nested::Members(members) => members.len(),
            Nested::Items { items, .. } => items.len(),
            Nested::Nothing => 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of a member of an object.
    pub fn name_at(&self, index: usize) -> Option<&Secret> {
        match self.nested() {
            Nested::Members(members) => Some(&members.get(index)?.name),
            _ => None,
        }
    }

    /// The value of a member of an object, or an item of an array.
    pub fn at(&self, index: usize) -> Option<&Self> {
        match self.nested() {
            Nested::Members(members) => Some(&members.get(index)?.value),
            Nested::Items { items, .. } => items.get(index),
            Nested::Nothing => None,
        }
    }

    /// The first member of that name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self.nested() {
            Nested::Members(members) => find(members, name),
            _ => None,
        }
    }

    /// The strings of an array; a string counts as an array of one, as in `aud` of a JWT (RFC 7519 section 4.1.3).
    pub fn strings(&self) -> impl Iterator<Item = &Secret> {
        (0..).map_while(|index| self.string_at(index))
    }

    pub fn string_count(&self) -> usize {
        match self.nested() {
            Nested::Items { strings, .. } => strings.len(),
            _ => usize::from(self.is_text()),
        }
    }

    /// One of the strings.
    pub fn string_at(&self, index: usize) -> Option<&Secret> {
        match self.nested() {
            Nested::Items { items, strings } => items.get(*strings.get(index)?)?.text(),
            _ => self.text().filter(|_| index == 0 && self.is_string()),
        }
    }

    /// Whether it is a string that can be a C string.
    fn is_text(&self) -> bool {
        self.is_string() && self.text.is_some()
    }

    /// The value of a member that is a string.
    pub fn string(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|member| member.is_string())?.text().map(Secret::as_str)
    }

    /// The value of a member that is a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.whole_number()
    }

    /// The value of a member that is a boolean.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.get(name)?.raw.as_str().parse().ok()
    }

    /// The strings of a member that is an array, or a string.
    pub fn strings_of(&self, name: &str) -> impl Iterator<Item = &Secret> {
        self.get(name).into_iter().flat_map(Self::strings)
    }

    /// Whether the member is this string, or an array that holds it.
    pub fn lists(&self, name: &str, value: &str) -> bool {
        self.strings_of(name).any(|item| item.as_str() == value)
    }

    fn nested(&self) -> &Nested {
        self.nested.get_or_init(|| {
            let raw = self.raw.as_str();
            let depth = self.depth + 1;
            Box::new(match raw.trim_ascii_start().as_bytes().first() {
                _ if depth > DEEPEST => Nested::Nothing,
                Some(b'{') => {
                    let object = Object::parse(raw);
                    Nested::Members(object.map(|object| members(&object, depth)).unwrap_or_default())
                }
                Some(b'[') => {
                    let (mut items, mut seen) = (Vec::new(), 0);
                    each_item(raw, |item| {
                        seen += 1;
                        items.extend(Self::at_depth(depth, item.get()));
                        seen < MOST_ITEMS
                    });
                    let strings = (0..items.len()).filter(|index| items[*index].is_text()).collect();
                    Nested::Items { items, strings }
                }
                _ => Nested::Nothing,
            })
        })
    }
}

/// The first member of that name.
pub fn find<'a>(members: &'a [Member], name: &str) -> Option<&'a Value> {
    members.iter().find(|member| member.name.as_str() == name).map(|member| &member.value)
}

/// Appends an object with these members.
pub fn append_members(json: &mut SecretBytes, members: &[Member]) {
    json.push(b'{');
    for (index, Member { name, value }) in members.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        append_string(json, name.as_str());
        json.push(b':');
        json.extend(value.raw.as_str().as_bytes());
    }
    json.push(b'}');
}

/// The members that are not null, and whose name can be a C string.
fn members(object: &Object<'_>, depth: u8) -> Vec<Member> {
    let present = object.0.iter().filter(|(_, raw)| raw.get() != "null");
    let member = |(name, raw): &(_, &RawValue)| {
        let name: &std::borrow::Cow<'_, str> = name;
        Some(Member { name: Secret::new(name)?, value: Value::at_depth(depth, raw.get())? })
    };
    present.filter_map(member).collect()
}

impl Clone for Value {
    fn clone(&self) -> Self {
        Self { raw: self.raw.clone(), text: self.text.clone(), depth: self.depth, nested: OnceBox::new() }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({} bytes)", self.raw.as_str().len()) // names and values come from the server
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_size() {
        for (raw, expected) in [
            ("7.9", Some(7)),
            ("-7.9", Some(-7)),
            ("9007199254740993.0", Some(9_007_199_254_740_993)),
            ("4611686018427387905.5", Some(4_611_686_018_427_387_905)),
            ("1e3", Some(1000)),
            ("1.5e3", Some(1500)),
            ("1e400", Some(i64::MAX)),
            ("-1e400", Some(i64::MIN)),
            ("99999999999999999999", Some(i64::MAX)),
            ("-99999999999999999999.5", Some(i64::MIN)),
            ("0.5", Some(0)),
            ("\"5\"", None),
            ("true", None),
            ("null", None),
        ] {
            assert_eq!(Value::new(raw).expect("text").whole_number(), expected, "{raw}");
        }
    }

    #[test]
    fn each_kind_of_value() {
        let object = r#"{"s":"x","n":7.9,"b":true,"a":["p",1,"q"],"o":{},"none":null,"z":"a\u0000"}"#;
        let object = Value::parse_object(object).expect("an object");
        assert_eq!((object.string("s"), object.string("n"), object.string("none")), (Some("x"), None, None));
        assert_eq!((object.number("n"), object.number("s"), object.number("b")), (Some(7), None, None));
        assert_eq!((object.boolean("b"), object.boolean("s")), (Some(true), None));
        assert!(object.lists("a", "q") && object.lists("s", "x") && !object.lists("n", "7.9"));
        assert_eq!(object.strings_of("a").count(), 2);
        assert!(object.get("o").is_some_and(|member| member.text().is_none()));
        assert!(object.get("z").is_some_and(|member| member.text().is_none()));
        assert!(object.get("none").is_none());
    }

    #[test]
    fn objects_and_arrays_are_walked_to_their_ends() {
        let deep = format!("{}1{}", "[".repeat(31), "]".repeat(31));
        let object = format!(r#"{{"a":[{{"b":[true,null,"x"],"b":2}},{{}}],"deep":{deep}}}"#);
        let object = Value::parse_object(&object).expect("an object");
        assert_eq!(
            (object.len(), object.name_at(0).map(Secret::as_str), object.name_at(2).map(Secret::as_str)),
            (2, Some("a"), None)
        );
        let inner = object.at(0).and_then(|array| array.at(0)).expect("an object in an array");
        assert_eq!(
            (inner.len(), inner.get("b").map(Value::len)),
            (2, Some(3)),
            "of two with one name the first is found"
        );
        let text = |index| inner.at(0)?.at(index)?.text().map(Secret::as_str);
        assert_eq!([text(0), text(1), text(2), text(3)], [Some("true"), None, Some("x"), None]);
        let mut value = object.get("deep").expect("a member");
        while let Some(next) = value.at(0) {
            value = next;
        }
        assert_eq!(value.text().map(Secret::as_str), Some("1"));
    }

    #[test]
    fn what_would_cost_too_much_has_its_text_only() {
        let many = |count: usize| {
            format!(r#"{{"{}":0}}"#, (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(r#"":0,""#))
        };
        for (count, walked) in [(1000, 1000), (1001, 0)] {
            let inner = many(count);
            let object = Value::parse_object(&format!(r#"{{"inner":{inner}}}"#)).expect("an object");
            let value = object.get("inner").expect("a member");
            assert_eq!((value.len(), value.raw().as_str()), (walked, &*inner));
            assert_eq!(Value::parse_object(&inner).is_some(), walked > 0);
        }
        let array = Value::new(&format!("[{}\"x\"]", "0,".repeat(10_000))).expect("text");
        assert_eq!((array.len(), array.string_count()), (10_000, 0));
    }

    #[test]
    fn only_one_object_with_unique_members_is_read() {
        for text in ["", "[]", "x", r#"{"a":1,"a":2}"#, "{} {}"] {
            assert!(Value::parse_object(text).is_none(), "{text}");
        }
    }
}

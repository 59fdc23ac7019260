//! Takes a JSON text apart, one level at a time, without reading what is inside the parts.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A part of a value.
pub(super) struct Part<'de> {
    /// Its key, or `None` for a member of a list.
    pub(super) key: Option<&'de RawValue>,
    /// Its text.
    pub(super) value: &'de RawValue,
}

impl<'de> Part<'de> {
    /// The key without its quotes and escapes; `None` when it has lone surrogates.
    pub(super) fn name(&self) -> Option<Cow<'de, str>> {
        unquoted(self.key?.get())
    }

    /// The value without its quotes and escapes, when it is a text.
    pub(super) fn text(&self) -> Option<Cow<'de, str>> {
        let value = self.value.get();
        if value.starts_with('"') { unquoted(value) } else { None }
    }
}

fn unquoted(quoted: &str) -> Option<Cow<'_, str>> {
    let inner = quoted.get(1..quoted.len().checked_sub(1)?)?;
    if inner.contains('\\') {
        serde_json::from_str(quoted).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// Hands the parts of an object or list to `each`, in their order, and returns whether it was an object.
///
/// The text is read to its end, so all of it is known to be JSON when there is no error. Cost: one pass; nothing is
/// kept, and nesting is skipped without recursion.
///
/// # Errors
/// Where the text is not JSON, or its value is neither object nor list.
pub(super) fn parts<'de>(
    text: &'de str,
    each: impl FnMut(usize, Part<'de>),
) -> Result<Outer, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let outer = TakeApart(each).deserialize(&mut reader)?;
    reader.end()?;
    Ok(outer)
}

/// What kind of value was taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outer {
    Object,
    List,
    /// Neither; it has no parts.
    Scalar,
}

struct TakeApart<F>(F);

impl<'de, F: FnMut(usize, Part<'de>)> DeserializeSeed<'de> for TakeApart<F> {
    type Value = Outer;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Outer, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de, F: FnMut(usize, Part<'de>)> Visitor<'de> for TakeApart<F> {
    type Value = Outer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Outer, A::Error> {
        let mut index = 0;
        while let Some((key, value)) = map.next_entry()? {
            let key = Some(key);
            (self.0)(index, Part { key, value });
            index += 1;
        }
        Ok(Outer::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Outer, A::Error> {
        let mut index = 0;
        while let Some(value) = list.next_element()? {
            (self.0)(index, Part { key: None, value });
            index += 1;
        }
        Ok(Outer::List)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Outer, E> {
        Ok(Outer::Scalar)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Outer, E> {
        Ok(Outer::Scalar)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Outer, E> {
        Ok(Outer::Scalar)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Outer, E> {
        Ok(Outer::Scalar)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Outer, E> {
        Ok(Outer::Scalar)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Outer, E> {
        Ok(Outer::Scalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_without_quotes_and_escapes() {
        let mut names = Vec::new();
        let outer = parts(r#"{"a": 1, "\u0062\"": [2], "\ud800": 3}"#, |_, part| {
            names.push(part.name().map(Cow::into_owned));
        });
        assert_eq!(outer.unwrap(), Outer::Object);
        assert_eq!(names, [Some("a".to_owned()), Some("b\"".to_owned()), None]);
    }

    #[test]
    fn a_hundred_thousand_open_brackets_are_an_error_and_no_overflow() {
        for open in ["[", "{\"a\":"] {
            assert!(parts(&open.repeat(100_000), |_, _| {}).is_err());
        }
    }
}

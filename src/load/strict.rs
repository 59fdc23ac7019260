//! A strict reader: a serde [`Deserializer`] around `serde_json`'s that knows where it stands and counts what it reads.
//!
//! It hands every value on under its JSON type, so that the nouns' own readers say what they expected, and refuses on
//! the way: values beyond the limits on depth, number and length of text; numbers that are not whole; lists in place
//! of objects; keys that come twice; kinds that are not written the one way they should be. Errors are [`Problem`]s;
//! while one travels up through `serde_json`, which has its own error type, it waits in [`State`].

mod enums;
mod visitor;

use std::borrow::Cow;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Visitor};

use super::Problem;
use crate::bounds::Limits;
use crate::validate::push_key;
use enums::EnumVisitor;
use visitor::{Careful, Shape};

/// The longest text that no host chooses: a fingerprint in hex digits.
const DIGEST_CHARS: usize = 64;

/// Where the reader stands, and how much it has read.
pub(super) struct State<'de> {
    /// Nesting at the place.
    depth: usize,
    depth_max: usize,
    /// Values read so far.
    nodes: usize,
    nodes_max: usize,
    text_max: usize,
    path: Vec<Step<'de>>,
    problem: Option<Problem>,
}

enum Step<'de> {
    Key(Cow<'de, str>),
    Index(usize),
}

impl<'de> State<'de> {
    /// A reader at the root of a document.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            depth: 0,
            depth_max: limits.depth,
            nodes: 0,
            nodes_max: limits.nodes,
            text_max: limits.text_bytes.max(limits.id_bytes).max(DIGEST_CHARS),
            path: Vec::new(),
            problem: None,
        }
    }

    /// Steps into a field whose value will be read apart from its object.
    pub(super) fn enter_key(&mut self, key: &'de str) {
        self.depth += 1;
        self.path.push(Step::Key(Cow::Borrowed(key)));
    }

    /// Steps into a member whose value will be read apart from its list.
    pub(super) fn enter_index(&mut self, index: usize) {
        self.depth += 1;
        self.path.push(Step::Index(index));
    }

    /// Goes back to the nesting where `path_len` steps led, whatever happened since.
    pub(super) fn back_to(&mut self, path_len: usize) {
        self.path.truncate(path_len);
        self.depth = path_len;
        self.problem = None;
    }

    /// The place as a JSON pointer. After an error it is the place of the error.
    pub(super) fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) => push_key(&mut pointer, key),
                Step::Index(index) => push_key(&mut pointer, &index.to_string()),
            }
        }
        pointer
    }

    /// Counts a value.
    pub(super) const fn count(&mut self) -> Result<(), Problem> {
        if self.nodes >= self.nodes_max {
            let limit = self.nodes_max;
            return Err(Problem::TooManyValues { limit });
        }
        self.nodes += 1;
        Ok(())
    }

    fn descend(&mut self) -> Result<(), Problem> {
        if self.depth >= self.depth_max {
            let limit = self.depth_max;
            return Err(Problem::TooDeep { limit });
        }
        self.depth += 1;
        Ok(())
    }

    const fn text(&self, text: &str) -> Result<(), Problem> {
        if text.len() > self.text_max {
            return Err(Problem::TextTooLong { given: text.len(), limit: self.text_max });
        }
        Ok(())
    }

    /// Hands a problem to `serde_json` as one of its own errors.
    fn hide<E: serde::de::Error>(&mut self, problem: Problem) -> E {
        self.problem = Some(problem);
        E::custom("see the state")
    }

    /// Takes a problem back from `serde_json`, or words the one it found itself.
    fn unhide(&mut self, error: impl std::fmt::Display) -> Problem {
        self.problem.take().unwrap_or_else(|| Problem::NotJson { message: without_place(error.to_string()) })
    }
}

/// `serde_json` ends its messages with a place, which is one in a part of the document here.
pub(super) fn without_place(mut message: String) -> String {
    if let Some(at) = message.rfind(" at line ") {
        message.truncate(at);
    }
    message
}

/// The reader: `serde_json`'s with the state.
pub(super) struct Strict<'s, 'de, D> {
    pub(super) inner: D,
    pub(super) state: &'s mut State<'de>,
}

impl<'de, D: Deserializer<'de>> Strict<'_, 'de, D> {
    fn read<V: Visitor<'de>>(self, shape: Shape, visitor: V) -> Result<V::Value, Problem> {
        let state = self.state;
        state.count()?;
        let careful = Careful { visitor, state: &mut *state, shape };
        self.inner.deserialize_any(careful).map_err(|error| state.unhide(error))
    }
}

macro_rules! by_json_type {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            self.read(Shape::Any, visitor)
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<'_, 'de, D> {
    type Error = Problem;

    by_json_type! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_unit deserialize_seq deserialize_map deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let state = self.state;
        let careful = Careful { visitor, state: &mut *state, shape: Shape::Any };
        self.inner.deserialize_option(careful).map_err(|error| state.unhide(error))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.read(Shape::Object, visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.read(Shape::Any, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Problem> {
        self.read(Shape::Any, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.read(Shape::Object, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let state = self.state;
        state.count()?;
        let careful = EnumVisitor { visitor, state: &mut *state, variants };
        self.inner.deserialize_any(careful).map_err(|error| state.unhide(error))
    }
}

/// Reads a value inside a list or object with the state.
struct Seed<'s, 'de, S> {
    seed: S,
    state: &'s mut State<'de>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, 'de, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        let Self { seed, state } = self;
        let strict = Strict { inner, state: &mut *state };
        seed.deserialize(strict).map_err(|problem| state.hide(problem))
    }
}

/// Reads a key, borrowed from the document where it has no escapes.
struct KeyText;

impl<'de> DeserializeSeed<'de> for KeyText {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<Cow<'de, str>, D::Error> {
        inner.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeyText {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

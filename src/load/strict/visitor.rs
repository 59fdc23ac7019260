//! Passes on what `serde_json` found, after looking at it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserializer;
use serde::de::value::CowStrDeserializer;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::{KeyText, Seed, State, Step, Strict};
use crate::load::Problem;
use crate::load::problem::in_json;
use crate::validate::quoted;

/// What the noun asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Anything; its own visitor says what it cannot use.
    Any,
    /// Named fields, which serde would also take from a list by position.
    Object,
}

/// A visitor with the state.
pub(super) struct Careful<'s, 'de, V> {
    pub(super) visitor: V,
    pub(super) state: &'s mut State<'de>,
    pub(super) shape: Shape,
}

macro_rules! pass_on {
    ($($method:ident($($value:ident: $kind:ty)?))*) => {
        $(fn $method<E: de::Error>(self $(, $value: $kind)?) -> Result<V::Value, E> {
            let result: Result<V::Value, Problem> = self.visitor.$method($($value)?);
            result.map_err(|problem| self.state.hide(problem))
        })*
    };
}

macro_rules! pass_on_text {
    ($($method:ident($kind:ty))*) => {
        $(fn $method<E: de::Error>(self, text: $kind) -> Result<V::Value, E> {
            let checked = self.state.text(text.as_ref());
            let result = checked.and_then(|()| self.visitor.$method(text));
            result.map_err(|problem| self.state.hide(problem))
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Careful<'_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    pass_on! {
        visit_bool(value: bool)
        visit_i64(value: i64)
        visit_u64(value: u64)
        visit_unit()
        visit_none()
    }

    pass_on_text! {
        visit_str(&str)
        visit_borrowed_str(&'de str)
        visit_string(String)
    }

    fn visit_f64<E: de::Error>(self, _number: f64) -> Result<V::Value, E> {
        let expected = expected(&self.visitor);
        Err(self.state.hide(Problem::FractionalNumber { expected }))
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let Self { visitor, state, .. } = self;
        let strict = Strict { inner, state: &mut *state };
        visitor.visit_some(strict).map_err(|problem| state.hide(problem))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let Self { visitor, state, shape } = self;
        if shape == Shape::Object {
            let expected = expected(&visitor);
            return Err(state.hide(Problem::ListForObject { expected }));
        }
        let result = state.descend().and_then(|()| {
            let members = Members { inner, state: &mut *state, index: 0 };
            visitor.visit_seq(members)
        });
        leave(state, result)
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let Self { visitor, state, shape } = self;
        let result = state.descend().and_then(|()| {
            let fields = Fields {
                inner,
                state: &mut *state,
                // Objects with named fields notice a repeated one themselves.
                seen: (shape == Shape::Any).then(BTreeSet::new),
            };
            visitor.visit_map(fields)
        });
        leave(state, result)
    }
}

/// Comes out of a list or object; after a problem the state stays at its place.
pub(super) fn leave<T, E: de::Error>(state: &mut State<'_>, result: Result<T, Problem>) -> Result<T, E> {
    match result {
        Ok(value) => {
            state.depth -= 1;
            Ok(value)
        }
        Err(problem) => Err(state.hide(problem)),
    }
}

/// What a visitor expects.
fn expected<'de>(visitor: &impl Visitor<'de>) -> String {
    in_json(visitor)
}

struct Members<'s, 'de, A> {
    inner: A,
    state: &'s mut State<'de>,
    index: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Members<'_, 'de, A> {
    type Error = Problem;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Problem> {
        self.state.path.push(Step::Index(self.index));
        let state = &mut *self.state;
        let next = self.inner.next_element_seed(Seed { seed, state });
        let next = next.map_err(|error| self.state.unhide(error))?;
        self.state.path.pop();
        self.index += 1;
        Ok(next)
    }
}

struct Fields<'s, 'de, A> {
    inner: A,
    state: &'s mut State<'de>,
    /// The keys so far, where nobody else watches them.
    seen: Option<BTreeSet<Cow<'de, str>>>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, 'de, A> {
    type Error = Problem;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Problem> {
        let key = self.inner.next_key_seed(KeyText);
        let Some(key) = key.map_err(|error| self.state.unhide(error))? else {
            return Ok(None);
        };
        self.state.text(&key)?;
        self.state.path.push(Step::Key(key.clone()));
        if let Some(seen) = &mut self.seen
            && !seen.insert(key.clone())
        {
            return Err(Problem::DuplicateKey { key: quoted(&key) });
        }
        let key: CowStrDeserializer<'_, Problem> = CowStrDeserializer::new(key);
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Problem> {
        let state = &mut *self.state;
        let value = self.inner.next_value_seed(Seed { seed, state });
        let value = value.map_err(|error| self.state.unhide(error))?;
        self.state.path.pop();
        Ok(value)
    }
}

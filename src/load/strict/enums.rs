//! Kinds: a word alone when the kind has nothing to say, else an object with the kind as its one key.

use std::fmt;

use serde::Deserializer;
use serde::de::value::{CowStrDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::visitor::leave;
use super::{KeyText, Seed, State, Step};
use crate::load::Problem;
use crate::load::problem::in_json;

/// A visitor of kinds with the state.
pub(super) struct EnumVisitor<'s, 'de, V> {
    pub(super) visitor: V,
    pub(super) state: &'s mut State<'de>,
    pub(super) variants: &'static [&'static str],
}

impl<V> EnumVisitor<'_, '_, V> {
    fn wrong<E: de::Error>(self, given: Unexpected<'_>) -> E {
        let expected = OneOf(self.variants);
        self.state.hide(<Problem as de::Error>::invalid_type(given, &expected))
    }
}

/// Says which kinds there are.
struct OneOf(&'static [&'static str]);

impl de::Expected for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", self.0.join(", "))
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for EnumVisitor<'_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<V::Value, E> {
        Err(self.wrong(Unexpected::Bool(value)))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<V::Value, E> {
        Err(self.wrong(Unexpected::Signed(value)))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<V::Value, E> {
        Err(self.wrong(Unexpected::Unsigned(value)))
    }

    fn visit_f64<E: de::Error>(self, _value: f64) -> Result<V::Value, E> {
        let expected = in_json(&OneOf(self.variants));
        Err(self.state.hide(Problem::FractionalNumber { expected }))
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        Err(self.wrong(Unexpected::Unit))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _inner: A) -> Result<V::Value, A::Error> {
        Err(self.wrong(Unexpected::Seq))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<V::Value, E> {
        let checked = self.state.text(text);
        let result = checked.and_then(|()| self.visitor.visit_enum(Word(text)));
        result.map_err(|problem| self.state.hide(problem))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut inner: A) -> Result<V::Value, A::Error> {
        let Self { visitor, state, .. } = self;
        let result = state.descend().and_then(|()| {
            let kind = OneKey { inner: &mut inner, state: &mut *state };
            let value = visitor.visit_enum(kind)?;
            match inner.next_key_seed(KeyText) {
                Ok(None) => Ok(value),
                Ok(Some(_)) => Err(not_one_key("several keys")),
                Err(error) => Err(state.unhide(error)),
            }
        });
        leave(state, result)
    }
}

fn not_one_key(given: &str) -> Problem {
    Problem::WrongType {
        given: format!("an object with {given}"),
        expected: "an object with one key".to_owned(),
    }
}

/// A kind written as a word.
struct Word<'w>(&'w str);

impl<'de> EnumAccess<'de> for Word<'_> {
    type Error = Problem;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Problem> {
        let variant = seed.deserialize(StrDeserializer::new(self.0))?;
        Ok((variant, self))
    }
}

impl Word<'_> {
    fn has_more_to_say(&self) -> Problem {
        Problem::WrongType {
            given: format!("the word \"{}\" alone", self.0),
            expected: format!("{{\"{}\": …}}", self.0),
        }
    }
}

impl<'de> VariantAccess<'de> for Word<'_> {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _seed: S) -> Result<S::Value, Problem> {
        Err(self.has_more_to_say())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value, Problem> {
        Err(self.has_more_to_say())
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Problem> {
        Err(self.has_more_to_say())
    }
}

/// A kind written as the one key of an object.
struct OneKey<'s, 'de, A> {
    inner: &'s mut A,
    state: &'s mut State<'de>,
}

impl<'de, A: MapAccess<'de>> EnumAccess<'de> for OneKey<'_, 'de, A> {
    type Error = Problem;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Problem> {
        let key = self.inner.next_key_seed(KeyText);
        let Some(key) = key.map_err(|error| self.state.unhide(error))? else {
            return Err(not_one_key("no key"));
        };
        self.state.text(&key)?;
        let kind: CowStrDeserializer<'_, Problem> = CowStrDeserializer::new(key.clone());
        let kind = seed.deserialize(kind)?;
        self.state.path.push(Step::Key(key));
        Ok((kind, self))
    }
}

impl<'de, A: MapAccess<'de>> OneKey<'_, 'de, A> {
    fn value<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Problem> {
        let state = &mut *self.state;
        let value = self.inner.next_value_seed(Seed { seed, state });
        let value = value.map_err(|error| self.state.unhide(error))?;
        self.state.path.pop();
        Ok(value)
    }
}

impl<'de, A: MapAccess<'de>> VariantAccess<'de> for OneKey<'_, 'de, A> {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        // A kind with nothing to say has one spelling: the word alone.
        self.state.path.pop();
        Err(Problem::WrongType { given: "an object".to_owned(), expected: "the word alone".to_owned() })
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Problem> {
        self.value(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Problem> {
        self.value(ObjectSeed(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.value(ObjectSeed(visitor))
    }
}

/// Reads the named fields of a kind.
struct ObjectSeed<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for ObjectSeed<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        inner.deserialize_struct("", &[], self.0)
    }
}

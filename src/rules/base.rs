//! Which value of a unit a threshold counts.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::StageId;

/// The value a threshold, price range or comparison looks at (S-4). Left out, it is what the rule's stage computes
/// from: the stage's start under [`Basis::Entry`](super::Basis), the value now under `Running`.
///
/// In JSON: `"list"`, `"entry"`, `"running"`, `"cash"`, or `"stage:<id>"`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// List price times quantity.
    List,
    /// The value when the rule's own stage started.
    Entry,
    /// The value when a stage started; it must not be a later one.
    Stage(StageId),
    /// The value now, after the rules ranked before.
    Running,
    /// What is left to pay in money; for stages after the one in which points are redeemed.
    Cash,
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List => f.write_str("list"),
            Self::Entry => f.write_str("entry"),
            Self::Stage(stage) => write!(f, "stage:{stage}"),
            Self::Running => f.write_str("running"),
            Self::Cash => f.write_str("cash"),
        }
    }
}

impl Serialize for Base {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Base {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Base;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"list\", \"entry\", \"running\", \"cash\" or \"stage:<id>\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Base, E> {
                match text {
                    "list" => Ok(Base::List),
                    "entry" => Ok(Base::Entry),
                    "running" => Ok(Base::Running),
                    "cash" => Ok(Base::Cash),
                    _ => match text.strip_prefix("stage:") {
                        Some(stage) => Ok(Base::Stage(StageId::new(stage))),
                        None => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                    },
                }
            }
        }
        deserializer.deserialize_str(Text)
    }
}

//! What a document is refused for.

use std::fmt;

use serde::de::{self, Unexpected};

use crate::ledger::SnapshotProblem;
use crate::money::Amount;
use crate::record::{QuoteError, ReceiptError};
use crate::shop::CartError;
use crate::validate::{Code, Spot, quoted};

/// A document that was refused: its first problem, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct LoadError {
    /// Where, as a JSON pointer; empty for the whole document.
    pub path: String,
    /// The line in the text, counted from 1.
    pub line: u32,
    /// The character in the line, counted from 1.
    pub column: u32,
    /// What is wrong, with the value at fault and the limit it broke.
    pub problem: Problem,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{} ", self.path)?;
        }
        write!(f, "(line {}, column {}): {}", self.line, self.column, self.problem)
    }
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// More bytes than allowed.
    #[error("{given} bytes; at most {limit} are allowed")]
    DocumentTooLarge {
        /// Its bytes.
        given: usize,
        /// [`Limits::document_bytes`](crate::bounds::Limits::document_bytes).
        limit: usize,
    },
    /// Bytes that are no UTF-8 text.
    #[error("not UTF-8 from byte {valid_up_to} on")]
    NotUtf8 {
        /// Bytes before the first wrong one.
        valid_up_to: usize,
    },
    /// A byte order mark at the start.
    #[error("a byte order mark")]
    ByteOrderMark,
    /// Text that is not one JSON value.
    #[error("{message}")]
    NotJson {
        /// What the JSON reader says.
        message: String,
    },
    /// Values nested deeper than allowed.
    #[error("nested more than {limit} deep")]
    TooDeep {
        /// [`Limits::depth`](crate::bounds::Limits::depth).
        limit: usize,
    },
    /// More values than allowed.
    #[error("more than {limit} values")]
    TooManyValues {
        /// [`Limits::nodes`](crate::bounds::Limits::nodes).
        limit: usize,
    },
    /// More members of a list than allowed.
    #[error("{given} members; at most {limit} are allowed")]
    TooManyMembers {
        /// How many there are.
        given: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A string longer than any may be.
    #[error("a text of {given} bytes; at most {limit} are allowed")]
    TextTooLong {
        /// Its bytes.
        given: usize,
        /// The larger of the limits on ids and texts.
        limit: usize,
    },
    /// A value of another type than expected.
    #[error("{given}, expected {expected}")]
    WrongType {
        /// What was found.
        given: String,
        /// What is read here.
        expected: String,
    },
    /// A JSON number with a fraction, an exponent or too many digits.
    #[error("a number with a fraction, an exponent or too many digits, expected {expected}")]
    FractionalNumber {
        /// What is read here.
        expected: String,
    },
    /// A list where named fields are expected.
    #[error("a list, expected {expected}")]
    ListForObject {
        /// What is read here.
        expected: String,
    },
    /// A key that was there before.
    #[error("{key} is there twice")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A field that is not part of the format.
    #[error("unknown field {given}{}", one_of(expected))]
    UnknownField {
        /// Its name.
        given: String,
        /// The fields there are.
        expected: &'static [&'static str],
    },
    /// A required field that is not there.
    #[error("field `{field}` is missing")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// A word or kind that is none of those allowed.
    #[error("unknown kind {given}{}", one_of(expected))]
    UnknownKind {
        /// What was found.
        given: String,
        /// What there is.
        expected: &'static [&'static str],
    },
    /// A value of the right type that cannot be used.
    #[error("{message}")]
    BadValue {
        /// Why, with the value.
        message: String,
    },
    /// An empty id, or one with control characters.
    #[error("{given} is not an id")]
    BadId {
        /// What was given.
        given: String,
    },
    /// An amount below zero.
    #[error("{given} is below zero")]
    NegativeAmount {
        /// The amount.
        given: Amount,
    },
    /// A cart that does not hold together.
    #[error("{}", without_path(.0, .0.path()))]
    Cart(CartError),
    /// A snapshot of a ledger that is not what was written.
    #[error("{0}")]
    Snapshot(SnapshotProblem),
    /// A quote that does not add up.
    #[error("{}", without_path(.0, .0.path()))]
    Quote(QuoteError),
    /// A receipt that is not what was written, or does not hold together.
    #[error("{0}")]
    Receipt(ReceiptError),
}

fn one_of(expected: &[&str]) -> String {
    match expected {
        [] => String::new(),
        words => format!(", expected {}", words.join(", ")),
    }
}

/// A noun's error names its path within the noun; a [`LoadError`] names the path within the document.
fn without_path(error: &impl fmt::Display, path: &str) -> String {
    let text = error.to_string();
    let rest = text.strip_prefix(path);
    rest.and_then(|rest| rest.strip_prefix(": ")).map_or_else(|| text.clone(), str::to_owned)
}

impl Problem {
    /// The code under which a report lists it.
    pub(super) const fn code(&self) -> Code {
        match self {
            Self::DocumentTooLarge { .. } => Code::DocumentTooLarge,
            Self::NotUtf8 { .. } => Code::NotUtf8,
            Self::ByteOrderMark => Code::ByteOrderMark,
            Self::NotJson { .. } => Code::NotJson,
            Self::TooDeep { .. } => Code::TooDeep,
            Self::TooManyValues { .. } => Code::TooManyValues,
            Self::TooManyMembers { .. } => Code::ListTooLong,
            Self::TextTooLong { .. } => Code::TextTooLong,
            Self::WrongType { .. } => Code::WrongType,
            Self::FractionalNumber { .. } => Code::FractionalNumber,
            Self::ListForObject { .. } => Code::ListForObject,
            Self::DuplicateKey { .. } => Code::DuplicateKey,
            Self::UnknownField { .. } => Code::UnknownField,
            Self::MissingField { .. } => Code::MissingField,
            Self::UnknownKind { .. } => Code::UnknownKind,
            Self::NegativeAmount { .. } => Code::NegativeAmount,
            Self::BadId { .. }
            | Self::BadValue { .. }
            | Self::Cart(_)
            | Self::Snapshot(_)
            | Self::Quote(_)
            | Self::Receipt(_) => Code::BadValue,
        }
    }

    /// Which part of the text is at fault.
    pub(super) const fn spot(&self) -> Spot {
        match self {
            Self::UnknownField { .. } | Self::DuplicateKey { .. } => Spot::Key,
            Self::DocumentTooLarge { .. }
            | Self::NotUtf8 { .. }
            | Self::ByteOrderMark
            | Self::NotJson { .. }
            | Self::TooDeep { .. }
            | Self::TooManyValues { .. }
            | Self::TooManyMembers { .. }
            | Self::TextTooLong { .. }
            | Self::WrongType { .. }
            | Self::FractionalNumber { .. }
            | Self::ListForObject { .. }
            | Self::MissingField { .. }
            | Self::UnknownKind { .. }
            | Self::BadValue { .. }
            | Self::BadId { .. }
            | Self::NegativeAmount { .. }
            | Self::Cart(_)
            | Self::Snapshot(_)
            | Self::Quote(_)
            | Self::Receipt(_) => Spot::Value,
        }
    }
}

/// What the nouns' own readers say, kept apart by kind.
impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::BadValue { message: message.to_string() }
    }

    fn invalid_type(given: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::WrongType { given: shown(given), expected: in_json(expected) }
    }

    fn invalid_value(given: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::BadValue { message: format!("{}, expected {}", shown(given), in_json(expected)) }
    }

    fn unknown_variant(given: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownKind { given: quoted(given), expected }
    }

    fn unknown_field(given: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownField { given: quoted(given), expected }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::MissingField { field }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::DuplicateKey { key: quoted(field) }
    }
}

/// Names a value found, at a bounded length.
fn shown(given: Unexpected<'_>) -> String {
    match given {
        Unexpected::Str(text) => format!("string {}", quoted(text)),
        other => other.to_string(),
    }
}

/// What is expected, in the words of JSON where a reader names a type of the library.
pub(super) fn in_json(expected: &dyn de::Expected) -> String {
    let expected = expected.to_string();
    let from_zero = |most: u64| format!("a whole number from 0 to {most}");
    match expected.as_str() {
        "u8" => from_zero(u8::MAX.into()),
        "u16" => from_zero(u16::MAX.into()),
        "u32" => from_zero(u32::MAX.into()),
        "u64" => from_zero(u64::MAX),
        "i8" | "i16" | "i32" | "i64" => "a whole number".to_owned(),
        name if name.starts_with("struct ") => "an object".to_owned(),
        _ => expected,
    }
}

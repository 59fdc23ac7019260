//! What a quote document is refused for.

use super::Fingerprint;
use crate::money::AmountError;

/// Why a document is no quote: one problem, with its path. A quote that was read adds up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuoteError {
    /// An amount that is not one of the quote's currency.
    #[error("{path}: {problem}")]
    BadAmount {
        /// Where.
        path: String,
        /// Why.
        problem: AmountError,
    },
    /// An amount or count outside what it can be.
    #[error("{path}: {given} is outside {least} to {most}")]
    OutOfRange {
        /// Where.
        path: String,
        /// The amount in minor units, or the count.
        given: i128,
        /// The least it can be.
        least: i128,
        /// The most it can be.
        most: i128,
    },
    /// A sum or count that is not what its parts come to.
    #[error("{path}: {given} minor units or pieces, and its parts come to {expected}")]
    DoesNotAddUp {
        /// Where.
        path: String,
        /// The amount in minor units, or the count.
        given: i128,
        /// What it should be.
        expected: i128,
    },
    /// An id that names nothing in the quote.
    #[error("{path}: {given:?} is not in the quote")]
    NotThere {
        /// Where.
        path: String,
        /// The id.
        given: String,
    },
    /// An entry that is there before, or out of order.
    #[error("{path}: repeated or out of order")]
    OutOfOrder {
        /// Where.
        path: String,
    },
    /// A part that contradicts the rest of the quote.
    #[error("{path}: it contradicts the rest of the quote")]
    Contradiction {
        /// Where.
        path: String,
    },
    /// A digest that is not the quote's.
    #[error("/digest: the quote's digest is {computed}, not {}", given.map_or("given".to_owned(), |given| given.to_string()))]
    WrongDigest {
        /// The one in the document, if there is one.
        given: Option<Fingerprint>,
        /// The one of what was read.
        computed: Fingerprint,
    },
}

impl QuoteError {
    /// Where in the quote, as a JSON pointer.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::BadAmount { path, .. }
            | Self::OutOfRange { path, .. }
            | Self::DoesNotAddUp { path, .. }
            | Self::NotThere { path, .. }
            | Self::OutOfOrder { path }
            | Self::Contradiction { path } => path,
            Self::WrongDigest { .. } => "/digest",
        }
    }
}

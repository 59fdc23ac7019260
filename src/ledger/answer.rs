//! What was answered about a reservation, remembered without the names of what it is about: the items have them.

use smallvec::SmallVec;

use super::request::Asks;
use super::reservation::Item;
use super::{Committed, Refunded, Refusal, Released, RequestId, Settled};
use crate::record::Claim;

/// One amount for each item of a reservation.
pub(super) type Amounts = SmallVec<[u64; 2]>;

/// Amounts of a reservation's items, as they are remembered: most often all that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Share {
    Whole,
    Part(Box<Amounts>),
}

impl Share {
    /// Amounts of these items.
    pub fn of(amounts: Amounts, items: &[Item]) -> Self {
        let whole = amounts.iter().eq(items.iter().map(|item| &item.claimed));
        if whole { Self::Whole } else { Self::Part(Box::new(amounts)) }
    }

    /// The amounts of these items.
    pub fn amounts(&self, items: &[Item]) -> Amounts {
        match self {
            Self::Whole => items.iter().map(|item| item.claimed).collect(),
            Self::Part(amounts) => (**amounts).clone(),
        }
    }
}

/// An answer about a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Committed {
        seq: u64,
        posted: Share,
    },
    /// A commit that somebody should look at, as it was answered.
    Alerted(Box<Committed>),
    Released {
        seq: u64,
        returned: Share,
    },
    Refunded(Box<Refunded>),
    Refused(Box<Refusal>),
}

/// A request about a reservation, with its answer.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub request: RequestId,
    pub asks: Asks,
    pub answer: Answer,
}

/// What was answered about a reservation, in order; most settle once.
pub(super) type Answered = SmallVec<[Done; 1]>;

/// What an answer is about. The names of the items come from `claims`.
pub(super) trait Answers: Sized {
    fn of(answer: &Answer, claims: impl Fn(&Share) -> Vec<Claim>) -> Option<Settled<Self>>;
}

impl Answers for Committed {
    fn of(answer: &Answer, claims: impl Fn(&Share) -> Vec<Claim>) -> Option<Settled<Self>> {
        match answer {
            Answer::Committed { seq, posted } => {
                Some(Settled::Done(Self { seq: *seq, posted: claims(posted), alerts: Vec::new() }))
            }
            Answer::Alerted(done) => Some(Settled::Done((**done).clone())),
            Answer::Refused(why) => Some(Settled::Refused((**why).clone())),
            Answer::Released { .. } | Answer::Refunded(_) => None,
        }
    }
}

impl Answers for Released {
    fn of(answer: &Answer, claims: impl Fn(&Share) -> Vec<Claim>) -> Option<Settled<Self>> {
        match answer {
            Answer::Released { seq, returned } => {
                Some(Settled::Done(Self { seq: *seq, returned: claims(returned) }))
            }
            Answer::Refused(why) => Some(Settled::Refused((**why).clone())),
            Answer::Committed { .. } | Answer::Alerted(_) | Answer::Refunded(_) => None,
        }
    }
}

impl Answers for Refunded {
    fn of(answer: &Answer, _: impl Fn(&Share) -> Vec<Claim>) -> Option<Settled<Self>> {
        match answer {
            Answer::Refunded(done) => Some(Settled::Done((**done).clone())),
            Answer::Refused(why) => Some(Settled::Refused((**why).clone())),
            Answer::Committed { .. } | Answer::Alerted(_) | Answer::Released { .. } => None,
        }
    }
}

//! What was answered about a reservation, remembered without the names of what it is about: the items have them.

use smallvec::SmallVec;

use super::{Alert, Committed, Refunded, Refusal, Released, RequestId, Settled};
use crate::record::{Claim, Fingerprint};

/// One amount for each item of a reservation.
pub(super) type Amounts = SmallVec<[u64; 2]>;

/// An answer about a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Committed { seq: u64, posted: Amounts, alerts: Vec<Alert> },
    Released { seq: u64, returned: Amounts },
    Refunded(Box<Refunded>),
    Refused(Box<Refusal>),
}

/// A request about a reservation, with its answer.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub request: RequestId,
    pub content: Fingerprint,
    pub answer: Answer,
}

/// What an answer is about. The names of the items come from `claims`.
pub(super) trait Answers: Sized {
    fn of(answer: &Answer, claims: impl Fn(&Amounts) -> Vec<Claim>) -> Option<Settled<Self>>;
}

impl Answers for Committed {
    fn of(answer: &Answer, claims: impl Fn(&Amounts) -> Vec<Claim>) -> Option<Settled<Self>> {
        match answer {
            Answer::Committed { seq, posted, alerts } => {
                Some(Settled::Done(Self { seq: *seq, posted: claims(posted), alerts: alerts.clone() }))
            }
            Answer::Refused(why) => Some(Settled::Refused((**why).clone())),
            Answer::Released { .. } | Answer::Refunded(_) => None,
        }
    }
}

impl Answers for Released {
    fn of(answer: &Answer, claims: impl Fn(&Amounts) -> Vec<Claim>) -> Option<Settled<Self>> {
        match answer {
            Answer::Released { seq, returned } => {
                Some(Settled::Done(Self { seq: *seq, returned: claims(returned) }))
            }
            Answer::Refused(why) => Some(Settled::Refused((**why).clone())),
            Answer::Committed { .. } | Answer::Refunded(_) => None,
        }
    }
}

impl Answers for Refunded {
    fn of(answer: &Answer, _: impl Fn(&Amounts) -> Vec<Claim>) -> Option<Settled<Self>> {
        match answer {
            Answer::Refunded(done) => Some(Settled::Done((**done).clone())),
            Answer::Refused(why) => Some(Settled::Refused((**why).clone())),
            Answer::Committed { .. } | Answer::Released { .. } => None,
        }
    }
}

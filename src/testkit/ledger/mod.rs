//! Calls on a ledger from bytes, and a slow, plain ledger to compare the answers with.
//!
//! In: any bytes. Out: [`Step`]s, of few ids, small amounts and near times, so that repeats, conflicts, replacements, partial
//! commits, expiry, refusals, lack of room and changes of limits do happen; a test counts them. [`Model`] answers
//! them from maps and sums over all it remembers; it shares no code with `ledger` but the documents that go in and out.

mod calls;
mod model;

pub use calls::{END_MS, Step, settings, steps};
pub use model::Model;

use crate::ledger::{
    Balance, Closed, Commit, Committed, Ledger, LedgerError, Limit, LimitSet, OwnerId, Refund, Refunded,
    Release, Released, Reserve, Reserved, Settled,
};
use crate::record::{Resource, Usage};
use crate::shop::{CustomerId, Moment};

/// One call on a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the methods")]
pub enum Call {
    Reserve(Reserve),
    Commit(Commit),
    Release(Release),
    Refund(Refund),
    Limit(Limit),
    Expire,
    Close(Resource),
    Balance(Resource),
    Usage(Option<CustomerId>, Option<OwnerId>),
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the calls")]
pub enum Reply {
    Reserve(Reserved),
    Commit(Settled<Committed>),
    Release(Settled<Released>),
    Refund(Settled<Refunded>),
    Limit(LimitSet),
    Expire(u64),
    Close(Closed),
    Balance(Balance),
    Usage(Usage),
    Error(LedgerError),
}

impl Call {
    /// Makes the call.
    pub fn on(&self, ledger: &impl Ledger, now: Moment) -> Reply {
        match self {
            Self::Reserve(call) => ledger.reserve(call, now).map(Reply::Reserve),
            Self::Commit(call) => ledger.commit(call, now).map(Reply::Commit),
            Self::Release(call) => ledger.release(call, now).map(Reply::Release),
            Self::Refund(call) => ledger.refund(call, now).map(Reply::Refund),
            Self::Limit(limit) => ledger.set_limit(limit, now).map(Reply::Limit),
            Self::Expire => ledger.expire(now).map(Reply::Expire),
            Self::Close(resource) => ledger.close(resource, now).map(Reply::Close),
            Self::Balance(resource) => ledger.balance(resource, now).map(Reply::Balance),
            Self::Usage(customer, owner) => {
                ledger.usage(customer.as_ref(), owner.as_ref(), now).map(Reply::Usage)
            }
        }
        .unwrap_or_else(Reply::Error)
    }
}

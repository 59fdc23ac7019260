//! The journal played again.

use super::book::{Book, Sink};
use super::settings::TIME_MS_MAX;
use super::{Entry, LedgerError, Operation};
use crate::shop::Moment;

/// A journal that cannot be played again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq}: {problem}")]
#[non_exhaustive]
pub struct ReplayError {
    /// The entry's number.
    pub seq: u64,
    /// What is wrong with it.
    pub problem: ReplayProblem,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayProblem {
    /// Another entry comes next.
    #[error("entry {expected} was expected")]
    OutOfOrder {
        /// Its number.
        expected: u64,
    },
    /// Its time is before that of the entry in front of it, or out of range.
    #[error("its time is {given_ms} ms, that of the entry before {before_ms} ms")]
    BadTime {
        /// Its time.
        given_ms: i64,
        /// The time before it.
        before_ms: i64,
    },
    /// The ledger cannot do what it says.
    #[error("{0}")]
    Refused(LedgerError),
    /// The ledger does something else than it says.
    #[error("it does not do what it says")]
    Diverged,
}

impl Book {
    /// Plays the entries after the last event known.
    pub fn replay(&mut self, entries: &[Entry]) -> Result<(), ReplayError> {
        let known = self.seq;
        for entry in entries.iter().filter(|entry| entry.seq > known) {
            let problem = |problem| ReplayError { seq: entry.seq, problem };
            self.replay_one(entry).map_err(problem)?;
        }
        Ok(())
    }

    fn replay_one(&mut self, entry: &Entry) -> Result<(), ReplayProblem> {
        let expected = self.seq.saturating_add(1);
        if entry.seq != expected {
            return Err(ReplayProblem::OutOfOrder { expected });
        }
        let (given_ms, before_ms) = (entry.at_ms, self.clock);
        let bad_time = ReplayProblem::BadTime { given_ms, before_ms };
        if given_ms < before_ms || given_ms > TIME_MS_MAX {
            return Err(bad_time);
        }
        let now = Moment::from_unix_ms(given_ms).ok_or(bad_time)?;
        let sink = std::mem::replace(&mut self.sink, Sink::Replay(None));
        let done = self.redo(&entry.operation, now);
        let kept = std::mem::replace(&mut self.sink, sink);
        done?;
        match kept {
            Sink::Replay(Some(kept)) if kept == *entry => Ok(()),
            Sink::Replay(_) | Sink::Nothing | Sink::Host(_) => Err(ReplayProblem::Diverged),
        }
    }

    /// Does one operation. Expiries have entries of their own, so no other entry may find a hold that is due.
    fn redo(&mut self, operation: &Operation, now: Moment) -> Result<(), ReplayProblem> {
        let due = self.due.first().filter(|(expires_ms, ..)| *expires_ms <= now.unix_ms());
        if let Operation::Expire(_) = operation {
            let (_, _, at) = due.ok_or(ReplayProblem::Diverged)?;
            self.clock = now.unix_ms();
            return self.expire(at).map_err(ReplayProblem::Refused);
        }
        if due.is_some() {
            return Err(ReplayProblem::Diverged);
        }
        let (hashing, now_ms) = (&self.hashing.clone(), now.unix_ms());
        match operation {
            Operation::Reserve(call) => {
                call.check().and_then(|()| self.reserve(call, &mut call.prepare(hashing), now_ms)).map(|_| ())
            }
            Operation::Commit(call) => {
                call.check().and_then(|()| self.commit(call, &mut call.prepare(hashing), now_ms)).map(|_| ())
            }
            Operation::Release(call) => {
                call.check().and_then(|()| self.release(call, &mut call.prepare(hashing), now_ms)).map(|_| ())
            }
            Operation::Refund(call) => {
                call.check().and_then(|()| self.refund(call, &mut call.prepare(hashing), now_ms)).map(|_| ())
            }
            Operation::Limit(limit) => self.set_limit(limit, now).map(|_| ()),
            Operation::Close(close) => {
                let closed = self.close_again(close, now).map_err(ReplayProblem::Refused)?;
                return if closed.is_some() { Ok(()) } else { Err(ReplayProblem::Diverged) };
            }
            Operation::Expire(_) => Ok(()),
        }
        .map_err(ReplayProblem::Refused)
    }
}

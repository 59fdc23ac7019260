//! The budget and velocity guard: what is worth a look when something is committed or refunded.

use serde::{Deserialize, Serialize};

use super::settings::THRESHOLDS_MAX;
use crate::bounds::PPM;
use crate::money::Percent;
use crate::record::Resource;

/// What is reported of a resource. Alerts stop nothing: a rule stops at its limit, and before that whoever reads
/// them can lower the limit or switch the rule off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Guard {
    /// Shares of the limit; the commit that reaches one reports it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spent: Vec<Percent>,
    /// The commit that takes more than this in one minute of the clock reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u64>,
    /// The refund that brings all refunds to this share of all commits reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Percent>,
}

impl Guard {
    /// Adds a share of the limit.
    #[must_use]
    pub fn spent(mut self, share: Percent) -> Self {
        self.spent.push(share);
        self
    }

    /// Sets how much in a minute is worth a look.
    #[must_use]
    pub const fn per_minute(mut self, amount: u64) -> Self {
        self.per_minute = Some(amount);
        self
    }

    /// Sets which share of refunds is worth a look.
    #[must_use]
    pub const fn refunded(mut self, share: Percent) -> Self {
        self.refunded = Some(share);
        self
    }

    /// The shares in parts per million; `None` when one is out of range or there are too many.
    pub(super) fn rates(&self) -> Option<Rates> {
        let ppm = |share: &Percent| share.to_rate().ok().map(|rate| rate.ppm().unsigned_abs());
        if self.spent.len() > THRESHOLDS_MAX {
            return None;
        }
        let spent = self.spent.iter().map(ppm).collect::<Option<Vec<u64>>>()?;
        let refunded = match &self.refunded {
            Some(share) => Some(ppm(share)?),
            None => None,
        };
        Some(Rates { spent, refunded })
    }
}

/// The shares of a [`Guard`] in parts per million.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rates {
    pub spent: Vec<u64>,
    pub refunded: Option<u64>,
}

/// Something worth a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Alert {
    /// What it is about.
    pub resource: Resource,
    /// What happened.
    pub kind: AlertKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AlertKind {
    /// The use has reached a share of the limit.
    Spent {
        /// The share.
        share: Percent,
        /// The use now.
        spent: u64,
        /// The limit.
        limit: u64,
    },
    /// More was committed in this minute of the clock than the guard expects.
    PerMinute {
        /// In this minute so far.
        committed: u64,
        /// What is expected at most.
        expected: u64,
    },
    /// Refunds have reached a share of the commits.
    Refunded {
        /// The share.
        share: Percent,
        /// All refunds.
        refunded: u64,
        /// All commits.
        committed: u64,
    },
}

/// Whether `part` is at least a share of `whole`; exact.
pub(super) fn reaches(part: u64, whole: u64, share_ppm: u64) -> bool {
    // Two factors below 2^64 have a product below 2^128.
    let product = |a: u64, b: u64| u128::from(a).saturating_mul(u128::from(b));
    whole > 0 && product(part, PPM.unsigned_abs()) >= product(whole, share_ppm)
}

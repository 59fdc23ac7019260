//! How much a ledger may keep, and for how long.

use crate::money::Currency;

/// Most bytes of the id of a request, an owner, or anything a claim names.
pub const ID_BYTES_MAX: usize = 128;
/// Most claims of one request.
pub(super) const CLAIMS_MAX: usize = 4_096;
/// Longest hold: thirty days.
pub(super) const TTL_MS_MAX: u64 = 30 * DAY_MS;
/// Most commits, releases and refunds of one reservation.
pub(super) const OPERATIONS_MAX: usize = 64;
/// Most percentages of one limit that are reported when its use passes them.
pub(super) const THRESHOLDS_MAX: usize = 16;
/// No moment lies further from 1970, and no duration is longer; so sums of the two fit.
pub(super) const TIME_MS_MAX: i64 = 1_i64 << 54;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The bounds of an embedded ledger's state. What does not fit is refused with [`LedgerError::Full`](super::LedgerError);
/// nothing is dropped to make room.
///
/// ```
/// use dealproof::ledger::Settings;
/// use dealproof::money::Currency;
///
/// let settings = Settings::new(Currency::CNY).reservations_max(200_000).returns_ms(14 * 86_400_000);
/// assert_eq!(settings.accounts_max, 1_000_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The currency of budgets.
    pub currency: Currency,
    /// Most limits.
    pub limits_max: usize,
    /// Most resources that were ever claimed, each customer's apart.
    pub accounts_max: usize,
    /// Most reservations that are open or remembered, rejected ones too.
    pub reservations_max: usize,
    /// How long the answers about a reservation that committed nothing are remembered after its last event, in
    /// milliseconds. A retry later than that counts as a new request.
    pub retention_ms: u64,
    /// How long a reservation that committed something is remembered after its last event, in milliseconds: no refund is
    /// possible later.
    pub returns_ms: u64,
    /// Seeds the tables ids are looked up in: a number that shoppers who can choose ids do not know. No answer
    /// depends on it.
    pub hash_seed: u64,
}

impl Settings {
    /// A million accounts and reservations, ten thousand limits; answers for a day, refunds for thirty days.
    #[must_use]
    pub const fn new(currency: Currency) -> Self {
        Self {
            currency,
            limits_max: 10_000,
            accounts_max: 1_000_000,
            reservations_max: 1_000_000,
            retention_ms: DAY_MS,
            returns_ms: 30 * DAY_MS,
            hash_seed: 0,
        }
    }
}

macro_rules! setters {
    ($($field:ident: $kind:ty),* $(,)?) => {
        impl Settings {
            $(
                #[doc = concat!("Sets `", stringify!($field), "`.")]
                #[must_use]
                pub const fn $field(mut self, value: $kind) -> Self {
                    self.$field = value;
                    self
                }
            )*
        }
    };
}

setters! {
    limits_max: usize, accounts_max: usize, reservations_max: usize, retention_ms: u64, returns_ms: u64,
    hash_seed: u64,
}

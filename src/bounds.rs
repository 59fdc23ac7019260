//! Every hard cap of the crate, and the limits a host may lower below them.
//!
//! What comes in is checked against [`Limits`] before anything is allocated for it (design §4.13). The constants
//! here are the ceilings no setting can pass; the assertions below them show that no product of capped amounts
//! can overflow the type it is computed in.

/// Largest amount of money anywhere, in minor units: a price, a threshold, the list value of a whole cart.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000_000_000;
/// Largest quantity of one line.
pub const QUANTITY_MAX: u32 = 1_000_000;
/// Most units a cart may hold; unit counts are `u32` below it.
pub const UNITS_MAX: u32 = 1_000_000_000;
/// Most lines a cart may hold.
pub const LINES_MAX: usize = 10_000;
/// Most pieces of a product a catalogue counts; more are taken as so many.
pub const STOCK_MAX: u32 = QUANTITY_MAX;
/// Most runs of alike units that pricing one cart may create; it bounds the work of a hostile rule file.
pub const RUNS_MAX: usize = 200_000;
/// Most decimals a percentage may have: rates are whole parts per million.
pub const PERCENT_DECIMALS_MAX: u32 = 4;
/// Most seats a buying group may have had, those who left included.
pub const GROUP_SEATS_MAX: usize = 10_000;
/// Most refunds in the history of one receipt.
pub const REFUNDS_MAX: usize = 1_000;
/// Most helpers of one bargain.
pub const BARGAIN_HELPS_MAX: usize = 10_000;
/// Most looks at products to find out which of them no selector of an audited rule set tells apart: by whoever searches, and by
/// whoever checks a proof. A look is at one product that a selector could take, by each part of the selector, and as often as the
/// selector names it. Beyond, no two products are taken to be alike.
pub const CLASS_LOOKS_MAX: usize = 20_000_000;
/// One whole, in parts per million.
pub const PPM: i64 = 1_000_000;
/// Most diagnostics a report lists; the rest are counted.
pub const DIAGNOSTICS_MAX: usize = 100;

const _: () = {
    // Splitting multiplies an amount by a running sum of weights, both at most AMOUNT_MAX, and doubles it to round.
    assert!((AMOUNT_MAX as i128) * (AMOUNT_MAX as i128) < i128::MAX / 4);
    // A rate multiplies an amount by at most one million.
    assert!((AMOUNT_MAX as i128) * (PPM as i128) < i128::MAX / 4);
    // A per-unit amount times a count.
    assert!((AMOUNT_MAX as i128) * (UNITS_MAX as i128) < i128::MAX / 4);
    // Four amounts can be added without overflow, so sums of two discounts and two prices need no check.
    assert!(AMOUNT_MAX < i64::MAX / 4);
};

/// Limits on what may be loaded and priced. Every field can be lowered; none passes its hard ceiling.
///
/// The defaults suit a service that loads rule files and carts from people it does not know.
///
/// ```
/// use dealproof::bounds::Limits;
///
/// let limits = Limits::default().rules(500).lines(50);
/// assert_eq!(limits.rules, 500);
/// assert_eq!(Limits::default().lines(usize::MAX).lines, dealproof::bounds::LINES_MAX);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a rule file or cart document.
    pub document_bytes: usize,
    /// Values of any kind (objects, lists, strings, numbers) in one document.
    pub nodes: usize,
    /// Bytes of a ledger's snapshot: about 700 for each reservation of one claim that it remembers.
    pub snapshot_bytes: usize,
    /// Values of any kind in a snapshot: about 30 for each such reservation.
    pub snapshot_nodes: usize,
    /// Nesting of values in one document.
    pub depth: usize,
    /// Rules in a rule set.
    pub rules: usize,
    /// Stages in a rule set.
    pub stages: usize,
    /// Nesting of conditions or selectors.
    pub condition_depth: usize,
    /// Condition leaves and selectors of one rule.
    pub condition_nodes: usize,
    /// Members of one list of ids (skus, categories, codes).
    pub set_members: usize,
    /// Tiers of one ladder.
    pub tiers: usize,
    /// Bytes of an id, code or attribute key.
    pub id_bytes: usize,
    /// Bytes of a title or attribute value.
    pub text_bytes: usize,
    /// Lines of a cart.
    pub lines: usize,
    /// Shipping charges of a cart.
    pub shipping_charges: usize,
    /// Quantity of one line.
    pub quantity: u32,
    /// Products of a catalogue, and past prices of one.
    pub products: usize,
    /// Codes entered with a cart.
    pub codes: usize,
    /// Attributes, tags or categories of one line, and facts of each kind in a context.
    pub facts: usize,
    /// Unit price in minor units.
    pub unit_price_minor: i64,
}

/// Most nodes a stage looks at to find its best combination of rules, and most rules it can combine.
pub const COMBINATION_NODES_MAX: u64 = 10_000;
/// Most rules of a stage that combines them.
pub const COMBINATION_RULES_MAX: usize = 128;

/// Most steps of pricing a cart that may go into selecting again because a winner may not apply beside others: a look at an
/// offer, or at the best offer of a product.
pub const SELECTION_STEPS_MAX: u64 = 250_000_000;

/// The ceilings: [`Limits`] can be raised to these, never beyond.
pub const CEILINGS: Limits = Limits {
    document_bytes: 64 << 20,
    nodes: 8_000_000,
    // A ledger of the largest default size, a million reservations, of several claims each.
    snapshot_bytes: 2 << 30,
    snapshot_nodes: 200_000_000,
    depth: 64,
    rules: 100_000,
    stages: 64,
    condition_depth: 64,
    condition_nodes: 4_000,
    set_members: 1_000_000,
    tiers: 1_024,
    id_bytes: 256,
    text_bytes: 4_096,
    lines: LINES_MAX,
    shipping_charges: 10_000,
    quantity: QUANTITY_MAX,
    products: 1_000_000,
    codes: 64,
    facts: 1_024,
    unit_price_minor: 1_000_000_000_000_000,
};

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 4 << 20,
            nodes: 500_000,
            snapshot_bytes: 64 << 20,
            snapshot_nodes: 8_000_000,
            depth: 32,
            rules: 20_000,
            stages: 32,
            condition_depth: 16,
            condition_nodes: 256,
            set_members: 10_000,
            tiers: 64,
            id_bytes: 64,
            text_bytes: 256,
            lines: 500,
            shipping_charges: 500,
            quantity: QUANTITY_MAX,
            products: 20_000,
            codes: 64,
            facts: 32,
            unit_price_minor: 1_000_000_000_000,
        }
    }
}

macro_rules! setters {
    ($($field:ident: $kind:ty),* $(,)?) => {
        impl Limits {
            $(
                #[doc = concat!("Sets `", stringify!($field), "`, at most its ceiling.")]
                #[must_use]
                pub const fn $field(mut self, value: $kind) -> Self {
                    self.$field = if value < CEILINGS.$field { value } else { CEILINGS.$field };
                    self
                }
            )*
        }
    };
}

setters! {
    document_bytes: usize, nodes: usize, snapshot_bytes: usize, snapshot_nodes: usize, depth: usize, rules: usize, stages: usize, condition_depth: usize,
    condition_nodes: usize, set_members: usize, tiers: usize, id_bytes: usize, text_bytes: usize, lines: usize,
    shipping_charges: usize, quantity: u32, products: usize, codes: usize, facts: usize, unit_price_minor: i64,
}

//! Every buffer pricing needs, reused across carts and plans.

use super::stacking::StackingState;
use super::state::{State, last_of};
use super::verdict::Verdict;
use crate::compile::index::Key;
use crate::record::{Adjustment, Fingerprint, GiftStatus, On, RuleUsage};

/// The working memory of pricing: make one per thread and use it for every cart and plan. What it held before never
/// matters (E5).
///
/// ```
/// use dealproof::evaluate::Scratch;
///
/// let scratch = Scratch::default();
/// # let _ = scratch;
/// ```
#[derive(Debug, Default)]
pub struct Scratch {
    /// The plan the tables are sized for.
    pub(super) plan: Option<Fingerprint>,
    pub(super) state: State,
    pub(super) stacking: StackingState,
    /// When each rule was last made a candidate.
    pub(super) rule_seen: Vec<u32>,
    /// Rules to look at, in pipeline order.
    pub(super) candidates: Vec<u32>,
    /// What is used of candidates with limits; none of those nothing is used of.
    pub(super) used: Vec<RuleUsage>,
    /// Their numbers, ascending.
    pub(super) used_by: Vec<u32>,
    /// Candidates whose limits are far away, a bit for each rule of a plan that has limits.
    pub(super) far: Vec<u64>,
    /// By rule: whether it is kept out of this pricing whatever else it says. Empty when none is.
    pub(super) bars: Vec<Bar>,
    /// Keys of the codes entered, sorted.
    pub(super) codes: Vec<Key>,
    /// Keys of the customer's segments, the channel, the region and the payment method, sorted.
    pub(super) context_keys: Vec<Key>,
    /// The codes entered.
    pub(super) entered: Vec<Entered>,
    /// Money the order cap still lets rules take off goods.
    pub(super) order_cap_left: i64,
    /// What the rule at hand would do.
    pub(super) offer: Offer,
    /// What all rules of a selecting stage would do.
    pub(super) offers: Vec<RuleOffer>,
    /// Their effects, one range after the other.
    pub(super) pile: Offer,
    /// Rules of the stage that may still be selected.
    pub(super) contenders: Vec<u32>,
    /// Those that won and may not apply.
    pub(super) refused: Vec<(u32, Verdict)>,
    /// The runs a rule takes from without offering first.
    pub(super) direct: Vec<super::direct::DirectRun>,
    pub(super) work: Work,
    pub(super) multi: MultiWork,
    pub(super) select: SelectWork,
    /// Where products end, by item.
    pub(super) part_ends: Vec<u32>,
    pub(super) applied: Vec<Applied>,
    /// What rules took off items and charges, by the rule's place among those that applied.
    pub(super) adjustments: Vec<Adjustment>,
    pub(super) gifts: Vec<GiftTaken>,
    /// Who earned the points that rules gave.
    pub(super) point_shares: Vec<PointsTaken>,
    pub(super) verdicts: Vec<(u32, Verdict)>,
    pub(super) backup: Backup,
    /// What stages need that combine their rules; nothing until one does.
    pub(super) combiner: Option<Box<super::combine::Combiner>>,
    /// What stages need that share out units; nothing until one does.
    pub(super) assigner: Option<Box<super::assign::Assigner>>,
    /// Stages whose best combination is not proven.
    pub(super) unproven: Vec<super::combine::Unproven>,
    /// Nodes that stages looked at to combine their rules.
    pub(super) nodes: u64,
    /// How many stages combined their rules around those that were taken, unasked whether they would select them.
    pub(super) presumed: u32,
    /// Thresholds that were not reached, when somebody wants to know.
    pub(super) misses: super::near::Misses,
    /// Products, for items to lines and for best per line.
    pub(super) lines: super::finish::LineWork,
    /// Work of carts that somebody counts, since it was last asked for.
    pub(super) effort: u64,
}

/// Whether a rule is kept out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Bar {
    #[default]
    Up,
    /// It is open, and where its stage combines rules it is part of every combination.
    Taken,
    Down(Verdict),
}

/// A code entered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entered {
    /// Its key, when some rule has it.
    pub key: Option<Key>,
    /// Its position in the context.
    pub typed: u32,
}

/// What a rule would do: effects on runs and charges, units it uses without taking anything off them, gifts.
#[derive(Debug, Default)]
pub(super) struct Offer {
    pub takes: Vec<Take>,
    pub charges: Vec<ChargeTake>,
    /// Units of runs that are marked used besides those of the takes.
    pub qualifiers: Vec<(u32, u32)>,
    pub gifts: Vec<GiftTaken>,
    /// What the benefit comes to, in minor units.
    pub asked: i64,
    /// Points it gives or takes.
    pub points: u64,
    /// Where the points it gives come from.
    pub point_shares: Vec<PointsTaken>,
    /// Pieces it gives for a later order, or units it takes a deposit for.
    pub pieces: u64,
    /// Units or pieces that the rule's unit limits keep it from.
    pub short: u64,
}

impl Offer {
    pub fn clear(&mut self) {
        self.takes.clear();
        self.charges.clear();
        self.qualifiers.clear();
        self.gifts.clear();
        self.point_shares.clear();
        self.asked = 0;
        (self.points, self.pieces, self.short) = (0, 0, 0);
    }
}

/// An effect on the last `units` of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Take {
    pub run: u32,
    pub units: u32,
    /// What they are worth to the rule.
    pub worth: i64,
    /// What they are worth now, as they will be cut.
    pub value: i64,
    pub asked: i64,
    pub granted: i64,
}

impl Take {
    /// The last `units` of it.
    pub fn last(self, units: u32) -> Self {
        let worth = last_of(self.worth, units, self.units);
        let value = last_of(self.value, units, self.units);
        Self { units, worth, value, ..self }
    }
}

/// An effect on a charge.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ChargeTake {
    pub charge: u32,
    pub worth: i64,
    pub asked: i64,
    pub granted: i64,
}

/// A rule of a selecting stage, with where its effects lie in the pile.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RuleOffer {
    pub rule: u32,
    pub takes: (u32, u32),
    pub charges: (u32, u32),
    pub qualifiers: (u32, u32),
    pub gifts: (u32, u32),
    pub asked: i64,
    pub short: u64,
    pub granted: i64,
}

/// A rule that applied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Applied {
    pub rule: u32,
    pub asked: i64,
    pub granted: i64,
    /// Units it discounted, or pieces it gave.
    pub units: u64,
    /// Units or pieces that its unit limits kept it from.
    pub short: u64,
    /// Points it gave or took.
    pub points: u64,
    /// Where its adjustments end.
    pub adjustments_end: u32,
}

/// Points an item or charge earned.
#[derive(Clone, Copy, Debug)]
pub(super) struct PointsTaken {
    /// By position in what has applied.
    pub applied: u32,
    /// By position of the item or charge.
    pub on: On,
    pub points: i64,
}

/// A gift or add-on.
#[derive(Clone, Copy, Debug)]
pub(super) struct GiftTaken {
    pub rule: u32,
    pub option: u32,
    pub pieces: u32,
    pub status: GiftStatus,
}

/// Buffers of splits, without meaning between two uses.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub weights: Vec<i64>,
    pub capacities: Vec<i64>,
    pub parts: Vec<i64>,
    pub open: Vec<u32>,
    /// Positions of takes in some order, and units chosen of them.
    pub order: Vec<u32>,
    pub chosen: Vec<u32>,
    /// What items and charges weigh when points are shared out.
    pub point_weights: Vec<(On, i128)>,
}

/// Buffers of multi-buy benefits, without meaning between two uses.
#[derive(Debug, Default)]
pub(super) struct MultiWork {
    /// The pool, canonical, and what is left of it.
    pub pool: Vec<Take>,
    pub left: Vec<Take>,
    /// The pool's positions in some order, and in another.
    pub order: Vec<u32>,
    pub order_2: Vec<u32>,
    /// Units chosen and units grouped, by position in the pool.
    pub chosen: Vec<u32>,
    pub grouped: Vec<u32>,
    /// A second pool, and which runs of the first one are in it too.
    pub other: Vec<Take>,
    pub shared: Vec<super::buy_get::Shared>,
    /// The pools of a bundle's parts, one range after the other, each in its order.
    pub parts: Vec<super::bundle::PartRun>,
    pub cursors: Vec<super::bundle::Cursor>,
    /// Runs of one group: place in some order, position in the pool, units.
    pub members: Vec<(u32, usize, u32)>,
    /// By run: its position in the first pool, counted from 1; or the units taken of it so far.
    pub by_run: Vec<u32>,
}

/// Buffers of stages that select, without meaning between two uses.
#[derive(Debug, Default)]
pub(super) struct SelectWork {
    pub unit_offers: Vec<super::unit_best::UnitOffer>,
    pub assigned: Vec<super::unit_best::Assigned>,
    /// By contender: units its limits leave, at first and now; whether it offered anything.
    pub left_at_first: Vec<u64>,
    pub left: Vec<u64>,
    /// By contender: units its limits kept it from.
    pub short: Vec<u64>,
    /// By quota: units that are left of it.
    pub quotas: Vec<u64>,
    pub offered: Vec<bool>,
    /// By run: its place in canonical order; units nobody has taken.
    pub ranks: Vec<u32>,
    pub free: Vec<u32>,
    /// What offers take off products and charges; once one of them was refused, by place and best first, with where those
    /// of each place start, and the first of each place that is not out.
    pub rivals: Vec<super::stage::Rival>,
    pub rivals_from: Vec<u32>,
    /// By product, then by charge: which offer is best, or `NONE`.
    pub best: Vec<u32>,
    pub sums: Vec<i64>,
    /// By offer, or contender: whether it was refused.
    pub out: Vec<bool>,
    /// The offers that won something, in order.
    pub winners: Vec<u32>,
    /// The offer that won everything, where one does.
    pub best_of_all: Option<u32>,
}

/// What a selecting stage undoes when one of its winners may not apply.
#[derive(Debug, Default)]
pub(super) struct Backup {
    /// Whether there is one of the stage at hand.
    pub set: bool,
    pub runs: Vec<super::state::Run>,
    pub items: Vec<super::state::ItemState>,
    pub charges: Vec<super::state::ChargeState>,
    pub snapshots: Vec<Vec<i64>>,
    pub applied: usize,
    pub adjustments: usize,
    pub gifts: usize,
    pub point_shares: usize,
    pub total: i64,
    pub entry_total: i64,
    pub changed: bool,
    pub locked: u32,
    pub order_cap_left: i64,
    pub stacking: usize,
}

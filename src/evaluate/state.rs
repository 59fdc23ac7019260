//! What a cart is worth while rules work on it: items, runs of alike units, charges.

use crate::bounds::RUNS_MAX;
use crate::compile::index::Key;
use crate::compile::plan::{GiftCards, LooksAt, PlanSelector, UnitTest, Value};
use crate::compile::program::Program;
use crate::money::share_up_to;
use crate::shop::{Card, Cart};

/// No run, item or rule.
pub(super) const NONE: u32 = u32::MAX;

/// Lines that no rule can tell apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct ItemState {
    pub price: i64,
    /// What a unit is never worth less than: the line's floor or what the line cap leaves.
    pub floor: i64,
    /// The reference price, or -1.
    pub reference: i64,
    pub product: u32,
    pub shop: u32,
    /// Its first line, which has its facts.
    pub line: u32,
    pub card: Card,
    pub locked: Locked,
}

/// Whether an exclusive rule keeps others off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Locked {
    No,
    InStage,
    InOrder,
}

/// Alike units of an item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Worth now.
    pub value: i64,
    /// Worth at the stage's start.
    pub entry: i64,
    pub units: u32,
    pub item: u32,
    /// The run behind it in its item.
    pub next: u32,
    pub used: Used,
}

/// Whether a multi-buy rule of the stage has used the units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Used {
    No,
    Yes,
}

/// A shipping charge.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChargeState {
    pub value: i64,
    pub entry: i64,
    pub list: i64,
    pub shop: u32,
}

/// What a rule looks at as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Order,
    Shop(u32),
    /// The items of one product, `first..end`.
    Line {
        first: u32,
        end: u32,
    },
}

/// Which units a selector is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// All of them: conditions count units whatever rules did with them.
    Counted,
    /// Those not locked.
    Target,
    /// Those not locked, not used and worth something.
    Pool,
    /// The same, used or not.
    ReusedPool,
}

/// The mark of the cart that has a key, if it was found in this pricing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    pub epoch: u32,
    pub mark: u32,
}

/// The state of a cart in the pipeline.
#[derive(Debug, Default)]
pub(super) struct State {
    pub epoch: u32,
    pub items: Vec<ItemState>,
    /// The first `items.len()` runs are the first runs of the items.
    pub runs: Vec<Run>,
    pub charges: Vec<ChargeState>,
    /// Values at the starts of stages that are looked back to, by run and by charge.
    pub snapshots: Vec<Vec<i64>>,
    pub charge_snapshots: Vec<Vec<i64>>,
    /// By mark of the cart: its key, or [`NONE`] when no rule asks for it.
    pub mark_keys: Vec<Key>,
    /// By key: the mark that has it.
    pub heads: Vec<Head>,
    /// The keys that some item has, each once.
    pub keys_seen: Vec<Key>,
    /// Items by shop, for rules that look at shops apart.
    pub shop_starts: Vec<u32>,
    pub shop_items: Vec<u32>,
    /// Every item is goods that rules may take.
    pub ordinary: bool,
    /// How many items are locked.
    pub locked: u32,
    /// Some item has a floor above zero.
    pub floors: Floors,
    /// Worth of all goods now; exact, kept up to date by every change.
    pub total: i64,
    pub entry_total: i64,
    pub list_total: i64,
    /// Units of the cart; counted for plans with limits only.
    pub units: u64,
    pub least: Least,
    /// A rule took or used something since the stage's start.
    pub changed: bool,
    /// The rule at hand, or [`NONE`]; errors name it.
    pub rule: u32,
    /// The rule of a hostile rule set that wanted more runs than there may be; the quote is refused at the end.
    pub out_of_runs: Option<u32>,
    /// Steps that selecting took.
    pub selecting: u64,
    /// The rule whose amount did not fit; the quote is refused at the end.
    pub overflowed: Option<u32>,
}

/// What the run with the least had when all were last looked at; what all goods were worth by then, and how many runs there were.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Least {
    value: i64,
    total: i64,
    runs: usize,
}

impl Least {
    /// No cart has so many runs.
    pub const UNKNOWN: Self = Self { value: 0, total: 0, runs: usize::MAX };
}

/// Which runs of an item a selector takes.
enum Judge<'a> {
    Nothing,
    All,
    /// Those that pass: the selector looks at values.
    Each(&'a Program<UnitTest>),
}

/// Whether any unit has a floor above zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Floors {
    #[default]
    None,
    Some,
}

impl State {
    /// What a run is worth at a base.
    #[inline]
    pub fn worth(&self, at: u32, value: Value) -> i64 {
        let run = &self.runs[at as usize];
        match value {
            Value::Entry => run.entry,
            Value::Now => run.value,
            // Units times price is at most the list total.
            Value::List => self.items[run.item as usize].price * i64::from(run.units),
            Value::Snapshot(slot) => self.snapshots[slot as usize][at as usize],
        }
    }

    /// What a charge is worth at a base.
    pub fn charge_worth(&self, at: usize, value: Value) -> i64 {
        let charge = &self.charges[at];
        match value {
            Value::Entry => charge.entry,
            Value::Now => charge.value,
            Value::List => charge.list,
            Value::Snapshot(slot) => self.charge_snapshots[slot as usize][at],
        }
    }

    /// What `units` of a run can still give: what its last `units` are worth now above the floor.
    #[inline]
    pub fn capacity(&self, at: u32, units: u32) -> i64 {
        let run = &self.runs[at as usize];
        let value = if units == run.units { run.value } else { last_of(run.value, units, run.units) };
        (value - self.items[run.item as usize].floor * i64::from(units)).max(0)
    }

    /// Whether every run has something left. None has lost more than all have together since they were looked at, so they are
    /// looked at again only when that could be all of one, or some were cut.
    #[inline(always)]
    pub fn all_have_something(&mut self) -> bool {
        let Least { value, total, runs } = self.least;
        (runs == self.runs.len() && value > total - self.total) || self.look_at_least()
    }

    #[inline(never)]
    fn look_at_least(&mut self) -> bool {
        let value = self.runs.iter().map(|run| run.value).min().unwrap_or(i64::MAX);
        self.least = Least { value, total: self.total, runs: self.runs.len() };
        value > 0
    }

    /// Cuts the last `units` off a run and returns the run they become: itself, when it has no more.
    #[inline]
    pub fn cut(&mut self, at: u32, units: u32) -> u32 {
        if units >= self.runs[at as usize].units { at } else { self.cut_off(at, units) }
    }

    fn cut_off(&mut self, at: u32, units: u32) -> u32 {
        let run = self.runs[at as usize];
        if self.runs.len() >= RUNS_MAX {
            self.out_of_runs.get_or_insert(self.rule);
            return at;
        }
        // At most RUNS_MAX.
        let new = self.runs.len() as u32;
        let (value, entry) = (last_of(run.value, units, run.units), last_of(run.entry, units, run.units));
        self.runs.push(Run { value, entry, units, next: run.next, ..run });
        for snapshot in &mut self.snapshots {
            // Those of stages that have not started yet are empty.
            if let Some(kept) = snapshot.get_mut(at as usize) {
                let last = last_of(*kept, units, run.units);
                *kept -= last;
                snapshot.push(last);
            }
        }
        let front = &mut self.runs[at as usize];
        front.value -= value;
        front.entry -= entry;
        front.units -= units;
        front.next = new;
        new
    }

    /// Numbers the runs in canonical order.
    pub fn rank_runs(&self, ranks: &mut Vec<u32>) {
        ranks.clear();
        ranks.resize(self.runs.len(), 0);
        let mut rank = 0;
        for item in 0..self.items.len() as u32 {
            let mut at = item;
            while at != NONE {
                ranks[at as usize] = rank;
                rank += 1;
                at = self.runs[at as usize].next;
            }
        }
    }

    /// Notes the start of a stage.
    pub fn start_stage(&mut self, snapshot: Option<u32>) {
        if std::mem::take(&mut self.changed) {
            for run in &mut self.runs {
                run.entry = run.value;
                run.used = Used::No;
            }
            for charge in &mut self.charges {
                charge.entry = charge.value;
            }
            self.entry_total = self.total;
        }
        if self.locked > 0 {
            for item in &mut self.items {
                if item.locked == Locked::InStage {
                    item.locked = Locked::No;
                    self.locked -= 1;
                }
            }
        }
        if let Some(slot) = snapshot {
            let slot = slot as usize;
            self.snapshots[slot].clear();
            self.snapshots[slot].extend(self.runs.iter().map(|run| run.value));
            self.charge_snapshots[slot].clear();
            self.charge_snapshots[slot].extend(self.charges.iter().map(|charge| charge.value));
        }
    }

    /// Keeps later rules off an item; a lock for the order outlasts one for the stage.
    pub fn lock(&mut self, item: u32, locked: Locked) {
        let item = &mut self.items[item as usize];
        match item.locked {
            Locked::InOrder => return,
            Locked::InStage => {}
            Locked::No => self.locked += 1,
        }
        item.locked = locked;
    }

    /// Calls `visit` with every run of the selector in the part, in canonical order.
    #[inline]
    pub fn for_each(
        &self,
        cart: &Cart,
        selector: &PlanSelector,
        part: Part,
        want: Want,
        mut visit: impl FnMut(u32, &Run),
    ) {
        // Nearly always a rule looks at the whole order, and the cart holds nothing that selectors must look twice at.
        if !self.ordinary || selector.rest.is_some() || part != Part::Order {
            return self.for_each_judged(cart, selector, part, want, &mut visit);
        }
        let locked = self.locked > 0 && want != Want::Counted;
        if selector.key.is_none() && !locked && want != Want::Pool && self.runs.len() == self.items.len() {
            // The runs stand in order.
            return (0_u32..).zip(&self.runs).for_each(|(at, run)| visit(at, run));
        }
        let visit_item = |item: u32| {
            if locked && self.items[item as usize].locked != Locked::No {
                return;
            }
            let mut at = item;
            while at != NONE {
                let run = &self.runs[at as usize];
                if want != Want::Pool || run.used == Used::No {
                    visit(at, run);
                }
                at = run.next;
            }
        };
        match selector.key {
            Some(key) => self.items_of(cart, key).iter().copied().for_each(visit_item),
            // At most LINES_MAX items.
            None => (0..self.items.len() as u32).for_each(visit_item),
        }
    }

    /// The items that have a key, in canonical order.
    #[inline]
    fn items_of<'a>(&self, cart: &'a Cart, key: Key) -> &'a [u32] {
        let head = self.heads[key as usize];
        if head.epoch == self.epoch { cart.marks().items(head.mark) } else { &[] }
    }

    /// The same for any selector and part: every item is judged.
    #[inline(never)]
    fn for_each_judged(
        &self,
        cart: &Cart,
        selector: &PlanSelector,
        part: Part,
        want: Want,
        visit: &mut dyn FnMut(u32, &Run),
    ) {
        let mut visit_item = |item: u32| {
            let judge = match self.judge(cart, selector, item, want) {
                Judge::Nothing => return,
                Judge::All => None,
                Judge::Each(program) => Some(program),
            };
            let mut at = item;
            while at != NONE {
                let run = &self.runs[at as usize];
                let passes =
                    |program: &Program<UnitTest>| program.run(|test| self.passes(cart, test, at)).is_ok();
                if (want != Want::Pool || run.used == Used::No) && judge.is_none_or(passes) {
                    visit(at, run);
                }
                at = run.next;
            }
        };
        match (part, selector.key) {
            (Part::Order, Some(key)) => self.items_of(cart, key).iter().copied().for_each(visit_item),
            (_, key) => self.for_each_of_part(cart, part, key, &mut visit_item),
        }
    }

    /// Calls `visit` with the items of a part of the order that have a key. A part has few items, so each is asked for the
    /// key; the key's list may be long.
    fn for_each_of_part(&self, cart: &Cart, part: Part, key: Option<Key>, visit: &mut dyn FnMut(u32)) {
        let mut visit = |item: u32| {
            if key.is_none_or(|key| self.has_key(cart, item, &[key])) {
                visit(item);
            }
        };
        match part {
            Part::Order => (0..self.items.len() as u32).for_each(visit),
            Part::Shop(shop) => {
                let (from, until) = (self.shop_starts[shop as usize], self.shop_starts[shop as usize + 1]);
                self.shop_items[from as usize..until as usize].iter().copied().for_each(&mut visit);
            }
            Part::Line { first, end } => (first..end).for_each(visit),
        }
    }

    /// Which runs of an item a selector takes.
    fn judge<'a>(&self, cart: &Cart, selector: &'a PlanSelector, item: u32, want: Want) -> Judge<'a> {
        if !self.is_wanted(selector, item, want) {
            return Judge::Nothing;
        }
        match (&selector.rest, selector.looks_at) {
            (None, _) => Judge::All,
            (Some(program), LooksAt::Facts) => {
                let passes = program.run(|test| self.passes(cart, test, item)).is_ok();
                if passes { Judge::All } else { Judge::Nothing }
            }
            (Some(program), LooksAt::Values) => Judge::Each(program),
        }
    }

    /// Whether a selector may take an item of this kind at all.
    fn is_wanted(&self, selector: &PlanSelector, item: u32, want: Want) -> bool {
        let item = &self.items[item as usize];
        let kind = match item.card {
            Card::Goods => true,
            Card::CashLike => selector.gift_cards == GiftCards::Too,
            Card::Untouchable => false,
        };
        kind && (want == Want::Counted || item.locked == Locked::No)
    }

    /// Judges one test of a selector on a run.
    #[inline(never)]
    fn passes(&self, cart: &Cart, test: &UnitTest, at: u32) -> bool {
        let run = &self.runs[at as usize];
        let item = &self.items[run.item as usize];
        match test {
            UnitTest::Keys(keys) => self.has_key(cart, run.item, keys),
            UnitTest::Attribute(test) => cart
                .lines()
                .get(item.line as usize)
                .is_some_and(|line| test.holds(line.attributes.get(&test.key))),
            UnitTest::OnSale => item.reference > item.price,
            UnitTest::UnitPrice { value, min, max } => {
                let (worth, units) = (i128::from(self.worth(at, *value)), i128::from(run.units));
                worth >= i128::from(*min) * units && worth <= i128::from(*max) * units
            }
            UnitTest::Untouched { since, now } => self.worth(at, *since) == self.worth(at, *now),
        }
    }

    fn has_key(&self, cart: &Cart, item: u32, keys: &[Key]) -> bool {
        let mut own = cart.marks().of_item(item).iter().map(|mark| self.mark_keys[*mark as usize]);
        match keys {
            [key] => own.any(|known| known == *key),
            keys => own.any(|known| keys.binary_search(&known).is_ok()),
        }
    }
}

/// What the last `units` of `of` alike units worth `value` are worth: all but what the front keeps, rounded half up.
#[inline]
pub(super) fn last_of(value: i64, units: u32, of: u32) -> i64 {
    if units >= of { value } else { value - share_up_to(value, i64::from(of - units), i64::from(of)) }
}

//! The `semantics` of a case, read into what the adapter can decide on.

use dealproof::money::{RoundMode, Rounding, RoundingPer};
use dealproof::rules::Pick;
use serde_json::Value;

use super::form::{Fields, Semantics, SetAside};

/// The choices a case is run under.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub(super) order: Order,
    pub(super) base: BaseOf,
    pub(super) item_base: Option<BaseOf>,
    /// How a discount is rounded.
    pub(super) mode: RoundMode,
    /// What an item-level percentage is rounded over.
    pub(super) per: RoundingPer,
    pub(super) stacking: StackingOf,
    pub(super) catalogue: CatalogueStacking,
    pub(super) unit_pick: Pick,
    pub(super) qualify_pick: Option<Pick>,
    pub(super) consumes: Consumes,
    pub(super) cap: CapMode,
    pub(super) limits_skip_free_units: bool,
    pub(super) fixed_fee_overrules: bool,
    pub(super) nothing_counts_as_applied: bool,
    pub(super) window_end_included: bool,
    pub(super) codes_by_letter: bool,
    pub(super) overlap: bool,
}

/// Order in which promotions run; ties keep the listed order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Listed,
    HighPriorityFirst,
    LowPriorityFirst,
    AsCodesWereEntered,
    Lanes,
}

/// What a percentage is taken of, and what shares are weighed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BaseOf {
    Running,
    /// Before any promotion.
    Original,
    /// Before any cart promotion.
    AfterCatalogue,
    /// Item-level kinds first, then order-level ones.
    AfterItemDiscounts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StackingOf {
    All,
    ExclusiveWins,
    BestPerLine,
    BestOnly,
    FirstOnly,
    LastCodeOnly,
    CompatibleOnly,
    OneOrderPercent(Choice),
}

/// Which of several competing promotions holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    First,
    Best,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CatalogueStacking {
    Sequential,
    BestOf,
}

/// Whether units that met a condition count as discounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consumes {
    Rewarded,
    QualifyingToo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CapMode {
    Whole,
    PerLine,
}

impl Policy {
    /// Reads the semantics; a choice nobody here knows sets the case aside.
    pub(super) fn read(semantics: &Semantics) -> Result<Self, SetAside> {
        let mut fields = Fields::new("semantics", &semantics.0)?;
        let order_name: Option<String> = fields.take("order")?;
        let rounding_name: Option<String> = fields.take("rounding")?;
        let policy = Self {
            order: order(order_name.as_deref())?,
            base: base(fields.take("base")?)?.unwrap_or(BaseOf::Running),
            item_base: base(fields.take("item_base")?)?,
            mode: mode(rounding_name.as_deref(), fields.take("rounding_of")?)?,
            per: per(fields.take("rounding_stage")?, rounding_name.as_deref())?,
            stacking: stacking(fields.take("stacking")?, order_name.as_deref())?,
            catalogue: catalogue(fields.take("catalog_stacking")?)?,
            unit_pick: pick(fields.take("unit_pick")?)?.unwrap_or(Pick::Cheapest),
            qualify_pick: pick(fields.take("qualify_pick")?)?,
            consumes: consumes(pick(fields.take("consume_qualifying")?)?),
            cap: cap(fields.take("cap_mode")?)?,
            limits_skip_free_units: fields.take("limited_skips_zero_price")?.unwrap_or(false),
            fixed_fee_overrules: fields.take("fixed_shipping_price_overrules")?.unwrap_or(false),
            nothing_counts_as_applied: fields.take("zero_discount_counts_as_applied")?.unwrap_or(false),
            window_end_included: window_end(fields.take("window_end")?)?,
            codes_by_letter: code_match(fields.take("code_match")?)?,
            overlap: fields.take::<Value>("overlap")?.is_some(),
        };
        // How leftover minor units are placed does not move a total (M-4), limits always pass over units that have
        // nothing left, payments come after every discount, and notes are for people.
        for known in ["allocation", "limited_skips_exhausted", "stored_value_last", "notes"] {
            fields.take::<Value>(known)?;
        }
        fields.end()?;
        Ok(policy)
    }

    /// What the kinds of a level compute from.
    pub(super) fn base_for(&self, item_level: bool) -> BaseOf {
        match self.item_base {
            Some(base) if item_level => base,
            _ => self.base,
        }
    }

    /// One rounding over the whole selected amount.
    pub(super) const fn once(&self) -> Rounding {
        Rounding::new(self.mode, RoundingPer::Order)
    }
}

fn unknown<T>(what: &str, name: &str) -> Result<T, SetAside> {
    Err(SetAside::new(format!("{what} {name} is not known")))
}

fn order(name: Option<&str>) -> Result<Order, SetAside> {
    match name {
        None | Some("definition" | "catalog_then_cart" | "best_value") => Ok(Order::Listed),
        Some("priority_desc") => Ok(Order::HighPriorityFirst),
        Some("priority_asc") => Ok(Order::LowPriorityFirst),
        Some("code_entry_order") => Ok(Order::AsCodesWereEntered),
        Some("lane") => Ok(Order::Lanes),
        Some(name) => unknown("order", name),
    }
}

fn base(name: Option<String>) -> Result<Option<BaseOf>, SetAside> {
    match name.as_deref() {
        None => Ok(None),
        Some("running") => Ok(Some(BaseOf::Running)),
        Some("original") => Ok(Some(BaseOf::Original)),
        Some("after_catalog") => Ok(Some(BaseOf::AfterCatalogue)),
        Some("after_item_discounts") => Ok(Some(BaseOf::AfterItemDiscounts)),
        Some(name) => unknown("base", name),
    }
}

/// The mode a discount is rounded by. Where a source rounds the reduced price, the discount is rounded the other way:
/// a price rounded half up leaves a discount rounded half down.
fn mode(name: Option<&str>, of: Option<String>) -> Result<RoundMode, SetAside> {
    let of_price = match of.as_deref() {
        None | Some("discount") => false,
        Some("resulting_price") => true,
        Some(name) => return unknown("rounding of", name),
    };
    match (name, of_price) {
        (None | Some("half_up" | "none"), false) | (Some("half_down"), true) => Ok(RoundMode::HalfUp),
        (Some("half_down"), false) | (None | Some("half_up" | "none"), true) => Ok(RoundMode::HalfDown),
        (Some("half_even"), false) => Ok(RoundMode::HalfEven),
        (Some("floor"), false) => Ok(RoundMode::Down),
        (Some("floor"), true) => Err(SetAside::new("discounts are rounded up")),
        (Some(name), _) => unknown("rounding", name),
    }
}

/// An item-level percentage is one of each unit, unless the source says that it adds up before it rounds, or that its
/// numbers need no rounding: then they may be whole only in sum.
fn per(name: Option<String>, rounding: Option<&str>) -> Result<RoundingPer, SetAside> {
    match name.as_deref() {
        None if rounding != Some("none") => Ok(RoundingPer::Unit),
        None | Some("per_promotion") => Ok(RoundingPer::Order),
        Some("per_line") => Ok(RoundingPer::Line),
        Some("per_unit") => Ok(RoundingPer::Unit),
        Some(name) => unknown("rounding stage", name),
    }
}

fn stacking(name: Option<String>, order: Option<&str>) -> Result<StackingOf, SetAside> {
    match name.as_deref() {
        None | Some("all") => Ok(StackingOf::All),
        Some("exclusive_wins") => Ok(StackingOf::ExclusiveWins),
        Some("best_per_line") => Ok(StackingOf::BestPerLine),
        Some("best_only") => Ok(StackingOf::BestOnly),
        Some("first_only") => Ok(StackingOf::FirstOnly),
        Some("last_code_only") => Ok(StackingOf::LastCodeOnly),
        Some("compatible_only") => Ok(StackingOf::CompatibleOnly),
        Some("one_order_percent") if order == Some("best_value") => {
            Ok(StackingOf::OneOrderPercent(Choice::Best))
        }
        Some("one_order_percent") => Ok(StackingOf::OneOrderPercent(Choice::First)),
        Some(name) => unknown("stacking", name),
    }
}

fn catalogue(name: Option<String>) -> Result<CatalogueStacking, SetAside> {
    match name.as_deref() {
        None | Some("sequential") => Ok(CatalogueStacking::Sequential),
        Some("best_of") => Ok(CatalogueStacking::BestOf),
        Some(name) => unknown("catalogue stacking", name),
    }
}

/// An order in which units are taken.
pub(super) fn pick(name: Option<String>) -> Result<Option<Pick>, SetAside> {
    match name.as_deref() {
        None => Ok(None),
        Some("cheapest_first") => Ok(Some(Pick::Cheapest)),
        Some("dearest_first") => Ok(Some(Pick::Dearest)),
        Some(name) => unknown("unit order", name),
    }
}

const fn consumes(qualifying: Option<Pick>) -> Consumes {
    match qualifying {
        None => Consumes::Rewarded,
        Some(Pick::Cheapest | Pick::Dearest) => Consumes::QualifyingToo,
    }
}

fn cap(name: Option<String>) -> Result<CapMode, SetAside> {
    match name.as_deref() {
        None => Ok(CapMode::Whole),
        Some("per_line_min") => Ok(CapMode::PerLine),
        Some(name) => unknown("cap mode", name),
    }
}

fn window_end(name: Option<String>) -> Result<bool, SetAside> {
    match name.as_deref() {
        None | Some("exclusive") => Ok(false),
        Some("inclusive") => Ok(true),
        Some(name) => unknown("window end", name),
    }
}

fn code_match(name: Option<String>) -> Result<bool, SetAside> {
    match name.as_deref() {
        None | Some("case_insensitive") => Ok(false),
        Some("exact") => Ok(true),
        Some(name) => unknown("code match", name),
    }
}

//! Order, base, stacking and lanes as stages.

use dealproof::rules::{Base, Basis, Benefit, Select, Stage};

use super::conditions::look_at_discounted;
use super::form::SetAside;
use super::kinds::{EarnsOn, Level, Needs};
use super::policy::{BaseOf, CatalogueStacking, Choice, StackingOf};
use super::set_aside;
use super::translate::{
    Adapter, CART_START, CATALOGUE, EARNING, Member, PAYMENT, REDEMPTION, Realm, lane_number,
};

/// Stages in order, each with what runs in it.
pub(super) struct Plan<'a> {
    pub(super) stages: Vec<(Stage, Vec<Member<'a>>)>,
}

/// What a benefit computes from, as a stage can offer it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    Start,
    Running,
    Either,
}

/// Puts the benefits of a case into stages.
pub(super) fn plan<'a>(adapter: &Adapter, members: Vec<Member<'a>>) -> Result<Plan<'a>, SetAside> {
    set_aside::check_members(adapter, &members)?;
    let mut members = members;
    let mut of = |realm: Realm| {
        let (own, others) =
            std::mem::take(&mut members).into_iter().partition(|one| one.place.realm == realm);
        members = others;
        own
    };
    let (catalogue, cart): (Vec<Member>, Vec<Member>) = (of(Realm::Catalogue), of(Realm::Cart));
    let wallet: [(&str, Vec<Member>); 3] =
        [(REDEMPTION, of(Realm::Redemption)), (PAYMENT, of(Realm::Payment)), (EARNING, of(Realm::Earning))];
    let mut stages = Vec::new();
    if !catalogue.is_empty() {
        let select = match adapter.policy.catalogue {
            CatalogueStacking::Sequential => Select::All,
            CatalogueStacking::BestOf => Select::BestPerLine,
        };
        let stage = Stage::new(CATALOGUE).select(select).basis(Basis::Running);
        stages.push((stage, catalogue));
    }
    let mut groups = cart_stages(adapter, cart)?;
    if groups.is_empty() {
        // No promotion of the cart gives anything; conditions may look at its start all the same.
        groups.push((Select::All, Basis::Entry, Vec::new()));
    }
    for (number, (select, basis, members)) in (1_u32..).zip(groups) {
        let id = if number == 1 { CART_START.to_owned() } else { format!("{CART_START}-{number}") };
        stages.push((Stage::new(id).select(select).basis(basis), members));
    }
    for (id, members) in wallet {
        let members = earning_on(&stages, members)?;
        if !members.is_empty() {
            stages.push((Stage::new(id).basis(Basis::Running), members));
        }
    }
    Ok(Plan { stages })
}

/// Names the value that points are earned on, now that all stages before are known.
fn earning_on<'a>(
    stages: &[(Stage, Vec<Member<'a>>)],
    members: Vec<Member<'a>>,
) -> Result<Vec<Member<'a>>, SetAside> {
    let mut members = members;
    for member in &mut members {
        if let (Benefit::PointsEarn(earn), Some(earns_on)) =
            (&mut member.draft.benefit, member.draft.earns_on)
        {
            let start_of = |wanted: &[&str]| {
                let mut ids = stages.iter().map(|(stage, _)| &stage.id);
                ids.find(|id| wanted.contains(&id.as_str())).cloned()
            };
            let start = match earns_on {
                EarnsOn::AfterDiscounts => start_of(&[PAYMENT]),
                EarnsOn::BeforeRedemption => start_of(&[REDEMPTION, PAYMENT]),
                EarnsOn::SomeGoods => {
                    set_aside::first_off_whole_order(stages)?.or_else(|| start_of(&[REDEMPTION, PAYMENT]))
                }
            };
            earn.base = Some(start.map_or(Base::Cash, Base::Stage));
        }
    }
    Ok(members)
}

type Group<'a> = (Select, Basis, Vec<Member<'a>>);

fn cart_stages<'a>(adapter: &Adapter, cart: Vec<Member<'a>>) -> Result<Vec<Group<'a>>, SetAside> {
    let items_first = adapter.policy.base == BaseOf::AfterItemDiscounts;
    let step = |member: &Member| {
        let lane = if adapter.has_lanes() { lane_number(member.promotion) } else { 0 };
        (lane, items_first && !member.is_item_level())
    };
    let mut groups = Vec::new();
    for part in split_by(gifts_first(adapter, cart), step) {
        match adapter.policy.stacking {
            StackingOf::BestPerLine => {
                // A gift saves no money on any line: it does not compete.
                let (gifts, rest): (Vec<Member>, Vec<Member>) =
                    part.into_iter().partition(|member| member.draft.level == Level::Gift);
                groups.push((Select::All, Basis::Entry, gifts));
                groups.push((Select::BestPerLine, Basis::Entry, rest));
            }
            StackingOf::BestOnly => groups.push((Select::Best, Basis::Entry, part)),
            StackingOf::FirstOnly => groups.push((Select::First, Basis::Entry, part)),
            StackingOf::OneOrderPercent(Choice::Best) => {
                groups.extend(best_order_percent(adapter, part)?);
            }
            StackingOf::All
            | StackingOf::ExclusiveWins
            | StackingOf::LastCodeOnly
            | StackingOf::CompatibleOnly
            | StackingOf::OneOrderPercent(Choice::First) => {
                groups.extend(stacked(adapter, part)?);
            }
        }
    }
    groups.retain(|(_, _, members)| !members.is_empty());
    Ok(groups)
}

/// A gift depends on what was bought, not on what is left to pay for it: where nothing keeps promotions apart, gifts
/// come first, so that free goods bring their gift as well.
fn gifts_first<'a>(adapter: &Adapter, cart: Vec<Member<'a>>) -> Vec<Member<'a>> {
    let in_turn = match adapter.policy.stacking {
        StackingOf::All | StackingOf::BestPerLine | StackingOf::OneOrderPercent(_) => false,
        StackingOf::ExclusiveWins
        | StackingOf::BestOnly
        | StackingOf::FirstOnly
        | StackingOf::LastCodeOnly
        | StackingOf::CompatibleOnly => true,
    };
    let waits = |member: &Member| {
        let conditions = member.promotion.conditions.as_ref();
        in_turn || member.draft.level != Level::Gift || conditions.is_some_and(look_at_discounted)
    };
    let mut cart = cart;
    cart.sort_by_key(waits);
    cart
}

/// Parts by rising key, each in the order given.
fn split_by<'a, K: Ord>(members: Vec<Member<'a>>, key: impl Fn(&Member) -> K) -> Vec<Vec<Member<'a>>> {
    let mut members = members;
    members.sort_by_key(|member| key(member));
    chunks(members, |earlier, next| key(earlier) == key(next))
}

fn chunks<'a>(members: Vec<Member<'a>>, together: impl Fn(&Member, &Member) -> bool) -> Vec<Vec<Member<'a>>> {
    let mut parts: Vec<Vec<Member>> = Vec::new();
    for member in members {
        match parts.last_mut() {
            Some(part) if part.last().is_some_and(|last| together(last, &member)) => {
                part.push(member);
            }
            _ => parts.push(vec![member]),
        }
    }
    parts
}

/// All percentages of the order compete where the first of them stands.
fn best_order_percent<'a>(adapter: &Adapter, members: Vec<Member<'a>>) -> Result<Vec<Group<'a>>, SetAside> {
    let first = members.iter().position(|member| member.draft.is_order_percent);
    let mut before = members;
    let rest = before.split_off(first.unwrap_or(before.len()));
    let (percents, after): (Vec<Member>, Vec<Member>) =
        rest.into_iter().partition(|member| member.draft.is_order_percent);
    let mut groups = stacked(adapter, before)?;
    groups.push((Select::Best, Basis::Entry, percents));
    groups.extend(stacked(adapter, after)?);
    Ok(groups)
}

/// Stages in which everything stacks: first what computes from the start of the cart, then what runs on.
fn stacked<'a>(adapter: &Adapter, members: Vec<Member<'a>>) -> Result<Vec<Group<'a>>, SetAside> {
    let wants: Vec<Wants> = members.iter().map(|member| wants(adapter, member)).collect();
    let from_start = prefix_from_start(&wants);
    if wants.iter().skip(from_start).any(|want| *want == Wants::Start) {
        return Err(SetAside::new(
            "a percentage of what units cost before the cart promotions, after promotions on what was left",
        ));
    }
    let mut front = members;
    let rest = front.split_off(from_start);
    let mut groups = Vec::new();
    for (basis, part) in [(Basis::Entry, front), (Basis::Running, rest)] {
        // A promotion of several benefits whose condition looks at what was left must not see itself: its stage
        // starts with it, and the condition looks at that start.
        let parts = chunks(part, |earlier, next| {
            std::ptr::eq(earlier.promotion, next.promotion) || !sees_itself(next)
        });
        groups.extend(parts.into_iter().map(|part| (Select::All, basis, part)));
    }
    Ok(groups)
}

/// How many benefits can share a stage that computes from the start of the cart. The first one of all can, whatever it
/// wants: nothing ran before it.
fn prefix_from_start(wants: &[Wants]) -> usize {
    let fits = |at: usize| match wants.get(at) {
        Some(Wants::Start | Wants::Either) => true,
        Some(Wants::Running) => wants.iter().take(at).all(|want| *want == Wants::Either) && at == 0,
        None => false,
    };
    let prefix = (0..).take_while(|at| fits(*at)).count();
    let asked = wants.iter().take(prefix).any(|want| *want == Wants::Start);
    if asked { prefix } else { 0 }
}

fn wants(adapter: &Adapter, member: &Member) -> Wants {
    match member.draft.needs {
        Needs::AnyBase => Wants::Either,
        Needs::Running => Wants::Running,
        Needs::PolicyBase => match adapter.policy.base_for(member.is_item_level()) {
            BaseOf::Original | BaseOf::AfterCatalogue => Wants::Start,
            BaseOf::Running | BaseOf::AfterItemDiscounts => Wants::Running,
        },
    }
}

/// Whether a benefit's condition would see what other benefits of its promotion took off.
pub(super) fn sees_itself(member: &Member) -> bool {
    member.number == 0
        && member.has_siblings
        && member.promotion.conditions.as_ref().is_some_and(look_at_discounted)
}

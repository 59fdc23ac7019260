//! Price, reserve, and price again without what ran out: from a cart to a quote whose claims are held.
//!
//! In: a [`Ledger`], whose order it is, and a function that prices under a usage. Out:
//! [`Secured`], a quote that may be paid. Invariants: every claim of the quote is held, or the quote has none; a rule
//! that ran out gives nothing rather than a promise; the loop ends, whatever others do at the same time. A ledger that
//! cannot answer costs the shopper the limited rules, never the shop its limits, and never the price (it fails
//! closed). It imports `record` and `ledger` only; the guide is `guide/ledger.md`.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ledger::{
    Held, ID_BYTES_MAX, Ledger, LedgerError, OwnerId, Release, RequestId, Reserve, Reserved, Short,
};
use crate::record::{Fingerprint, PointsDirection, Quote, Resource, ResourceKind, Switches, Usage};
use crate::rules::RuleId;
use crate::shop::{CustomerId, Moment};

/// Most times a cart is priced before all limited rules it meets are left out.
const ROUNDS: u32 = 8;
/// Bytes of `#` and what an id is about, and of `~` and the digest of an order's id.
const ABOUT_BYTES: usize = 17;
const DIGEST_BYTES: usize = 33;

/// Whose order is to be secured, and under which id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Order {
    /// The id of the attempt: the same for a retry after a lost answer, another for a new try. Each reservation it makes gets
    /// an id of its own, from this one and the quote, within the ledger's bound: see [`Secured::reservation`].
    pub request: RequestId,
    /// The cart or order; what it held before is given back in the same step.
    pub owner: OwnerId,
    /// The customer, for limits per customer: the one of the context that is priced.
    pub customer: Option<CustomerId>,
    /// The limits of the plan that is priced by; the ledger is asked about them only. Without them it goes through all
    /// it has.
    pub limits: Option<Arc<[Resource]>>,
    /// How long claims are held, in milliseconds.
    pub ttl_ms: u64,
    /// What is switched off at run time, whatever the plan says.
    pub off: Switches,
    /// Most times the cart is priced before all limited rules it meets are left out; at least 1.
    pub rounds_max: u32,
}

impl Order {
    /// An order without a customer, held for fifteen minutes.
    pub fn new(request: impl Into<RequestId>, owner: impl Into<OwnerId>) -> Self {
        Self {
            request: request.into(),
            owner: owner.into(),
            customer: None,
            limits: None,
            ttl_ms: 15 * 60 * 1_000,
            off: Switches::default(),
            rounds_max: ROUNDS,
        }
    }

    /// Sets the customer.
    #[must_use]
    pub fn customer(mut self, customer: impl Into<CustomerId>) -> Self {
        self.customer = Some(customer.into());
        self
    }

    /// Sets the limits the ledger is asked about: those of [`Plan::limits`](crate::compile::Plan::limits).
    #[must_use]
    pub fn limits(mut self, limits: impl Into<Arc<[Resource]>>) -> Self {
        self.limits = Some(limits.into());
        self
    }

    /// Sets how long claims are held, in milliseconds.
    #[must_use]
    pub const fn ttl_ms(mut self, ttl_ms: u64) -> Self {
        self.ttl_ms = ttl_ms;
        self
    }

    /// Sets what is switched off.
    #[must_use]
    pub fn off(mut self, off: Switches) -> Self {
        self.off = off;
        self
    }

    /// Sets how many times the cart is priced at most before limited rules are left out.
    #[must_use]
    pub const fn rounds_max(mut self, rounds: u32) -> Self {
        self.rounds_max = rounds;
        self
    }
}

/// A quote that may be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Secured {
    /// What it costs.
    pub quote: Quote,
    /// The usage it was priced under; a trace under the same usage says which limits had run out.
    pub usage: Usage,
    /// The reservation to commit once it is paid, and until when; none when the quote claims nothing: what the owner held
    /// before is then given back.
    pub reservation: Option<(RequestId, Held)>,
    /// What was claimed and refused on the way.
    pub refused: Vec<Short>,
    /// Why the ledger could not answer, if it could not: the quote then claims nothing, and what the owner held before may
    /// still be held.
    pub unanswered: Option<LedgerError>,
}

/// Why an order could not be secured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckoutError<E> {
    /// It could not be priced.
    #[error("{0}")]
    Price(E),
    /// The price function claims what its usage says is used up.
    #[error("{resource} is claimed although it is used up")]
    ClaimsUsedUp {
        /// What.
        resource: Resource,
    },
}

/// Prices an order and reserves what it claims. On a rejection it prices again: with what is left by then, and without
/// a rule that is refused a second time or has nothing left.
///
/// `price` must price the same cart each time, under the usage it is given: `Plan::price` does, and so does any search
/// over codes on top of it. The reservation pins the quote by its digest.
///
/// - Rounds: each refusal after the first of its kind takes a rule out, so there are at most two for each limit the cart meets,
///   and never more than `rounds_max`; after them every rule that still claims something is taken out.
///
/// ```
/// use dealproof::checkout::{self, Order};
/// use dealproof::evaluate::Scratch;
/// use dealproof::ledger::{Commit, Embedded, Ledger, Limit, Settings};
/// use dealproof::money::{Currency, Money};
/// use dealproof::rules::{Benefit, PercentOff, Rule, RuleLimits, RuleSet};
/// use dealproof::shop::{Cart, Context, Line};
///
/// let half = Benefit::PercentOff(PercentOff::new("50".parse()?));
/// let limited = Rule::new("first-hundred", "order", half).limits(RuleLimits::none().uses(100));
/// let rules = RuleSet::new(Currency::CNY).rule(limited);
/// let plan = dealproof::compile(&rules)?;
/// let cart = Cart::new(Currency::CNY, vec![Line::new("1", "TEA", 2, Money::from_minor(4_900))], vec![])?;
/// let context = Context::new("2026-11-11T00:00:00+08:00".parse()?);
///
/// let ledger = Embedded::new(Settings::new(Currency::CNY));
/// for limit in Limit::of_rules(&rules)? {
///     ledger.set_limit(&limit, context.now)?;
/// }
/// let mut scratch = Scratch::default();
/// let order = Order::new("order-17", "cart-17").limits(plan.limits().clone());
/// let secured = checkout::secure(&ledger, &order, context.now, |usage| {
///     plan.price(&mut scratch, &cart, &context, usage)
/// })?;
/// assert_eq!(secured.quote.totals.payable, Money::from_minor(4_900));
/// let (reservation, _) = secured.reservation.ok_or("something is held")?;
/// ledger.commit(&Commit::all(reservation, "payment-1"), context.now)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`CheckoutError`]; what the owner held before is still held.
pub fn secure<E>(
    ledger: &impl Ledger,
    order: &Order,
    now: Moment,
    mut price: impl FnMut(&Usage) -> Result<Quote, E>,
) -> Result<Secured, CheckoutError<E>> {
    let mut attempt = Attempt {
        order,
        used_up: BTreeSet::new(),
        seen: BTreeSet::new(),
        off: BTreeSet::new(),
        refused: Vec::new(),
    };
    let mut unanswered = None;
    for _ in 0..order.rounds_max.max(1) {
        let usage = match attempt.ask(ledger, now) {
            Ok(usage) => usage,
            Err(error) => {
                unanswered = Some(error);
                break;
            }
        };
        let usage = attempt.usage(usage);
        let quote = price(&usage).map_err(CheckoutError::Price)?;
        if quote.claims.is_empty() {
            return Ok(attempt.let_go(ledger, now, quote, usage));
        }
        let call = attempt.call(&quote);
        match ledger.reserve(&call, now) {
            Ok(Reserved::Held(held)) => {
                let reservation = Some((call.request, held));
                return Ok(attempt.secured(quote, usage, reservation, None));
            }
            Ok(Reserved::Rejected(short)) => attempt.note(short, &quote),
            Err(error) => {
                unanswered = Some(error);
                break;
            }
        }
    }
    let (quote, usage) = attempt.without_limited_rules(price)?;
    Ok(match unanswered {
        Some(_) => attempt.secured(quote, usage, None, unanswered),
        None => attempt.let_go(ledger, now, quote, usage),
    })
}

/// What is known of an order that is being secured.
struct Attempt<'a> {
    order: &'a Order,
    /// Not claimed any more.
    used_up: BTreeSet<Resource>,
    /// Refused once, while something was left.
    seen: BTreeSet<Resource>,
    /// Rules that draw on a wallet, or need a coupon, that no longer holds what the context says.
    off: BTreeSet<RuleId>,
    refused: Vec<Short>,
}

impl Attempt<'_> {
    /// What the ledger says is used.
    fn ask(&self, ledger: &impl Ledger, now: Moment) -> Result<Usage, LedgerError> {
        let Order { customer, owner, limits, .. } = self.order;
        let (customer, owner) = (customer.as_ref(), Some(owner));
        match limits {
            Some(limits) => ledger.usage_of(limits, customer, owner, now),
            None => ledger.usage(customer, owner, now),
        }
    }

    /// The usage to price under.
    fn usage(&self, mut usage: Usage) -> Usage {
        usage.off = self.order.off.clone();
        usage.off.rules.extend(self.off.iter().cloned());
        for resource in &self.used_up {
            usage.use_up(resource);
        }
        usage
    }

    /// Asks for what a quote claims. The id says which quote it is, so a retry that prices the same asks the same, and one
    /// that prices otherwise reserves anew, in place of what the owner held.
    fn call(&self, quote: &Quote) -> Reserve {
        let digest = quote.digest();
        let request = self.id(&digest.to_string());
        let claims = quote.claims.iter().cloned();
        let call = Reserve::new(request, self.order.owner.clone(), claims);
        call.ttl_ms(self.order.ttl_ms).quote(digest)
    }

    /// An id of its own for something the order asks: the order's, and the first sixteen bytes of what it is about. Of an
    /// order's id that leaves no room for them, the end is replaced by a digest of it.
    fn id(&self, about: &str) -> String {
        let request = self.order.request.as_str();
        let room = ID_BYTES_MAX.saturating_sub(ABOUT_BYTES);
        if request.len() <= room || request.len() > ID_BYTES_MAX {
            // What is too long for the ledger it may say itself.
            return format!("{request}#{about:.16}");
        }
        let digest = Fingerprint::of(request.as_bytes()).to_string();
        let most = room.saturating_sub(DIGEST_BYTES);
        let ends = request.char_indices().map(|(at, character)| at.saturating_add(character.len_utf8()));
        let head = ends.take_while(|end| *end <= most).last().and_then(|end| request.get(..end));
        format!("{}~{digest:.32}#{about:.16}", head.unwrap_or_default())
    }

    /// Gives back what the owner still holds: nothing of the quote needs it, and it could still be committed.
    fn let_go(self, ledger: &impl Ledger, now: Moment, quote: Quote, usage: Usage) -> Secured {
        let released = ledger.held_by(&self.order.owner, now).and_then(|held| match held {
            // Refused when it was committed or replaced in between, which is as good.
            Some(held) => ledger.release(&Release::new(held, self.id("release")), now).map(|_| ()),
            None => Ok(()),
        });
        self.secured(quote, usage, None, released.err())
    }

    fn note(&mut self, short: Short, quote: &Quote) {
        if let Some(rules) = rules_of_context(&short.resource, quote) {
            // The context would say the same again, so what draws on it is left out at once.
            self.off.extend(rules);
            self.refused.push(short);
            return;
        }
        let first = self.seen.insert(short.resource.clone());
        if short.available == 0 || !first {
            self.used_up.insert(short.resource.clone());
        }
        self.refused.push(short);
    }

    fn secured(
        self,
        quote: Quote,
        usage: Usage,
        reservation: Option<(RequestId, Held)>,
        unanswered: Option<LedgerError>,
    ) -> Secured {
        Secured { quote, usage, reservation, refused: self.refused, unanswered }
    }

    /// Prices until nothing is claimed. Each round takes every rule out that claimed something in the one before, and no
    /// rule comes back, so there are no more rounds than rules.
    fn without_limited_rules<E>(
        &mut self,
        mut price: impl FnMut(&Usage) -> Result<Quote, E>,
    ) -> Result<(Quote, Usage), CheckoutError<E>> {
        loop {
            let usage = self.usage(Usage::default());
            let quote = price(&usage).map_err(CheckoutError::Price)?;
            if quote.claims.is_empty() {
                return Ok((quote, usage));
            }
            let off = self.off.clone();
            for claim in &quote.claims {
                let is_new = match rules_of_context(&claim.resource, &quote) {
                    Some(rules) => {
                        let is_new = rules.iter().any(|rule| !off.contains(rule));
                        self.off.extend(rules);
                        is_new
                    }
                    None => self.used_up.insert(claim.resource.clone()),
                };
                if !is_new {
                    let resource = claim.resource.clone();
                    return Err(CheckoutError::ClaimsUsedUp { resource });
                }
            }
        }
    }
}

/// The rules of a quote that claim what the context says the customer has: of the wallet, or a coupon. `None` for a limit of
/// a rule.
fn rules_of_context(resource: &Resource, quote: &Quote) -> Option<Vec<RuleId>> {
    match resource.kind() {
        ResourceKind::WalletPoints | ResourceKind::WalletBalance => Some(wallet_rules(quote)),
        ResourceKind::Coupon => Some(vec![resource.rule().clone()]),
        ResourceKind::Uses
        | ResourceKind::CustomerUses
        | ResourceKind::Units
        | ResourceKind::CustomerUnits
        | ResourceKind::Budget
        | ResourceKind::Points
        | ResourceKind::CustomerPoints => None,
    }
}

/// The rules of a quote that draw on the customer's wallet.
fn wallet_rules(quote: &Quote) -> Vec<RuleId> {
    let redeemed = quote.points.iter().filter(|points| points.direction == PointsDirection::Redeemed);
    let positions = quote.draws.iter().map(|draw| draw.rule).chain(redeemed.map(|points| points.rule));
    let rules = positions.filter_map(|at| quote.rules.get(usize::try_from(at).ok()?));
    rules.map(|rule| rule.rule.clone()).collect()
}

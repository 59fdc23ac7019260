//! Proposes how much orders give for later at most; the checker decides whether it is so.

use super::certificate::{Certificate, Depth, Tree};
use super::later::Counting;
use super::market::Market;
use super::prove::Prover;
use super::rates::{Rates, rates};
use super::relax::relax;
use super::settings::AuditBounds;
use super::world::World;
use crate::bounds::PPM;
use crate::rules::Promise;

/// A certificate for the share that the promise allows.
pub(super) fn propose(
    world: &World<'_>,
    market: &Market,
    bounds: &AuditBounds,
    promise: Promise,
) -> Result<Certificate, String> {
    let (allowed, counting) = match promise {
        Promise::NoPump => (PPM, Counting::AnyCoupon),
        _earn_share => (world.thresholds.earned_ppm, Counting::FreeCoupons),
    };
    let rates = rates(world.rules, world.catalogue, counting)
        .ok_or("some rule gives for later without a bound in what is paid")?;
    if rates.of_list == 0 {
        return Ok(Certificate::Earned { depth: None });
    }
    let depth =
        deepest_allowed(rates, i128::from(allowed)).ok_or("the rules give too large a share for later")?;
    let depth_proof = proof_of_depth(world, market, bounds.nodes, depth)?;
    Ok(Certificate::Earned { depth: Some(depth_proof) })
}

/// How much of the list value may be off for the share to be no larger than allowed.
fn deepest_allowed(rates: Rates, allowed: i128) -> Option<i64> {
    let spare = allowed.checked_sub(rates.of_paid).filter(|spare| *spare > 0)?;
    let whole = i128::from(PPM);
    // One part less, for rounding.
    let depth = whole - rates.of_list.checked_mul(whole)?.checked_div(spare)? - 1;
    i64::try_from(depth).ok().filter(|depth| *depth >= 0)
}

/// A proof, without a tolerance, that no order has more than a share of its list value off.
pub(super) fn proof_of_depth(
    world: &World<'_>,
    market: &Market,
    nodes: u64,
    share_ppm: i64,
) -> Result<Depth, String> {
    let relaxed = relax(world.rules, world.catalogue, market, Promise::Depth, &world.thresholds);
    let mut relaxed = relaxed.map_err(|problem| problem.0)?;
    relaxed.margins.fill(i128::from(share_ppm));
    let tree: Tree = Prover::new(&relaxed, nodes).prove(0)?;
    Ok(Depth { share_ppm, tree })
}

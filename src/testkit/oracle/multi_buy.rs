//! Multi-buy: the pool is expanded into single units, which are counted out one by one (section 5 of the semantics).

use std::collections::BTreeMap;

use super::arith::cmp_fractions;
use super::asks::{Ask, Target};
use super::compute::{Application, Job};
use super::effects::{Effect, On};
use super::off::at_most;
use super::state::Run;
use crate::rules::{
    Bundle, BuyGet, GroupOff, NFor, NthUnit, Pick, Pool, Selector, Take, UnitLadder, UnitOff,
};

/// One unit of a pool.
#[derive(Clone, Copy, Debug)]
struct Unit {
    run: usize,
    /// What it is worth at its place in the run, the first place being the run's last unit.
    worth: i128,
}

/// So many units of each run.
type Counts = BTreeMap<usize, i128>;

fn count<'u>(units: impl IntoIterator<Item = &'u Unit>) -> Counts {
    let mut counts = Counts::new();
    for unit in units {
        *counts.entry(unit.run).or_default() += 1;
    }
    counts
}

/// The units of one group or bundle, by part.
type Group = Vec<Vec<Unit>>;

impl Job<'_> {
    /// The runs of a pool, in an order of worth per unit.
    fn pool_runs(&self, selector: &Selector, pick: Pick) -> Vec<usize> {
        let mut runs = self.open(selector);
        runs.retain(|run| (self.rule.reuse || !self.state.runs[*run].used) && self.run_worth(*run) > 0);
        self.sort(&mut runs, pick);
        runs
    }

    /// Sorts runs by worth per unit, ties in canonical order.
    pub fn sort(&self, runs: &mut [usize], pick: Pick) {
        let per_unit = |run: usize| (self.run_worth(run), self.state.runs[run].count());
        runs.sort_by(|a, b| match pick {
            Pick::Cheapest => cmp_fractions(per_unit(*a), per_unit(*b)).then(a.cmp(b)),
            Pick::Dearest => cmp_fractions(per_unit(*b), per_unit(*a)).then(a.cmp(b)),
        });
    }

    /// The units of a run, the last one first.
    fn last_first(&self, run: usize) -> impl Iterator<Item = Unit> {
        let worth = self.world.values(&self.state.runs[run].units, &self.basis);
        worth.into_iter().rev().map(move |worth| Unit { run, worth })
    }

    fn pool(&self, selector: &Selector, pick: Pick) -> Vec<Unit> {
        self.pool_runs(selector, pick).into_iter().flat_map(|run| self.last_first(run)).collect()
    }

    pub fn n_for(&self, benefit: &NFor) -> Application {
        let pool = self.pool(&benefit.target, benefit.pick);
        let groups = pool.chunks_exact(benefit.units as usize);
        let groups = groups.map(|group| vec![group.to_vec()]).collect();
        let mut kept = self.judged(groups, benefit.off);
        let times = at_most(benefit.times, length(&kept));
        kept.truncate(usize::try_from(times).unwrap_or(usize::MAX));
        self.group_off(&kept, benefit.off)
    }

    pub fn bundle(&self, benefit: &Bundle) -> Application {
        let mut bundles = Vec::new();
        for times in 1.. {
            match self.bundles(benefit, times) {
                Some(more) if at_most(benefit.times, times) == times => bundles = more,
                Some(_) | None => break,
            }
        }
        self.group_off(&self.judged(bundles, benefit.off), benefit.off)
    }

    /// So many bundles, if the parts can take the units for them one after the other.
    fn bundles(&self, benefit: &Bundle, times: i128) -> Option<Vec<Group>> {
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        let mut by_part = Vec::new();
        for Pool { selector, quantity } in &benefit.parts {
            let wanted = usize::try_from(times).ok()? * *quantity as usize;
            let mut units: Vec<Unit> = Vec::new();
            for run in self.pool_runs(selector, benefit.pick) {
                let by_earlier_parts = taken.entry(run).or_default();
                let missing = wanted - units.len();
                let more: Vec<Unit> = self.last_first(run).skip(*by_earlier_parts).take(missing).collect();
                *by_earlier_parts += more.len();
                units.extend(more);
            }
            if units.len() < wanted {
                return None;
            }
            by_part.push(units.chunks_exact(*quantity as usize).map(<[Unit]>::to_vec).collect::<Vec<_>>());
        }
        let bundle = |i: usize| by_part.iter().map(|part: &Vec<Vec<Unit>>| part[i].clone()).collect();
        Some((0..usize::try_from(times).ok()?).map(bundle).collect())
    }

    /// Drops groups that are worth no more than their price; neighbours inside the same runs stand or fall together.
    fn judged(&self, groups: Vec<Group>, off: GroupOff) -> Vec<Group> {
        let GroupOff::Price(price) = off else {
            return groups;
        };
        let price = self.world.money(price);
        let inside = |group: &Group| -> Option<Vec<usize>> {
            let run_of = |part: &Vec<Unit>| {
                let run = part.first()?.run;
                part.iter().all(|unit| unit.run == run).then_some(run)
            };
            group.iter().map(run_of).collect()
        };
        let together = |a: &Group, b: &Group| inside(a).is_some() && inside(a) == inside(b);
        let worth_it = |groups: &&[Group]| {
            let worth: i128 = groups.iter().flatten().flatten().map(|unit| unit.worth).sum();
            worth > price * length(groups)
        };
        groups.chunk_by(together).filter(worth_it).flatten().cloned().collect()
    }

    fn group_off(&self, groups: &[Group], off: GroupOff) -> Application {
        let chosen = count(groups.iter().flatten().flatten());
        let targets: Vec<Target> = chosen.iter().map(|(run, units)| self.last(*run, *units)).collect();
        let worth: i128 = targets.iter().map(|target| target.worth).sum();
        let ask = match off {
            GroupOff::Percent(percent) => Ask::percent(&targets, percent, self.rounding()),
            GroupOff::Amount(amount) => Ask::Sum(length(groups) * self.world.money(amount)),
            GroupOff::Price(price) => Ask::Sum((worth - length(groups) * self.world.money(price)).max(0)),
            GroupOff::UnitPrice(price) => Ask::price_each(&targets, self.world.money(price)),
        };
        self.ask(ask, &targets)
    }

    pub fn nth_unit(&self, benefit: &NthUnit) -> Application {
        let pool = self.pool(&benefit.target, benefit.order);
        let all = pool.chunks_exact(benefit.nth as usize);
        let times = at_most(benefit.times, all.len() as i128);
        let groups: Vec<&[Unit]> = all.take(usize::try_from(times).unwrap_or(usize::MAX)).collect();
        let at = benefit.position as usize - 1;
        let mut chosen: Vec<Unit> = match benefit.take {
            Take::Pooled => {
                let units = self.by_worth(&groups.concat(), benefit.pick);
                units.into_iter().skip(at * groups.len()).take(groups.len()).collect()
            }
            Take::EachGroup => groups.iter().map(|group| self.by_worth(group, benefit.pick)[at]).collect(),
        };
        chosen.truncate(benefit.units_max.map_or(usize::MAX, |most| most as usize));
        let mut others = count(groups.into_iter().flatten());
        for unit in &chosen {
            *others.entry(unit.run).or_default() -= 1;
        }
        self.unit_off(&count(&chosen), benefit.off, &others)
    }

    fn by_worth(&self, units: &[Unit], pick: Pick) -> Vec<Unit> {
        let mut runs: Vec<usize> = count(units).into_keys().collect();
        self.sort(&mut runs, pick);
        let of = |run: usize| units.iter().copied().filter(move |unit| unit.run == run);
        runs.into_iter().flat_map(of).collect()
    }

    /// The chosen units, last in their runs, get `off`; the other ones that take part stand before them.
    fn unit_off(&self, chosen: &Counts, off: UnitOff, others: &Counts) -> Application {
        let targets: Vec<Target> = chosen.iter().map(|(run, units)| self.last(*run, *units)).collect();
        let mut application = self.ask(self.unit_ask(&targets, off), &targets);
        for (run, units) in others.iter().filter(|(_, units)| **units > 0) {
            let on = On::Units { run: *run, units: *units };
            application.effects.push(Effect { on, asked: 0 });
        }
        application
    }

    pub fn unit_ask(&self, targets: &[Target], off: UnitOff) -> Ask {
        match off {
            UnitOff::Percent(percent) => Ask::percent(targets, percent, self.rounding()),
            UnitOff::Amount(amount) => Ask::amount_each(targets, self.world.money(amount)),
            UnitOff::Price(price) => Ask::price_each(targets, self.world.money(price)),
        }
    }

    pub fn unit_ladder(&self, benefit: &UnitLadder) -> Application {
        let pool = self.pool(&benefit.target, benefit.order);
        let places = (1_u32..).zip(&pool);
        let places = places.take_while(|(place, _)| benefit.units_max.is_none_or(|max| *place <= max));
        let mut by_step: BTreeMap<u32, Vec<Unit>> = BTreeMap::new();
        for (place, unit) in places {
            let steps = benefit.steps.iter().map(|step| step.from);
            if let Some(from) = steps.filter(|from| *from <= place).max() {
                by_step.entry(from).or_default().push(*unit);
            }
        }
        let mut fronts: BTreeMap<usize, Run> = BTreeMap::new();
        let (mut targets, mut parts, mut total) = (Vec::new(), Vec::new(), 0);
        for step in &benefit.steps {
            let mut of_step = Vec::new();
            for (run, units) in count(by_step.get(&step.from).into_iter().flatten()) {
                let front = fronts.entry(run).or_insert_with(|| self.state.runs[run].clone());
                let (rest, piece) = front.cut_last(units);
                *front = rest;
                of_step.push(self.target(run, &piece));
            }
            let (sum, asked) = self.unit_ask(&of_step, step.off).settle(None, &of_step);
            total += sum;
            targets.extend(of_step);
            parts.extend(asked);
        }
        self.ask(Ask::Each { total, parts }, &targets)
    }

    pub fn buy_get(&self, benefit: &BuyGet) -> Application {
        let qualifiers = self.pool_runs(&benefit.qualifier.selector, Pick::Dearest);
        let targets = self.pool_runs(&benefit.target.selector, benefit.pick);
        let is_both = |run: &&usize| qualifiers.contains(run);
        let both: Vec<usize> = targets.iter().filter(is_both).copied().collect();
        let there = There {
            qualifiers: self.units(&qualifiers),
            targets: self.units(&targets),
            both: self.units(&both),
        };
        let (mut wanted, mut given) = there.most(benefit);

        // Units in both pools may be targets only while enough of them are left as qualifiers.
        let only_qualifiers = there.qualifiers - there.both;
        let mut shared = there.both - (wanted - only_qualifiers).max(0);
        let mut chosen = Counts::new();
        for run in targets {
            let mut units = given.min(self.state.runs[run].count());
            if both.contains(&run) {
                units = units.min(shared);
                shared -= units;
            }
            given -= units;
            chosen.insert(run, units);
        }
        let mut others = Counts::new();
        for run in qualifiers {
            let free = self.state.runs[run].count() - chosen.get(&run).unwrap_or(&0);
            others.insert(run, wanted.min(free));
            wanted -= wanted.min(free);
        }
        chosen.retain(|_, units| *units > 0);
        self.unit_off(&chosen, benefit.off, &others)
    }
}

/// How many units there are for a buy-get rule.
struct There {
    qualifiers: i128,
    targets: i128,
    both: i128,
}

impl There {
    /// Whether so many qualifiers and targets exist that share no unit.
    fn allow(&self, wanted: i128, given: i128) -> bool {
        wanted <= self.qualifiers
            && given <= self.targets
            && wanted + given <= self.qualifiers + self.targets - self.both
    }

    /// The most qualifiers and targets that the rule may take.
    fn most(&self, benefit: &BuyGet) -> (i128, i128) {
        let buy = i128::from(benefit.qualifier.quantity);
        let get = i128::from(benefit.target.quantity);
        let may_repeat = |times| at_most(benefit.times, times + 1) > times;
        let mut times = 0;
        while may_repeat(times) && self.allow((times + 1) * buy, (times + 1) * get) {
            times += 1;
        }
        let one_more = benefit.partial && may_repeat(times);
        let allowed = |more: &i128| one_more && self.allow((times + 1) * buy, times * get + more);
        match (1..get).rev().find(allowed) {
            Some(more) => ((times + 1) * buy, times * get + more),
            None => (times * buy, times * get),
        }
    }
}

fn length<T>(list: &[T]) -> i128 {
    // Lengths fit.
    list.len() as i128
}

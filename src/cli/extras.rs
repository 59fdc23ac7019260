//! What a receipt says beyond prices: when what is paid, group prices, balances, points, things for later.

use dealproof::money::Money;
use dealproof::record::{PaymentPart, PointsDirection};
use dealproof::shop::GroupStatus;

use crate::receipt::{Receipt, section};
use crate::text::{Columns, Lean, count, shown};

impl Receipt<'_> {
    /// All of it.
    pub fn extras(&self, out: &mut String) {
        self.payments(out);
        self.groups(out);
        self.wallet(out);
        self.later(out);
    }

    fn payments(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Right, Lean::Left]);
        for payment in &self.quote.payments {
            let part = match payment.part {
                PaymentPart::Deposit => "deposit",
                PaymentPart::Balance => "balance",
            };
            let when = match (payment.from, payment.until) {
                (None, None) => String::new(),
                (Some(from), None) => format!("from {from}"),
                (None, Some(until)) => format!("until {until}"),
                (Some(from), Some(until)) => format!("from {from} until {until}"),
            };
            let mut words = vec![when];
            if payment.lost > Money::ZERO {
                words.push(format!("{} lost if the balance is not paid", self.money(payment.lost)));
            }
            words.retain(|words| !words.is_empty());
            table.row([part.to_owned(), self.money(payment.amount), words.join("; ")]);
        }
        section(out, "Payment", &table);
    }

    fn groups(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Left]);
        for group in &self.quote.groups {
            let price = self.money(group.unit_price);
            let members = count(u64::from(group.members), "member");
            let mut words = match group.status {
                GroupStatus::Open => {
                    format!("{price} a unit for a group of {}, which has {members} and is open", group.size)
                }
                GroupStatus::Closed => format!("{price} a unit, closed with {members}"),
            };
            if group.next_size > 0 {
                let next = self.money(group.next_unit_price);
                words.push_str(&format!("; {next} with {}", group.next_size));
            }
            table.row([self.rule_at(group.rule), words]);
        }
        section(out, "Buying group", &table);
    }

    fn wallet(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Right, Lean::Left]);
        for draw in &self.quote.draws {
            let balance = format!("balance {}", shown(draw.balance.as_str()));
            table.row([balance, self.money(draw.amount), self.rule_at(draw.rule)]);
        }
        for moved in &self.quote.points {
            let what = match moved.direction {
                PointsDirection::Earned => "points earned",
                PointsDirection::Redeemed => "points redeemed",
            };
            table.row([what.to_owned(), moved.points.to_string(), self.rule_at(moved.rule)]);
        }
        section(out, "Wallet", &table);
    }

    fn later(&self, out: &mut String) {
        let mut table = Columns::bare(&[Lean::Left, Lean::Left]);
        for grant in &self.quote.grants {
            let what = if grant.coupon.as_str().is_empty() {
                format!("{} {} of {}", grant.quantity, shown(grant.class.as_str()), self.money(grant.amount))
            } else {
                format!("{} coupon {}", grant.quantity, shown(grant.coupon.as_str()))
            };
            table.row([what, self.rule_at(grant.rule)]);
        }
        section(out, "For later", &table);
    }

    fn rule_at(&self, position: u32) -> String {
        let rule = self.quote.rules.get(position as usize);
        rule.map_or_else(String::new, |rule| self.named(rule.rule.as_str()))
    }
}

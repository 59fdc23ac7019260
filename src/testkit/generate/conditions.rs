//! Conditions: most of them hold, so that rules get to work on each other.

use super::cart::METHODS;
use super::context::{CHANNELS, MOMENTS, PAYMENTS, REGIONS, SEGMENTS, moment};
use super::maker::Maker;
use crate::money::{Currency, Percent};
use crate::rules::{
    AnyOf, AttributeTest, BirthdayWhen, Condition, Contains, DistinctSkus, Experiment, OrderNumber, Quantity,
    Range, Spend, Weekly, Window, Within,
};
use crate::shop::{CouponCode, TimeOfDay, UtcOffset, Weekday};

impl Maker<'_, '_> {
    pub fn condition(&mut self) -> Condition {
        match self.bytes.below(16) {
            0..=7 => self.counting(),
            8..=12 => self.contextual(),
            13 => Condition::All(vec![self.counting(), self.contextual()]),
            14 => Condition::Any(vec![self.contextual(), self.counting()]),
            _ => Condition::Not(Box::new(self.counting())),
        }
    }

    fn within(&mut self) -> Within {
        self.bytes.one_of([Within::Part, Within::Part, Within::Order, Within::AnyLine])
    }

    fn counting(&mut self) -> Condition {
        let of = self.selector();
        let within = self.within();
        match self.bytes.below(8) {
            0..=4 => Condition::Spend(self.spend(Spend { of, within, ..Spend::default() })),
            5 => {
                let least = self.bytes.one_of([2, 1, 3, 4]);
                let most = self.bytes.maybe(3, |bytes| least + bytes.one_of([0, 2]));
                Condition::Quantity(Quantity::between(of, Some(least), most).within(within))
            }
            6 => {
                let skus = self.bytes.one_of([2, 1, 3]);
                // A line is of one sku.
                let skus = if within == Within::AnyLine { 1 } else { skus };
                Condition::DistinctSkus(DistinctSkus::at_least(of, skus).within(within))
            }
            _ => Condition::Contains(Contains::new(of).within(within)),
        }
    }

    fn spend(&mut self, mut spend: Spend) -> Spend {
        let threshold = self.threshold_minor();
        match self.bytes.below(8) {
            6 => spend.at_most = Some(self.exactly(threshold)),
            7 => {
                spend.at_least = Some(self.exactly(threshold));
                spend.at_most = Some(self.exactly(threshold + 1_000));
            }
            _ => spend.at_least = Some(self.exactly(threshold)),
        }
        spend.base = self.maybe_base();
        let may_ship = match spend.within {
            Within::Part => !self.per_line,
            Within::Order => true,
            Within::AnyLine => false,
        };
        spend.with_shipping = may_ship && self.bytes.in_16(4);
        spend
    }

    fn contextual(&mut self) -> Condition {
        match self.bytes.below(18) {
            0 => Condition::Segment(AnyOf::new([self.bytes.one_of(SEGMENTS)])),
            1 => Condition::Channel(AnyOf::new([self.bytes.one_of(CHANNELS)])),
            2 => Condition::Region(AnyOf::new([self.bytes.one_of(REGIONS)])),
            3 => Condition::PaymentMethod(AnyOf::new([self.bytes.one_of(PAYMENTS)])),
            4 => Condition::ShippingMethod(AnyOf::new([METHODS[1]])),
            5 => Condition::Level(Range::between(Some(2), None)),
            6 => Condition::GroupSize(Range::between(Some(2), Some(3))),
            7 => Condition::FirstOrder {},
            8 => Condition::OrderNumber(OrderNumber::every(2)),
            9 => Condition::Birthday(self.bytes.one_of([
                BirthdayWhen::Day,
                BirthdayWhen::Month,
                BirthdayWhen::Day,
                BirthdayWhen::Day,
            ])),
            10 => Condition::Currency(AnyOf::new([Currency::EUR, self.currency()])),
            11 => Condition::Code(AnyOf::new([CouponCode::new("PLAIN")])),
            12 => {
                let (from, until) = self.bytes.one_of([(0, 50), (50, 100), (0, 100)]);
                Condition::Experiment(Experiment::new("colour", Percent::whole(from), Percent::whole(until)))
            }
            13 => Condition::Attribute(AttributeTest::is("store", 1)),
            14 | 15 => self.weekly(),
            _ => {
                // From one of the moments, which is inside; or until it, which is outside.
                let edge = Some(moment(self.bytes.one_of(MOMENTS)));
                Condition::Window(match self.bytes.below(2) {
                    0 => Window::new(edge, None),
                    _ => Window::new(None, edge),
                })
            }
        }
    }

    fn weekly(&mut self) -> Condition {
        let (from, until) = self.bytes.one_of([
            ("10:00", "12:00"),
            ("22:00", "02:00"),
            ("08:00", "10:00"),
            ("00:00", "24:00"),
        ]);
        let offset: Option<UtcOffset> = self.bytes.one_of(["+08:00", "+00:00"]).parse().ok();
        let times: (Option<TimeOfDay>, Option<TimeOfDay>) = (from.parse().ok(), until.parse().ok());
        let (Some(offset), (Some(from), Some(until))) = (offset, times) else {
            return Condition::FirstOrder {};
        };
        let weekly = Weekly::daily(from, until, offset);
        Condition::Weekly(match self.bytes.below(3) {
            0 => weekly,
            1 => weekly.on(Weekday::Wed).on(Weekday::Sat),
            _ => weekly.on(Weekday::Sun),
        })
    }
}

//! The kinds of problems a rule file can have, each with a name that never changes.

use std::fmt;

use serde::{Serialize, Serializer};

/// Whether a problem stops compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It does: the rule set has no defined meaning, or surely not the one its author had in mind.
    Error,
    /// It does not: the rule set works as written, and is probably not meant so.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// Declares the codes: variant, name, severity, meaning, repair. `guide/diagnostics.md` repeats the table for readers;
/// a test holds the two together.
macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $meaning:literal $repair:literal;)*) => {
        /// The kind of a problem. Its name, such as `zero-count`, is stable: tools may match on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the guide's table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable name, in kebab case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Whether it stops compilation.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What is wrong.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// What to do about it.
            #[must_use]
            pub const fn repair(self) -> &'static str {
                match self { $(Self::$variant => $repair,)* }
            }
        }
    };
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

codes! {
    DocumentTooLarge "document-too-large" Error
        "the document has more bytes than allowed"
        "split the campaign into several documents";
    NotUtf8 "not-utf8" Error
        "the document is not UTF-8 text"
        "save the file as UTF-8";
    ByteOrderMark "byte-order-mark" Error
        "the document starts with a byte order mark"
        "save the file as UTF-8 without a byte order mark";
    NotJson "not-json" Error
        "the text is not one JSON value"
        "mend the JSON at the place named; nothing may follow the value";
    TooDeep "too-deep" Error
        "values are nested deeper than allowed"
        "flatten the nesting";
    TooManyValues "too-many-values" Error
        "the document holds more values than allowed"
        "split the campaign into several documents";
    WrongType "wrong-type" Error
        "a value is of another type than expected"
        "write a value of the expected type; amounts and percentages are strings";
    FractionalNumber "fractional-number" Error
        "a JSON number has a fraction, an exponent or too many digits"
        "write amounts and percentages as strings, counts as plain whole numbers";
    ListForObject "list-for-object" Error
        "a list stands where an object with named fields is expected"
        "name the fields: {\"field\": value}";
    DuplicateKey "duplicate-key" Error
        "an object names a key twice"
        "keep one of the two";
    UnknownField "unknown-field" Error
        "an object has a field that is not part of the format"
        "correct the spelling or remove the field";
    MissingField "missing-field" Error
        "an object lacks a required field"
        "add the field";
    UnknownKind "unknown-kind" Error
        "a word or kind is none of those allowed here"
        "use one of the words listed in the message";
    BadValue "bad-value" Error
        "a value is of the right type and cannot be used"
        "write the value in the form the message asks for";
    UnknownFormat "unknown-format" Error
        "the document is of another format version"
        "write the document in format 1, or use a version of the library that reads it";
    NoCurrency "no-currency" Error
        "the rule set has no currency"
        "name the ISO 4217 currency of its amounts";
    NoStages "no-stages" Error
        "the list of stages is empty"
        "list the stages, or leave the list out to have the default ones";
    TooManyStages "too-many-stages" Error
        "there are more stages than allowed"
        "merge stages";
    TooManyRules "too-many-rules" Error
        "there are more rules than allowed"
        "split the campaign into several documents";
    ListTooLong "list-too-long" Error
        "a list has more members than allowed"
        "use a category or tag in place of a long list";
    TooManyTiers "too-many-tiers" Error
        "a ladder has more tiers than allowed"
        "use fewer tiers, or `every` for regular steps";
    ConditionTooDeep "condition-too-deep" Error
        "conditions or selectors are nested deeper than allowed"
        "flatten the nesting";
    ConditionTooLarge "condition-too-large" Error
        "a rule has more conditions and selectors than allowed"
        "use lists of members in place of many small conditions";
    EmptyId "empty-id" Error
        "an id is empty"
        "give it a name";
    TextTooLong "text-too-long" Error
        "an id or text is longer than allowed"
        "shorten it";
    ControlCharacter "control-character" Error
        "an id or text has control characters"
        "remove them";
    DuplicateRule "duplicate-rule" Error
        "two rules have the same id"
        "rename one of them";
    DuplicateStage "duplicate-stage" Error
        "two stages have the same id"
        "rename or remove one of them";
    UnknownStage "unknown-stage" Error
        "a stage is named that is not in the list of stages"
        "use one of the listed stages, or list it";
    UnusedStage "unused-stage" Warning
        "no rule that is switched on runs in a listed stage"
        "remove the stage, or move rules into it";
    BaseNotYetKnown "base-not-yet-known" Error
        "a base names a stage later than the rule's own"
        "name the own stage or an earlier one";
    CashTooEarly "cash-too-early" Error
        "the base `cash` is used before points are redeemed or balances used"
        "move the rule into a later stage, or use another base";
    GiftNotSelectable "gift-not-selectable" Error
        "a gift stands in a stage that selects by money"
        "move it into a stage that selects `all` or `first`";
    NotPerUnit "not-per-unit" Error
        "the benefit cannot be compared unit by unit, as its stage does"
        "use a plain percentage, an amount per unit or a unit price, without cap and unit choice, or another stage";
    NoEffect "no-effect" Warning
        "a setting has no effect where it stands"
        "remove it";
    ExcludesItself "excludes-itself" Error
        "a rule excludes itself"
        "remove its own id from `excludes`";
    UnknownExcludedRule "unknown-excluded-rule" Error
        "a rule is excluded that does not exist"
        "correct the id, or remove it";
    UnknownExcludedTag "unknown-excluded-tag" Warning
        "a tag is excluded that no rule has"
        "correct the tag, or remove it";
    ExcludesNobody "excludes-nobody" Warning
        "no other rule has the excluded tag, or stands in the excluded stage"
        "remove the exclusion, or add the rules it is meant for";
    OneWayExclusion "one-way-exclusion" Warning
        "a rule excludes another one that does not say so itself; exclusion holds both ways"
        "list it in the other rule's `excludes` too, so that both can be read by themselves";
    ShadowedExclusion "shadowed-exclusion" Warning
        "a rule excludes another one that it cannot apply with anyway"
        "remove the exclusion, or the group or `exclusive` that covers it";
    GoesWithExcluded "goes-with-excluded" Error
        "a rule goes with others that it can never apply with: one excludes the other, they share a group, or one is exclusive"
        "remove the declaration, or what keeps them apart";
    UnknownDeclaredRule "unknown-declared-rule" Error
        "a rule goes with one that does not exist"
        "correct the id, or remove it";
    UnknownDeclaredTag "unknown-declared-tag" Warning
        "a rule goes with a tag that no rule has"
        "correct the tag, or remove it";
    GoesWithNobody "goes-with-nobody" Warning
        "no other rule has the tag, or stands in the stage, that a rule goes with"
        "remove it, or add the rules it is meant for";
    LoneGroupMember "lone-group-member" Warning
        "a group has only one rule"
        "remove the group, or add the rules it is meant for";
    EmptyWindow "empty-window" Error
        "a window ends no later than it starts"
        "swap or correct its ends";
    WindowsApart "windows-apart" Error
        "windows that must hold together never do"
        "join them with `any`, or correct their ends";
    WholeDayWindow "whole-day-window" Warning
        "a daily window starts where it ends, and so lasts a whole day"
        "write 00:00 to 24:00 if that is meant";
    EmptyRange "empty-range" Error
        "the lower end of a range is above its upper end"
        "swap or correct its ends";
    NoBounds "no-bounds" Error
        "a range or window has neither end"
        "give one of its ends, or remove it";
    NeverHolds "never-holds" Error
        "a condition, or an `all` of conditions, can never hold"
        "correct it, or switch the rule off with `enabled`";
    OtherCurrency "other-currency" Warning
        "a rule asks for a currency that the rule set does not have, and so never applies"
        "add the currency, or leave the rule to the rule sets that have it";
    AlwaysHolds "always-holds" Warning
        "a condition or threshold always holds"
        "correct or remove it";
    BadPath "bad-path" Error
        "a category or region path has an empty level"
        "remove doubled, leading and trailing slashes";
    NeverSelects "never-selects" Error
        "a selector leaves out every unit that it takes"
        "narrow what it leaves out";
    NegativeAmount "negative-amount" Error
        "an amount is below zero"
        "write it without the sign";
    TooManyDecimals "too-many-decimals" Error
        "an amount is written with more decimals than the currency has"
        "write it with the currency's decimals; zeros count too, since 1.000 may be meant as a thousand";
    AmountTooLarge "amount-too-large" Error
        "an amount is beyond what can be computed"
        "lower it";
    PercentOutOfRange "percent-out-of-range" Error
        "a percentage is outside 0 to 100"
        "write how much comes off: \"20\" leaves 80 %";
    PercentTooFine "percent-too-fine" Error
        "a percentage has more than four decimals"
        "round it to four decimals";
    ZeroCount "zero-count" Error
        "a count is zero that must be at least one"
        "raise it, or remove the setting";
    ZeroAmount "zero-amount" Error
        "an amount is zero that must be more"
        "raise it, or remove the setting";
    GivesNothing "gives-nothing" Warning
        "a benefit or cap of nothing"
        "raise it, or switch the rule off with `enabled`";
    EmptyList "empty-list" Error
        "a list is empty that needs members"
        "add members";
    PositionOutOfRange "position-out-of-range" Error
        "the position is beyond the size of a group"
        "choose a position from 1 to the size of a group";
    ChooseOutOfRange "choose-out-of-range" Error
        "more gifts are to be chosen than there are options"
        "add options, or choose fewer";
    TiersNotRising "tiers-not-rising" Error
        "a tier starts no higher than the one before it"
        "list the tiers by rising threshold, each once";
    TierGivesNoMore "tier-gives-no-more" Error
        "a tier gives no more than the one before it, or to some carts less"
        "raise what it gives, or remove the tier";
    SpentPointsStay "spent-points-stay" Warning
        "points are earned that no rule redeems, and those spent before a return stay the shopper's"
        "say `owe` or `charge` in `spent_points` of `refunds`";
    MixedTiers "mixed-tiers" Warning
        "neighbouring tiers are of kinds that cannot be compared"
        "use one kind of reduction in a ladder";
    UnreachableTier "unreachable-tier" Error
        "a tier, step or group needs more than any cart can have, or than the rule's own condition lets through"
        "lower its threshold, or remove it";
    BeyondReach "beyond-reach" Warning
        "more is set than a cap or the rule's own condition ever lets through"
        "lower it, or raise the cap or the condition";
    SteepTier "steep-tier" Warning
        "a tier or step gives back at least 80 % of the spend it asks for"
        "check for a slipped digit";
    DeepDiscount "deep-discount" Warning
        "95 % or more off, without cap or limits"
        "check that the percentage is what comes off, or add a cap or limits";
    UncappedEvery "uncapped-every" Warning
        "a benefit repeats without end"
        "set `times`, or a cap";
    FactorOutOfRange "factor-out-of-range" Error
        "a factor is outside 1 to 1000"
        "write how many times as much: \"2\" doubles";
    FactorTooFine "factor-too-fine" Error
        "a factor has more than four decimals"
        "round it to four decimals";
    GroupOfOne "group-of-one" Warning
        "dummies may fill a buying group for one buyer alone"
        "lower `fill` so that at least two real buyers are needed";
    PaidOutAtOnce "paid-out-at-once" Warning
        "a buying group's better tier or leader's benefit is paid out before anybody can return their units"
        "set `hold_minutes` to the return window";
    UnlimitedBargain "unlimited-bargain" Warning
        "a bargain price has no limits"
        "limit the units of an order, of a customer or in all";
    NotMultiBuy "not-multi-buy" Error
        "something else than multi-buy offers stands in a stage that shares units out among them"
        "move it into another stage";
    NotSelectable "not-selectable" Error
        "a benefit that does not compete by what it saves stands in a stage that selects by that"
        "move it into a stage that selects `all` or `first`";
    OrderOnly "order-only" Error
        "a benefit that works on the whole order stands on parts of it"
        "remove `per`, or set it to `order`";
    PointsLimitNotSupported "points-limit-not-supported" Error
        "a limit of points stands on a benefit that moves none"
        "limit `uses`, `units` or `budget`";
    UnitLimitNotSupported "unit-limit-not-supported" Error
        "a unit limit stands on a benefit that does not count units one by one"
        "limit `uses` or `budget`, or how often the benefit repeats";
    EarnsOnGiftCards "earns-on-gift-cards" Warning
        "goods that are as good as money earn points"
        "leave `gift_cards` out of what earns";
    EarnsOnPaid "earns-on-paid" Warning
        "points are earned on what points or balances pay"
        "leave the base out: what is left to pay in cash earns";
    LimitAboveTotal "limit-above-total" Warning
        "a limit of a part is larger than the limit of the whole"
        "lower it below the total, or remove it";
    DuplicateQuota "duplicate-quota" Error
        "two quotas have the same id"
        "rename or remove one of them";
    UnknownQuota "unknown-quota" Error
        "a rule draws on a quota that is not listed"
        "list it in `quotas`, or correct the id";
    UnusedQuota "unused-quota" Warning
        "no rule draws on a quota"
        "name it in the `quotas` of its rules, or remove it";
    QuotaWithoutLimit "quota-without-limit" Error
        "a quota limits nothing"
        "set its `units` or `units_per_customer`";
    QuotaPerLine "quota-per-line" Error
        "rules that share a quota compete in a stage that selects `best_per_line`"
        "let the stage select `best_per_unit`, or give each rule a limit of its own";
    WithShippingNotPossible "with-shipping-not-possible" Error
        "the benefit cannot reach shipping fees"
        "drop `with_shipping`, or use a percentage of the value or a single amount";
    ShippingPerLine "shipping-per-line" Error
        "shipping is looked at line by line, where there are no fees"
        "work per order or per shop";
    CouponWithoutCodes "coupon-without-codes" Error
        "a coupon has no codes and is in no wallet"
        "list its codes, let customers hold it with `wallet`, or remove the coupon";
    CodeFoldsToNothing "code-folds-to-nothing" Error
        "a code has characters no code can have, or none at all"
        "use letters A to Z and digits";
    CodesFoldTogether "codes-fold-together" Error
        "two codes are the same once folded"
        "keep one of the two";
    UnlimitedCoupon "unlimited-coupon" Warning
        "a coupon has no condition and no limits: who knows the code has it for ever"
        "add a window, a minimum, uses or a budget";
    FundingNotWhole "funding-not-whole" Error
        "the bearers' shares do not add up to 100 %"
        "correct the shares";
}

//! Instants, offsets, times of day. The library never reads a clock: every moment is passed in.

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat, Timelike};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant with the offset it was written in.
///
/// ```
/// use dealproof::shop::Moment;
///
/// let shanghai: Moment = "2026-11-11T00:00:00+08:00".parse()?;
/// let utc: Moment = "2026-11-10T16:00:00Z".parse()?;
/// assert_eq!(shanghai.cmp_instant(utc), std::cmp::Ordering::Equal);
/// # Ok::<(), dealproof::shop::MomentError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment(DateTime<FixedOffset>);

impl Moment {
    /// An instant from the border type.
    #[must_use]
    pub const fn new(instant: DateTime<FixedOffset>) -> Self {
        Self(instant)
    }

    /// The instant.
    #[must_use]
    pub const fn instant(self) -> DateTime<FixedOffset> {
        self.0
    }

    /// Milliseconds since 1970-01-01T00:00:00Z; what windows are compared by.
    #[must_use]
    pub fn unix_ms(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// Compares the instants, whatever their offsets.
    #[must_use]
    pub fn cmp_instant(self, other: Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }

    /// The moment so many minutes later; none beyond the calendar.
    #[must_use]
    pub fn after_minutes(self, minutes: u32) -> Option<Self> {
        self.0.checked_add_signed(chrono::TimeDelta::minutes(i64::from(minutes))).map(Self)
    }

    /// Weekday and minute of the day at an offset.
    pub(crate) fn local(self, offset: UtcOffset) -> (Weekday, u16) {
        let local = self.0.with_timezone(&offset.0);
        let weekday = match local.weekday() {
            chrono::Weekday::Mon => Weekday::Mon,
            chrono::Weekday::Tue => Weekday::Tue,
            chrono::Weekday::Wed => Weekday::Wed,
            chrono::Weekday::Thu => Weekday::Thu,
            chrono::Weekday::Fri => Weekday::Fri,
            chrono::Weekday::Sat => Weekday::Sat,
            chrono::Weekday::Sun => Weekday::Sun,
        };
        // Below 24 * 60.
        (weekday, u16::try_from(local.hour() * 60 + local.minute()).unwrap_or(0))
    }

    /// Whether its year, in its own offset, has a 29 February.
    pub(crate) fn is_leap_year(self) -> bool {
        self.0.date_naive().leap_year()
    }

    /// Month and day in the moment's own offset.
    pub(crate) fn month_and_day(self) -> (u32, u32) {
        (self.0.month(), self.0.day())
    }
}

impl Default for Moment {
    /// 1970-01-01T00:00:00Z.
    fn default() -> Self {
        Self(DateTime::UNIX_EPOCH.fixed_offset())
    }
}

impl std::str::FromStr for Moment {
    type Err = MomentError;
    fn from_str(text: &str) -> Result<Self, MomentError> {
        let refused = || MomentError { given: text.chars().take(40).collect() };
        // RFC 3339 lets parsers be lenient; documents must not be.
        let strict = text.len() <= 40 && text.as_bytes().get(10) == Some(&b'T') && !text.ends_with('z');
        if !strict {
            return Err(refused());
        }
        DateTime::parse_from_rfc3339(text).map(Self).map_err(|_| refused())
    }
}

/// The text is no instant with an offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is not an instant with an offset, such as \"2026-11-11T00:00:00+08:00\"")]
pub struct MomentError {
    /// What was given, at most 40 characters of it.
    pub given: String,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An offset from UTC between -18:00 and +18:00, written `+08:00`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UtcOffset(FixedOffset);

impl UtcOffset {
    /// So many minutes east of UTC, at most 18 hours either way.
    #[must_use]
    pub fn from_minutes(minutes: i32) -> Option<Self> {
        let seconds = minutes.checked_mul(60).filter(|seconds| seconds.abs() <= 18 * 3_600)?;
        FixedOffset::east_opt(seconds).map(Self)
    }
}

impl std::str::FromStr for UtcOffset {
    type Err = MomentError;
    fn from_str(text: &str) -> Result<Self, MomentError> {
        let parsed = || {
            let (sign, rest) = match text.as_bytes().first()? {
                b'+' => (1, text.get(1..)?),
                b'-' => (-1, text.get(1..)?),
                _ => return None,
            };
            let (hours, minutes) = clock(rest)?;
            Self::from_minutes(sign * (i32::from(hours) * 60 + i32::from(minutes)))
        };
        parsed().ok_or_else(|| MomentError { given: text.chars().take(40).collect() })
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl fmt::Debug for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A time of day, `00:00` to `24:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    minute: u16,
}

impl TimeOfDay {
    /// The end of a day.
    pub const MIDNIGHT_AFTER: Self = Self { minute: 24 * 60 };

    /// Minutes since midnight, 0 to 1,440.
    #[must_use]
    pub const fn minute(self) -> u16 {
        self.minute
    }
}

impl std::str::FromStr for TimeOfDay {
    type Err = MomentError;
    fn from_str(text: &str) -> Result<Self, MomentError> {
        clock(text)
            .map(|(hours, minutes)| Self { minute: hours * 60 + minutes })
            .filter(|time| *time <= Self::MIDNIGHT_AFTER)
            .ok_or_else(|| MomentError { given: text.chars().take(40).collect() })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:02}:{:02}", self.minute / 60, self.minute % 60))
    }
}

impl fmt::Debug for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `HH:MM` with hours up to 24.
fn clock(text: &str) -> Option<(u16, u16)> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |text: &str| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())
    };
    let (hours, minutes): (u16, u16) = (two(hours)??, two(minutes)??);
    (hours <= 24 && minutes < 60).then_some((hours, minutes))
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    /// The day before.
    pub(crate) const fn before(self) -> Self {
        match self {
            Self::Mon => Self::Sun,
            Self::Tue => Self::Mon,
            Self::Wed => Self::Tue,
            Self::Thu => Self::Wed,
            Self::Fri => Self::Thu,
            Self::Sat => Self::Fri,
            Self::Sun => Self::Sat,
        }
    }
}

macro_rules! text_serde {
    ($($name:ident: $expected:literal),*) => {
        $(
            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    struct Text;
                    impl de::Visitor<'_> for Text {
                        type Value = $name;
                        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                            f.write_str($expected)
                        }
                        fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                            text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
                        }
                    }
                    deserializer.deserialize_str(Text)
                }
            }
        )*
    };
}

text_serde! {
    Moment: "an instant with an offset, such as \"2026-11-11T00:00:00+08:00\"",
    UtcOffset: "an offset from UTC, such as \"+08:00\"",
    TimeOfDay: "a time of day, such as \"20:00\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_instants_are_moments() {
        for text in ["2026-11-11T00:00:00+08:00", "2026-11-11T00:00:00Z", "2026-11-11T00:00:00.123-05:30"] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(moment.to_string().parse::<Moment>().unwrap(), moment);
        }
        for text in
            ["2026-11-11", "2026-11-11T00:00:00", "2026-11-11 00:00:00Z", "2026-13-01T00:00:00Z", "now", ""]
        {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn offsets_and_times_have_one_spelling() {
        assert_eq!("+08:00".parse::<UtcOffset>().unwrap().to_string(), "+08:00");
        assert_eq!("-03:30".parse::<UtcOffset>().unwrap().to_string(), "-03:30");
        for text in ["08:00", "+8:00", "+19:00", "+08", "+08:60", "Z", ""] {
            assert!(text.parse::<UtcOffset>().is_err(), "{text}");
        }
        assert_eq!("24:00".parse::<TimeOfDay>().unwrap(), TimeOfDay::MIDNIGHT_AFTER);
        for text in ["24:01", "7:00", "07:0", "-1:00", "25:00"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_weekday_is_that_of_the_named_offset() {
        let moment: Moment = "2026-11-10T16:30:00Z".parse().unwrap();
        // 10 November 2026 is a Tuesday; in Shanghai it is already Wednesday, half past midnight.
        assert_eq!(moment.local("+00:00".parse().unwrap()), (Weekday::Tue, 16 * 60 + 30));
        assert_eq!(moment.local("+08:00".parse().unwrap()), (Weekday::Wed, 30));
    }
}

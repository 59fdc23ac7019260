//! Coupon codes, folded once.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// A coupon code as typed; it is folded before it is compared (P-1).
///
/// Folding trims, drops spaces and hyphens, maps full-width letters and digits to their ASCII twins and upper-cases.
/// A code with any other character folds to nothing: it can neither be declared nor matched. With the feature
/// `unicode-codes`, letters and digits of every script are folded by the Unicode standard's tables.
///
/// ```
/// use dealproof::shop::CouponCode;
///
/// assert_eq!(CouponCode::new(" save-10 ").folded(), Some("SAVE10"));
/// assert_eq!(CouponCode::new("ＳＡＶＥ　１０").folded(), Some("SAVE10"));
/// // Other letters are for codes with the feature `unicode-codes`.
/// assert_eq!(CouponCode::new("größe").folded().is_some(), cfg!(feature = "unicode-codes"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CouponCode {
    typed: SmolStr,
    /// As it is compared; empty when no code can look like this.
    folded: SmolStr,
}

impl CouponCode {
    /// A code as typed.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self::from_typed(SmolStr::new(text))
    }

    fn from_typed(typed: SmolStr) -> Self {
        let folded = fold(&typed).unwrap_or_default();
        Self { typed, folded }
    }

    /// The code as typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// The code as it is compared, or `None` when no code can look like this.
    #[must_use]
    #[inline]
    pub fn folded(&self) -> Option<&str> {
        if self.folded.is_empty() { None } else { Some(&self.folded) }
    }
}

impl From<&str> for CouponCode {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl std::fmt::Display for CouponCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.typed)
    }
}

impl Serialize for CouponCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.typed.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CouponCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SmolStr::deserialize(deserializer).map(Self::from_typed)
    }
}

/// Folds a text; `None` when it has a character that codes have not, and an empty text when it has none that codes have.
fn fold(typed: &SmolStr) -> Option<SmolStr> {
    if typed.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
        // Most codes are typed as they are declared.
        return Some(typed.clone());
    }
    if !typed.is_ascii() {
        return fold_wide(typed);
    }
    let kept = typed.chars().filter(|character| !matches!(character, ' ' | '\t' | '-'));
    kept.map(|character| character.is_ascii_alphanumeric().then(|| character.to_ascii_uppercase())).collect()
}

/// Folds text with wide characters: full-width forms stand 0xFEE0 above their ASCII twins.
#[cfg(not(feature = "unicode-codes"))]
fn fold_wide(text: &str) -> Option<SmolStr> {
    let narrow = text.chars().map(|character| match character {
        '\u{FF01}'..='\u{FF5E}' => u32::from(character).checked_sub(0xFEE0).and_then(char::from_u32),
        _ => Some(character),
    });
    let kept = narrow.filter(|character| {
        !matches!(character, Some(' ' | '\t' | '-' | '\u{3000}' | '\u{A0}' | '\u{2010}' | '\u{2011}'))
    });
    let upper = |letter: char| letter.is_ascii_alphanumeric().then(|| letter.to_ascii_uppercase());
    kept.map(|character| character.and_then(upper)).collect()
}

/// Folds text in any script as the Unicode standard matches texts without regard to case and compatible forms (its
/// definition D146), less spaces and dashes; letters and digits are all a code may have.
#[cfg(feature = "unicode-codes")]
fn fold_wide(text: &str) -> Option<SmolStr> {
    use caseless::Caseless;
    use unicode_normalization::UnicodeNormalization;
    let once = text.chars().nfd().default_case_fold().nfkd().default_case_fold();
    let is_spacing =
        |character: &char| character.is_whitespace() || matches!(character, '-' | '\u{2010}'..='\u{2015}');
    let kept = once.nfkd().nfkc().filter(|character| !is_spacing(character));
    kept.map(|character| character.is_alphanumeric().then(|| character.to_ascii_uppercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_look_alike_to_a_shopper_fold_together() {
        let folded = |text: &str| CouponCode::new(text).folded().map(str::to_owned);
        for twin in ["TEST", "test ", "te-st", " Test", "ｔｅｓｔ", "t e s t"] {
            assert_eq!(folded(twin), Some("TEST".to_owned()), "{twin}");
        }
        for stranger in ["te\u{200b}st", "te_st", "", " - "] {
            assert_eq!(folded(stranger), None, "{stranger}");
        }
        // Dotless i, sharp s and a Cyrillic look-alike: no codes at all, or codes of their own.
        for other in ["ı", "STRASSE\u{df}", "t\u{435}st"] {
            assert_eq!(folded(other).is_some(), cfg!(feature = "unicode-codes"), "{other}");
            assert_ne!(folded(other), Some("TEST".to_owned()), "{other}");
        }
    }

    #[test]
    #[cfg(feature = "unicode-codes")]
    fn codes_of_every_script_fold_by_the_unicode_tables() {
        let folded = |text: &str| CouponCode::new(text).folded().map(str::to_owned);
        // Sharp s folds to ss; a letter with its mark is one letter; half-width katakana are compatible forms.
        for (one, other) in [
            ("straße", "STRASSE"),
            ("CAFE\u{301}", "café"),
            ("ｶﾞ", "ガ"),
            ("ΣΑΣ", "σας"),
            ("双十一", "双 十-一"),
        ] {
            assert!(folded(one).is_some(), "{one}");
            assert_eq!(folded(one), folded(other), "{one}");
        }
    }
}

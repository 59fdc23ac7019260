//! One type per kind of id, so that a sku is never taken for a tag.
//!
//! An id is any text; what makes it acceptable (not empty, no control characters, within
//! [`Limits::id_bytes`](crate::bounds::Limits)) is checked where it enters: by [`Cart::new`](super::Cart::new) and by
//! validation, which can name the path.
//!
//! Texts of up to 23 bytes lie in the id itself and longer ones are shared, so repeating an id never allocates.

/// Declares text newtypes. `rules` uses it too.
macro_rules! text_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
            #[serde(transparent)]
            pub struct $name(smol_str::SmolStr);

            impl $name {
                /// An id of this kind.
                pub fn new(text: impl AsRef<str>) -> Self {
                    Self(smol_str::SmolStr::new(text))
                }

                /// The id's text.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl From<&str> for $name {
                fn from(text: &str) -> Self {
                    Self::new(text)
                }
            }

            impl From<String> for $name {
                fn from(text: String) -> Self {
                    Self(text.into())
                }
            }

            // Ids order and compare as their text does, so maps by id can be asked by text.
            impl std::borrow::Borrow<str> for $name {
                fn borrow(&self) -> &str {
                    &self.0
                }
            }

            impl AsRef<str> for $name {
                fn as_ref(&self) -> &str {
                    &self.0
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.pad(&self.0)
                }
            }
        )*
    };
}
pub(crate) use text_ids;

text_ids! {
    /// A line of a cart; unique in it.
    LineId,
    /// A sellable product variant.
    Sku,
    /// A shop of the marketplace; the empty id is the only shop of a single-shop cart.
    ShopId,
    /// A place in the category tree, `/` between the levels: a selector on `food` takes `food/wine` too.
    CategoryPath,
    /// A free label of a product.
    Tag,
    /// A tax class; the quote sums by it and leaves tax to the host (C-4).
    TaxClass,
    /// A customer.
    CustomerId,
    /// A group of customers.
    Segment,
    /// A sales channel, such as `app`.
    Channel,
    /// A region, `/` between the levels: a condition on `CN` takes `CN/SH` too.
    Region,
    /// A payment method.
    PaymentMethod,
    /// A shipping method.
    ShippingMethod,
    /// Who pays for a discount: shop, platform, brand (B-3).
    Bearer,
    /// A balance of a wallet; unique in it.
    BalanceId,
    /// A kind of balance, such as `red-packet` or `allowance`.
    BalanceClass,
    /// An experiment; customers fall into its arms by a stable hash.
    ExperimentId,
}

/// A coupon code as typed; it is folded before it is compared (P-1).
///
/// Folding trims, drops spaces and hyphens, maps full-width letters and digits to their ASCII twins and upper-cases.
/// A code with any other character folds to nothing: it can neither be declared nor matched.
///
/// ```
/// use dealproof::shop::CouponCode;
///
/// assert_eq!(CouponCode::new(" save-10 ").folded(), Some("SAVE10".to_owned()));
/// assert_eq!(CouponCode::new("ＳＡＶＥ　１０").folded(), Some("SAVE10".to_owned()));
/// assert_eq!(CouponCode::new("größe").folded(), None);
/// ```
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct CouponCode(smol_str::SmolStr);

impl CouponCode {
    /// A code as typed.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(smol_str::SmolStr::new(text))
    }

    /// The code as typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code as it is compared, or `None` when no code can look like this.
    #[must_use]
    pub fn folded(&self) -> Option<String> {
        let mut folded = Vec::with_capacity(self.0.len());
        if self.fold_into(&mut folded) { String::from_utf8(folded).ok() } else { None }
    }

    /// Appends the folded code to `folded`, as ASCII; false, with a partial text appended, when it has none.
    pub(crate) fn fold_into(&self, folded: &mut Vec<u8>) -> bool {
        let from = folded.len();
        if self.0.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
            // Most codes are typed as they are declared.
            folded.extend_from_slice(self.0.as_bytes());
            return folded.len() > from;
        }
        folded.reserve(self.0.len());
        for (at, byte) in self.0.bytes().enumerate() {
            match byte {
                b' ' | b'\t' | b'-' => {}
                b'A'..=b'Z' | b'0'..=b'9' => folded.push(byte),
                b'a'..=b'z' => folded.push(byte.to_ascii_uppercase()),
                _ if byte.is_ascii() => return false,
                // The rest has other letters than ASCII; `at` is where the first of them begins.
                _ => return fold_wide(self.0.get(at..).unwrap_or_default(), folded) && folded.len() > from,
            }
        }
        folded.len() > from
    }
}

/// Folds text with wide characters: full-width forms stand 0xFEE0 above their ASCII twins.
fn fold_wide(text: &str, folded: &mut Vec<u8>) -> bool {
    text.chars().all(|character| {
        let narrow = match character {
            '\u{FF01}'..='\u{FF5E}' => u32::from(character).checked_sub(0xFEE0).and_then(char::from_u32),
            _ => Some(character),
        };
        match narrow {
            Some(' ' | '\t' | '-' | '\u{3000}' | '\u{A0}' | '\u{2010}' | '\u{2011}') => true,
            Some(letter) if letter.is_ascii_alphanumeric() => {
                // ASCII has one byte.
                folded.extend(u8::try_from(letter.to_ascii_uppercase()));
                true
            }
            Some(_) | None => false,
        }
    })
}

impl From<&str> for CouponCode {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl std::fmt::Display for CouponCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// The first sixteen bytes of an id as a number, the first one highest. Comparing it before the id decides nearly
/// always, without a call, and never otherwise than the id would.
pub(crate) fn head(id: &str) -> u128 {
    let mut bytes = [0; 16];
    for (slot, byte) in bytes.iter_mut().zip(id.bytes()) {
        *slot = byte;
    }
    u128::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_look_alike_to_a_shopper_fold_together() {
        let folded = |text: &str| CouponCode::new(text).folded();
        for twin in ["TEST", "test ", "te-st", " Test", "ｔｅｓｔ", "t e s t"] {
            assert_eq!(folded(twin), Some("TEST".to_owned()), "{twin}");
        }
        // Dotless i, sharp s, a zero-width space and a Cyrillic look-alike are no codes at all.
        for stranger in ["ı", "STRASSE\u{df}", "te\u{200b}st", "t\u{435}st", "", " - "] {
            assert_eq!(folded(stranger), None, "{stranger}");
        }
    }
}

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

                /// An id of a text that stands in the program.
                #[must_use]
                pub const fn new_static(text: &'static str) -> Self {
                    Self(smol_str::SmolStr::new_static(text))
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
    /// A coupon in a customer's wallet, unique among all of the host's.
    CouponId,
    /// An experiment; customers fall into its arms by a stable hash.
    ExperimentId,
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

//! What is bought, by whom, when: the facts a host passes in.
//!
//! [`Cart`] is checked and put into canonical order once, when it is built, so that pricing never has to refuse or
//! sort it (design C-1, C-2). [`Context`] holds the shopper and the moment; nothing here is looked up anywhere
//! (no clock, no customer store). Documents come in through the strict loader, which names the path of what is
//! wrong. Read next: `cart`, then `context`; `catalogue` is the world an audit looks at.

mod cart;
mod cart_check;
mod cart_json;
mod catalogue;
mod catalogue_json;
mod code;
mod context;
mod facts;
mod group;
mod held;
mod ids;
mod marks;
mod moment;
mod policies;
mod wallet;

pub(crate) use cart::Card;
pub use cart::{Cart, Charge, Item, Line};
pub use cart_check::CartError;
pub(crate) use cart_json::CartDocument;
pub use catalogue::{Catalogue, PastPrice, Product, Shopper};
pub(crate) use catalogue_json::CatalogueDocument;
pub use code::CouponCode;
pub use context::{Birthday, Context, Customer};
pub use facts::{AttributeKey, AttributeValue, Attributes};
pub use group::{BuyingGroup, GroupRole, GroupStatus};
pub use held::{Unusable, WalletCoupon};
pub use ids::{
    BalanceClass, BalanceId, Bearer, CategoryPath, Channel, CouponId, CustomerId, ExperimentId, LineId,
    PaymentMethod, Region, Segment, ShippingMethod, ShopId, Sku, Tag, TaxClass,
};
pub(crate) use ids::{head, text_ids};
pub(crate) use marks::{CartMarks, Mark, MarkKind, for_each_prefix};
pub use moment::{Moment, MomentError, TimeOfDay, UtcOffset, Weekday};
pub use policies::{Policies, Prize, Returns};
pub use wallet::{Balance, Wallet};

//! The vocabulary of matches: every field of Open vSwitch as one row of one table.
//!
//! A field is a row ([`table`]), and the row says where the field's bits live ([`slot`]). `tcp_dst`, `udp_dst` and
//! `tp_dst` are views of one slot; `reg0`, `xreg0` and `xxreg0` overlap; a [`Match`] is a sorted list of masked words and
//! knows nothing of fields. From the rows follow parsing and printing of values ([`mod@format`]), prerequisites
//! ([`proto`]), NXM and OXM names ([`table::Header`]), bit ranges of fields ([`subfield`]), completion, the filter
//! language and `docs/fields.md`.
//!
//! Read `slot`, then `table`, then `matches`.

pub mod bits;
pub mod format;
pub mod key;
pub mod matches;
pub mod names;
pub mod proto;
pub(crate) mod reference;
pub mod slot;
pub mod subfield;
pub mod table;
pub mod version;

pub use bits::Bits;
pub use key::Key;
pub use matches::Match;
pub use names::Names;
pub use reference::reference;
pub use subfield::Subfield;
pub use table::{Field, FieldId};
pub use version::{Formats, Version};

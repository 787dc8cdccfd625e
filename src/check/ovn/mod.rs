//! The cases of OVN, as far as a node and the two databases of OVN show them.

mod claims;
pub mod foreign_acl;
pub mod mappings;
pub mod tunnel;
pub mod unclaimed;

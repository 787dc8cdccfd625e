//! What deserves a look: findings that follow from a snapshot alone.

pub mod drops;

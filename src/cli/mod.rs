//! The command line.

pub mod failure;
pub mod out;

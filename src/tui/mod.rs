//! The screen.

pub mod line;
pub mod theme;

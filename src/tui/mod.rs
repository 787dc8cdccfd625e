//! The screen.

pub mod command;
pub mod input;
pub mod key;
pub mod line;
pub mod list;
pub mod theme;

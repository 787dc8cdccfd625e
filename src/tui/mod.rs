//! The screen: a machine without a terminal.
//!
//! [`state`] holds everything, [`update`] says what happens when something happens, [`view`] draws. All three are pure
//! functions of values; only [`run`] knows a terminal, threads and a clock. Slow work is an [`msg::Effect`] that comes
//! back as a message ([`job`]). Commands, columns, panes and ways to copy are rows of tables, from which keys, help,
//! palette and docs follow.

pub mod clipboard;
pub mod columns;
pub mod command;
pub mod geometry;
pub mod input;
pub mod job;
pub mod key;
pub mod layer;
pub mod learn;
pub mod line;
pub mod list;
pub mod msg;
mod palette;
mod panes;
pub mod run;
pub mod sandbox;
pub mod settings;
mod short;
pub mod staged;
pub mod state;
pub mod theme;
pub mod told;
pub mod update;
pub mod view;
pub mod views;

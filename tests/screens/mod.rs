//! What people see, from keys to screens: the state machine and the drawing, without a terminal.

mod diffs;
mod driver;
mod learn;
mod pictures;
mod sandbox;
mod staged;
mod traces;
mod ways;

//! Ground floor: text positions, diagnostics, painting, numbers and argument lists.
//!
//! Nothing here knows what a flow is. The storeys above use it for everything that is read from or shown to people:
//! [`span`] says where something stands, [`diag`] says what is wrong there, [`paint`] prints text with roles and links,
//! [`progress`] is how long work is watched and stopped, [`args`] splits `name(a=1,b)` lists the way Open vSwitch does,
//! [`number`] reads and writes numbers, [`words`] is small pieces of sentences, and [`safe`] keeps control characters away
//! from terminals.

pub mod args;
pub mod diag;
pub mod number;
pub mod paint;
pub mod progress;
pub mod safe;
pub mod span;
pub mod words;

//! What a change would do to those who depend on the flows: what to think of before it is sent.
//!
//! [`warnings()`] look at each flow that comes, changes or goes, and at its neighbours in the table; [`news()`] are the
//! findings that there are with the change and not without; [`effects()`] sends packets through the tables before and
//! after, and tells whose way is another one.

mod effect;
mod news;
mod told;
mod warnings;

#[cfg(test)]
mod tests;

pub use effect::{Effect, Hits, Way, effects, hits};
pub use news::news;
pub use told::{Told, told};
pub use warnings::{KINDS, Kind, View, Warning, warnings};

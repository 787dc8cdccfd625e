//! Practice: lessons on switches that need no switch.
//!
//! A [`Lesson`] is a file ([`load`]): a task, a setting (captured nodes, or a bridge that the lesson describes), perhaps a
//! fault ([`faults`]), goals, hints, a solution, and solutions that are none. Made ready it is an [`Exercise`]; an
//! [`Attempt`] at it is graded by sending packets ([`grade`]), never by comparing texts, and the goal "nothing else changes"
//! by sending many ([`probe`]). A packet that is sent at a practice switch moves its counters ([`moves`]).
//!
//! **Invariant:** what is graded is a function of the lesson and the attempt. Only [`setting`], [`course`] and [`kept`] touch
//! files.

pub mod answer;
pub mod course;
pub mod edits;
pub mod exercise;
pub mod faults;
pub mod grade;
pub mod kept;
pub mod lesson;
pub mod load;
pub mod moves;
pub mod probe;
pub mod progress;
mod reference;
pub mod sandbox;
pub mod send;
pub mod setting;
mod taught;

pub use self::course::{Course, open};
pub use self::exercise::{Attempt, Exercise};
pub use self::grade::{Grade, Outcome, Wrong};
pub use self::kept::Kept;
pub use self::lesson::{Lesson, Track};
pub use self::moves::{Delivery, Moves, deliver};
pub use self::progress::{Note, Progress};
pub use self::reference::reference;
pub use self::sandbox::Sandbox;
pub use self::send::send;

//! Why a command could not do what was asked, and the exit code that says so to scripts.

use std::fmt;
use std::io;

use crate::base::diag::Diagnostic;
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;

/// How a command ended. The codes are promised (`docs/cli.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done; yes; the same.
    Done,
    /// The answer is no: no flow matches, they differ, a check found something.
    No,
    /// What was typed is wrong.
    Usage,
    /// The source cannot be reached, may not be read, or is not there.
    Source,
    /// Only part of the input could be read; what could be is printed.
    Partial,
    /// Interrupted.
    Interrupted,
}

impl Outcome {
    /// Every outcome with what it means, for the docs.
    pub const ALL: [(Outcome, &'static str); 6] = [
        (Outcome::Done, "done; yes; the same"),
        (Outcome::No, "the answer is no: no flow matches, they differ, a check found something"),
        (Outcome::Usage, "what was typed is wrong: an option, a filter, a flow"),
        (Outcome::Source, "the source cannot be reached, may not be read, or is not there"),
        (Outcome::Partial, "only part of the input could be read; what could be is printed"),
        (Outcome::Interrupted, "interrupted"),
    ];

    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Outcome::Done => 0,
            Outcome::No => 1,
            Outcome::Usage => 2,
            Outcome::Source => 3,
            Outcome::Partial => 4,
            Outcome::Interrupted => 130,
        }
    }
}

/// Why a command stopped.
#[derive(Debug)]
pub struct Failure {
    /// How it ends.
    pub outcome: Outcome,
    /// What went wrong; lower case, no full stop.
    pub message: String,
    /// The text that was typed and what is wrong in it.
    pub typed: Option<Box<(String, Diagnostic)>>,
    /// What to do next.
    pub hints: Vec<String>,
}

impl Failure {
    /// Something that was typed is wrong.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { outcome: Outcome::Usage, message: message.into(), typed: None, hints: Vec::new() }
    }

    /// The source cannot be read.
    pub fn source(message: impl Into<String>) -> Failure {
        Failure { outcome: Outcome::Source, ..Failure::usage(message) }
    }

    /// A typed text is wrong at a place.
    pub fn typed(what: &str, text: &str, diagnostic: Diagnostic) -> Failure {
        Failure { typed: Some(Box::new((text.to_owned(), diagnostic))), ..Failure::usage(what) }
    }

    /// The same with what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hints.push(hint.into());
        self
    }

    /// Prints it as people read it on standard error.
    pub fn paint(&self, p: &mut impl Painter) {
        match self.typed.as_deref() {
            Some((text, diagnostic)) => diagnostic.paint(&self.message, text, p),
            None => {
                p.put(Role::Bad, "error");
                p.text(&format!(": {}\n", visible(&self.message)));
            }
        }
        for hint in &self.hints {
            p.put(Role::Accent, &format!("  {}\n", visible(hint)));
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.paint(&mut text);
        f.write_str(text.trim_end())
    }
}

impl std::error::Error for Failure {}

/// What a command gives back: how it ended, or why it stopped. A closed pipe behind it is a quiet end.
pub type CommandResult = Result<Outcome, Stop>;

/// Why a command stopped early.
#[derive(Debug)]
pub enum Stop {
    /// Something is wrong.
    Failure(Box<Failure>),
    /// Writing the answer failed.
    Output(io::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failure(Box::new(failure))
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Output(error)
    }
}

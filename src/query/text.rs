//! What a filter asks of the text of a flow: its match, its actions, its whole line.

use memchr::memmem::Finder;
use regex::Regex;

use crate::field::Names;
use crate::model::store::{ActionList, FlowRef};

/// A question about text.
#[derive(Debug, Clone)]
pub(super) struct TextTest {
    /// Which text.
    pub which: Which,
    /// What it must be.
    pub how: How,
    /// Whether it must be so, or must not.
    pub is: bool,
}

/// Which text of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// The match, without the priority.
    Match,
    /// The actions, as the dump had them.
    Actions,
    /// The whole line.
    Line,
}

/// What a text must be.
#[derive(Debug, Clone)]
pub(super) enum How {
    /// It holds this one.
    Holds(Box<Finder<'static>>),
    /// It is this one.
    Is(String),
    /// It matches.
    Like(Regex),
}

impl How {
    fn takes(&self, text: &str) -> bool {
        match self {
            How::Holds(finder) => finder.find(text.as_bytes()).is_some(),
            How::Is(wanted) => text == wanted,
            How::Like(regex) => regex.is_match(text),
        }
    }
}

impl TextTest {
    /// A line that holds a text.
    pub(super) fn line_holds(text: &str) -> TextTest {
        let finder = Finder::new(text.as_bytes()).into_owned();
        TextTest { which: Which::Line, how: How::Holds(Box::new(finder)), is: true }
    }

    /// Whether the actions alone decide.
    pub(super) fn is_about_actions(&self) -> bool {
        self.which == Which::Actions
    }

    /// The answer for all flows with a list of actions, if the list alone decides.
    pub(super) fn for_list(&self, list: &ActionList) -> Option<bool> {
        match (self.which, &self.how) {
            (Which::Actions, how) => Some(how.takes(&list.text) == self.is),
            // What the actions hold, the line holds, unless the line is kept as it was read; `answer` looks after that.
            (Which::Line, How::Holds(_)) if self.how.takes(&list.text) => Some(self.is),
            _ => None,
        }
    }

    /// The answer for one flow; `buffer` is room for its text.
    pub(super) fn answer(&self, flow: FlowRef<'_>, names: &Names, buffer: &mut String) -> bool {
        let taken = match self.which {
            Which::Actions => self.how.takes(&flow.action_list().text),
            Which::Match => {
                buffer.clear();
                let names = if flow.head().names { names } else { Names::none() };
                flow.paint_match(names, buffer);
                self.how.takes(buffer)
            }
            Which::Line => match flow.verbatim() {
                Some(text) => self.how.takes(text.trim()),
                None => self.how.takes(flow.line_text(names).trim()),
            },
        };
        taken == self.is
    }
}

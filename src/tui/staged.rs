//! Screen 6 and the editor: what they remember.

use std::sync::Arc;

use super::input::Input;
use super::list::Cursor;
use super::told::effect::Effect;
use super::views::Spot;
use crate::base::span::Span;
use crate::dump::change_file::Survey;
use crate::dump::group_line;
use crate::edit::{self, Around, Checked, Complaint};
use crate::model::bridge::Bridge;
use crate::model::flow::Flow;
use crate::model::flow_mod::Command;
use crate::query::Completion;
use crate::session::Scene;

/// 6 Staged.
#[derive(Debug)]
pub struct StagedView {
    /// The bridge.
    pub spot: Spot,
    /// The request under the cursor.
    pub cursor: Cursor,
    /// Whether the effect has the whole screen, and its first row there.
    pub full: Option<usize>,
    /// What is typed, while somebody types.
    pub editor: Option<Box<Editor>>,
    /// What becomes of packets, once worked out.
    pub effect: Option<Arc<Effect>>,
    /// Whether it is being worked out.
    pub is_working: bool,
    /// When that began, and how long it took, in milliseconds.
    pub took: (u64, u64),
}

impl StagedView {
    /// Of a bridge.
    pub fn new(spot: Spot) -> StagedView {
        let (cursor, took) = (Cursor::default(), (0, 0));
        StagedView { spot, cursor, full: None, editor: None, effect: None, is_working: false, took }
    }
}

/// What a text is typed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A new request.
    Add,
    /// A change of a flow.
    Change(Box<Flow>),
    /// A change of a group, by its number.
    Group(u32),
    /// A change of a meter, by its number.
    Meter(u32),
    /// A change of a request that is staged, by its place.
    Entry(usize),
}

/// A flow, a group or a meter that is being typed.
#[derive(Debug)]
pub struct Editor {
    /// What for.
    pub purpose: Purpose,
    /// The bridge with what is staged before the text, if that is another one.
    pub ground: Option<Arc<Bridge>>,
    /// The text.
    pub input: Input,
    /// What is wrong with it.
    pub checked: Checked,
    /// What may stand at the cursor, and which of it is chosen; nothing unless it was asked for.
    pub offered: Option<(Completion, usize)>,
    /// Whether each word has a line of its own.
    pub is_form: bool,
    /// Whether it was kept from before.
    pub is_draft: bool,
}

/// What a key that mends or completes does.
#[derive(Debug)]
pub enum Help {
    /// It mends a mistake.
    Fix(Complaint),
    /// It shows what may stand at the cursor.
    Offer(Completion),
    /// Nothing, and why.
    Nothing(String),
}

/// What is known where something is typed; `ground` is the bridge with what is staged before it.
pub fn around<'s>(scene: &'s Scene, spot: &Spot, ground: Option<&'s Bridge>) -> Option<Around<'s>> {
    let (node, at) = spot.find(scene)?;
    let bridge = ground.unwrap_or_else(|| node.bridges()[at].bridge());
    Some(Around { bridge, naming: node.naming(at), names: node.names() })
}

impl Editor {
    /// Begins with a text.
    pub fn new(purpose: Purpose, text: &str, around: &Around<'_>) -> Editor {
        let checked = edit::check(text, around);
        let input = Input::of(text);
        Editor { purpose, ground: None, input, checked, offered: None, is_form: false, is_draft: false }
    }

    /// Looks at the text again.
    pub fn check(&mut self, around: &Around<'_>) {
        self.checked = edit::check(self.input.text(), around);
    }

    /// What Tab does: it mends the mistake at the cursor, else completes the word there, else mends the nearest mistake.
    pub fn help(&self, around: &Around<'_>) -> Help {
        let (text, cursor) = (self.input.text(), self.input.cursor());
        let nearest = self.checked.fix(cursor, false);
        let touches = |span: Span| (span.start as usize..=span.end as usize).contains(&cursor);
        if let Some(fix) = nearest.filter(|c| c.diagnostic.is_error() && touches(c.diagnostic.span)) {
            return Help::Fix(fix.clone());
        }
        let head = &text[..text.floor_char_boundary(cursor)];
        let begins = head.is_empty() || head.ends_with([',', ' ', '=', ':', '(', '>', '+', '-', '|']);
        let found = edit::complete(text, cursor, around);
        let typed = found.replace.slice(head);
        // A word that is complete needs no other.
        let is_done = found.items.iter().any(|item| item.insert == typed);
        if !found.items.is_empty() && (begins || !typed.is_empty()) && (!is_done || nearest.is_none()) {
            return Help::Offer(found);
        }
        match nearest {
            Some(fix) => Help::Fix(fix.clone()),
            None => Help::Nothing(if found.hint.is_empty() { "nothing fits here".to_owned() } else { found.hint }),
        }
    }

    /// Whether a complaint is about what is being typed right now, so that more typing can take it away.
    pub fn is_unfinished(&self, complaint: &Complaint) -> bool {
        let (text, cursor) = (self.input.text(), self.input.cursor());
        let span = complaint.diagnostic.span;
        let touches = (span.start as usize..=span.end as usize).contains(&cursor);
        let is_end = text.get(cursor..).is_some_and(|rest| rest.is_empty() || rest.starts_with([',', ' ', ')']));
        complaint.diagnostic.is_error() && touches && is_end
    }

    /// What can be sent as it is typed, or what is wrong.
    pub fn title(&self) -> &'static str {
        match (&self.purpose, &self.checked.survey) {
            (Purpose::Change(_), _) => "Change a flow of",
            (Purpose::Entry(_), _) => "Change what is staged for",
            (_, Survey::Flow(flow)) => match flow.command {
                Command::Add => "Add a flow to",
                Command::Modify | Command::ModifyStrict => "Change flows of",
                Command::Delete | Command::DeleteStrict => "Delete flows of",
            },
            (_, Survey::Group(group)) => match group.command {
                group_line::Command::Add | group_line::Command::None => "Add a group to",
                group_line::Command::Delete if group.id.is_none() => "Delete the groups of",
                group_line::Command::Delete => "Delete a group of",
                _ => "Change a group of",
            },
            (_, Survey::Meter("add", _)) => "Add a meter to",
            (_, Survey::Meter("modify", _)) => "Change a meter of",
            (_, Survey::Meter(..)) => "Delete meters of",
        }
    }
}

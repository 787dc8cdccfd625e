//! What a lesson is.

use std::sync::Arc;

use crate::base::diag::{Diagnostic, Located};
use crate::base::span::Span;

/// A lesson, as its file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lesson {
    /// Its file, and what stands there.
    pub file: LessonFile,
    /// What it is called on the command line.
    pub id: String,
    /// Its place in the course.
    pub number: u32,
    /// The part of the course it belongs to.
    pub track: Track,
    /// What it is about, in a few words.
    pub title: String,
    /// What is to be done.
    pub task: String,
    /// Where it takes place.
    pub setting: Setting,
    /// The bridge that is meant where nothing else is said: `BRIDGE`, or `NODE BRIDGE`.
    pub at: Text,
    /// What is broken first.
    pub fault: Option<FaultText>,
    /// What is changed before the lesson begins, as lines of a change file.
    pub start: Text,
    /// What has to be so in the end.
    pub goals: Vec<Goal>,
    /// What has to be found out.
    pub questions: Vec<Question>,
    /// Solutions that come to mind and are none.
    pub lazy: Vec<Lazy>,
    /// From the vaguest to the plainest.
    pub hints: Vec<String>,
    /// Lines of a change file that reach the goals. Empty where the fault is to be undone.
    pub solution: Text,
    /// What was to be learnt.
    pub closing: String,
    /// Where to read on.
    pub sources: Vec<String>,
}

/// A lesson's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LessonFile {
    /// Its name.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

impl LessonFile {
    /// A complaint about a place in the text as one about a place in a line.
    pub fn located(&self, diagnostic: Diagnostic) -> Located {
        let at = (diagnostic.span.start as usize).min(self.text.len());
        let head = self.text.get(..at).unwrap_or(&self.text);
        let start = head.rfind('\n').map_or(0, |n| n + 1);
        let number = 1 + head.matches('\n').count() as u32;
        let line = self.text[start..].lines().next().unwrap_or("");
        let at = (at - start).min(line.len());
        let end = (diagnostic.span.end as usize).saturating_sub(start).clamp(at, line.len().max(at));
        Located::line(&self.name, number, line, Diagnostic { span: Span::new(at, end), ..diagnostic })
    }
}

/// A text of a lesson file, with where it stands there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub value: String,
    /// Its place in the file.
    pub span: Span,
    /// Whether it stands there letter by letter, so that a place in it is a place in the file.
    pub is_plain: bool,
}

impl Text {
    /// A text that stands in no file.
    pub fn typed(value: impl Into<String>) -> Text {
        Text { value: value.into(), ..Text::default() }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.value.trim().is_empty()
    }

    /// A place in the text as a place in the file.
    pub fn place(&self, inside: Span) -> Span {
        match self.is_plain {
            true => inside.shifted(self.span.start as usize),
            false => self.span,
        }
    }
}

/// The parts of the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Track {
    /// What flows are and do.
    #[default]
    Basics,
    /// How OpenStack makes networks of flows.
    OpenStack,
    /// Something is broken: find it, and mend it.
    Incidents,
}

impl Track {
    /// Each with its word in files and its title.
    pub const ALL: [(Track, &'static str, &'static str); 3] = [
        (Track::Basics, "basics", "Flows"),
        (Track::OpenStack, "openstack", "OpenStack networking"),
        (Track::Incidents, "incidents", "Incidents: find and mend"),
    ];

    /// Its title.
    pub fn title(self) -> &'static str {
        Track::ALL.iter().find(|(track, ..)| *track == self).map_or("", |(.., title)| title)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        Track::ALL.iter().find(|(track, ..)| *track == self).map_or("", |(_, word, _)| word)
    }
}

/// Where a lesson takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// On captured nodes: `sandbox:NAME`, or a file or directory beside the lesson.
    Captured(Text),
    /// On bridges that the lesson describes.
    Described(Vec<BridgeText>),
}

impl Default for Setting {
    fn default() -> Setting {
        Setting::Described(Vec::new())
    }
}

/// A bridge that a lesson describes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BridgeText {
    /// Its name.
    pub name: String,
    /// Its ports: `1 web-1`, `2 db-2 tag=10`, `3 uplink down`.
    pub ports: Vec<Text>,
}

/// What is broken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultText {
    /// Which fault, by its name in the table of faults.
    pub kind: Text,
    /// The node that is broken; empty for that of the port.
    pub node: Text,
    /// Whom it befalls: a port by the name of the server, the port, or the interface.
    pub port: Text,
    /// The other end, where there is one.
    pub peer: Text,
}

/// What has to be so in the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Goal {
    /// What it is called.
    pub title: String,
    /// What it is.
    pub kind: GoalKind,
}

/// The kinds of goals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoalKind {
    /// A packet fares as it should.
    Packet(Box<PacketGoal>),
    /// Packets that the solution does not touch fare as they did before.
    Unchanged,
    /// The bridge has so many flows at most, or groups and their buckets counted like flows.
    Most(usize),
}

impl Default for GoalKind {
    fn default() -> GoalKind {
        GoalKind::Unchanged
    }
}

/// A packet and how it should fare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PacketGoal {
    /// The packet, as `ofscope trace` takes it.
    pub packet: Text,
    /// The bridge it begins in, if that is another one.
    pub at: Text,
    /// What connection tracking answers, as `trk,new`.
    pub ct_next: Vec<Text>,
    /// Packets that are sent before it, so that flows are learned.
    pub first: Vec<Text>,
    /// Ports that are down.
    pub down: Vec<Text>,
    /// What becomes of it.
    pub wants: Fate,
    /// All ports it leaves by, no more and no less.
    pub ports: Option<Vec<Text>>,
    /// A port that it reaches, by the name of the server, the port, or the interface.
    pub reaches: Text,
    /// How it looks when it leaves: a match.
    pub leaves: Text,
    /// What the datapath is told to do, among other things.
    pub does: Vec<Text>,
    /// Whether the reply has to get back, too.
    pub reply: bool,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fate {
    /// It leaves by a port.
    #[default]
    Delivered,
    /// It leaves nowhere.
    Dropped,
    /// It goes to a controller.
    Controller,
}

impl Fate {
    /// The fates with their words.
    pub const ALL: [(Fate, &'static str); 3] =
        [(Fate::Delivered, "delivered"), (Fate::Dropped, "dropped"), (Fate::Controller, "controller")];

    /// Its word.
    pub fn word(self) -> &'static str {
        Fate::ALL.iter().find(|(fate, _)| *fate == self).map_or("", |(_, word)| word)
    }
}

/// A question that is answered by a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub ask: String,
    /// What is compared.
    pub kind: Kind,
    /// The answers that are right; any of them will do.
    pub answers: Vec<Text>,
    /// What may be answered, where it is a choice.
    pub options: Vec<String>,
    /// The bridge it is about, if that is another one.
    pub at: Text,
    /// A filter of the flows that show it.
    pub evidence: Text,
    /// A filter: the answer is how many flows fit it.
    pub counts: Text,
}

/// How answers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// As numbers: 82, 0x52, T82 and table=82 are the same.
    #[default]
    Number,
    /// As addresses.
    Address,
    /// As words, whatever their case.
    Word,
    /// As a flow: its id, its match with table, its line, or a filter that only it fits. The answer is the evidence.
    Flow,
}

impl Kind {
    /// The kinds with their words.
    pub const ALL: [(Kind, &'static str); 4] =
        [(Kind::Number, "number"), (Kind::Address, "address"), (Kind::Word, "word"), (Kind::Flow, "flow")];
}

/// A solution that comes to mind and is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lazy {
    /// What it does, in a few words.
    pub name: String,
    /// Its edits.
    pub edits: Text,
    /// Its answers.
    pub answers: Vec<Text>,
    /// Whether it answers as the solution does: then only its edits are wrong.
    pub knows: bool,
}

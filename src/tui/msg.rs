//! What comes to the screen, and what it asks for.

use std::path::PathBuf;
use std::sync::Arc;

use super::job::{Answer, Job, Kind};
use super::key::Key;
use crate::base::progress::Progress;
use crate::practice::Note;
use crate::session::Scene;

/// What comes to the screen.
#[derive(Debug)]
pub enum Msg {
    /// A key.
    Key(Key),
    /// Pasted text; it never triggers keys.
    Paste(String),
    /// The mouse.
    Mouse(Mouse),
    /// The terminal has so many columns and rows.
    Resize(u16, u16),
    /// So many milliseconds went by since the start.
    Tick(u64),
    /// A source was read, so far or to its end.
    Scene {
        /// What was read.
        scene: Arc<Scene>,
        /// Whether no more comes of this load.
        is_last: bool,
    },
    /// Everything that follows from the source is worked out.
    Warm,
    /// The checks were run.
    Checked,
    /// A source could not be read, and why.
    LoadFailed(String),
    /// Work is done: for which view, as which of its questions.
    Answer(Ticket, Answer),
    /// The terminal is gone, or somebody ended the program.
    Gone,
    /// A source to compare with was read, or why not: its name and what was read.
    Other(Arc<str>, Result<Arc<Scene>, String>),
    /// A recording was read, or why not: its path and its bytes.
    Recording(String, Result<Arc<[u8]>, String>),
    /// A file of changes was read, or why not: its path and its text.
    Changes(PathBuf, Reads, Result<String, String>),
    /// What is staged was saved there, or why not.
    Kept(PathBuf, Result<(), String>),
    /// An effect was done or not; what to tell.
    Done(Result<String, String>),
}

/// Which question an answer is for. A view that has asked again since then does not listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// The view's number.
    pub view: u64,
    /// What kind of question; a view may have one of each open.
    pub kind: Kind,
    /// The question's number among those of its kind.
    pub question: u64,
}

/// What the mouse did, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub act: MouseAct,
    /// The column.
    pub x: u16,
    /// The row.
    pub y: u16,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseAct {
    /// One click.
    Click,
    /// The second click at the same place.
    DoubleClick,
    /// The wheel: rows down, or up if below zero.
    Wheel(i8),
}

/// What a file is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Changes, as `ovs-ofctl bundle` takes them.
    Changes,
    /// Flows that take the place of those of the bridge, as `ovs-ofctl replace-flows` does it.
    Flows,
}

/// What the screen asks for.
#[derive(Debug)]
pub enum Effect {
    /// Work beside the screen.
    Start(Ticket, Job, Progress),
    /// Read the source again.
    Load,
    /// Put text into the clipboard; what it is.
    Copy(String, &'static str),
    /// Write a file.
    Save(PathBuf, String),
    /// Read a recording of packets.
    Read(String),
    /// Read a source to compare with.
    ReadOther(String),
    /// Read a file of changes, or of flows that take the place of those of the bridge.
    ReadChanges(PathBuf, Reads),
    /// Write what is staged to a file, which is there whole then or as it was; whether it may replace one.
    Keep(PathBuf, String, bool),
    /// Work out what follows from a scene.
    Warm(Arc<Scene>),
    /// Keep what was done at a lesson.
    Learned(String, Note),
    /// Add a line to a file.
    Append(PathBuf, String),
    /// Listen to the mouse, or not.
    Mouse(bool),
    /// Draw everything anew.
    Redraw,
    /// Back to the shell, for now.
    Suspend,
    /// Leave, and print this.
    Quit(String),
}

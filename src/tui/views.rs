//! What can be looked at: one struct a screen.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::columns::{COLUMNS, Column};
use super::command::Context;
use super::input::Input;
use super::job::{FlowDetail, Kind, Rows};
use super::learn::LearnView;
use super::list::Cursor;
use super::staged::StagedView;
use super::told::ask::Example;
use super::told::differences::{Compared, Differences, Line, Shown};
use super::told::{Asked, Rivals, Told};
use crate::base::diag::Diagnostic;
use crate::explain::TableExplanation;
use crate::graph::{Graph, Layout, Options};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::id::FlowHash;
use crate::query::{By, Completion, Filter};
use crate::session::{NodeScene, Scene};

/// A bridge by name: it stays the same when a newer snapshot comes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Spot {
    /// The node's name.
    pub node: Arc<str>,
    /// The bridge's name.
    pub bridge: Arc<str>,
}

impl Spot {
    /// The node and the place of the bridge in it.
    pub fn find<'s>(&self, scene: &'s Scene) -> Option<(&'s NodeScene, usize)> {
        let node = scene.nodes().iter().find(|n| n.node().name == self.node)?;
        let at = node.bridges().iter().position(|b| b.bridge().name == self.bridge)?;
        Some((node, at))
    }

    /// The same by their places in the scene.
    pub fn places(&self, scene: &Scene) -> Option<(usize, usize)> {
        let node = scene.nodes().iter().position(|n| n.node().name == self.node)?;
        Some((node, self.find(scene)?.1))
    }

    /// The bridge.
    pub fn bridge<'s>(&self, scene: &'s Scene) -> Option<&'s Arc<Bridge>> {
        self.find(scene).map(|(node, at)| node.bridges()[at].bridge())
    }
}

/// A screen with what it remembers.
#[derive(Debug)]
pub struct View {
    /// Its number: no two views have the same.
    pub id: u64,
    /// The numbers of its last questions, by kind.
    pub questions: [u64; Kind::COUNT],
    /// What it shows.
    pub screen: Screen,
}

/// What a view shows.
#[derive(Debug)]
pub enum Screen {
    /// 1 Node.
    Node(NodeView),
    /// 2 Pipeline.
    Pipeline(Box<PipelineView>),
    /// 3 Flows.
    Flows(Box<FlowsView>),
    /// One flow.
    Flow(FlowView),
    /// 4 Trace.
    Trace(Box<TraceView>),
    /// Why a flow got a packet or not.
    Why(Box<WhyView>),
    /// 5 Diff.
    Diff(Box<DiffView>),
    /// 6 Staged.
    Staged(Box<StagedView>),
    /// 8 Learn.
    Learn(Box<LearnView>),
    /// The files, and what was wrong in them.
    Sources(SourcesView),
}

impl Screen {
    /// What it is, for the keymap.
    pub fn context(&self) -> Context {
        match self {
            Screen::Node(_) => Context::Node,
            Screen::Pipeline(_) => Context::Pipeline,
            Screen::Flows(_) => Context::Flows,
            Screen::Flow(_) => Context::Flow,
            Screen::Trace(_) => Context::Trace,
            Screen::Why(_) => Context::Why,
            Screen::Diff(_) => Context::Diff,
            Screen::Staged(view) if view.editor.is_some() => Context::Edit,
            Screen::Staged(_) => Context::Staged,
            Screen::Learn(_) => Context::Learn,
            Screen::Sources(_) => Context::Sources,
        }
    }

    /// The bridge it is about.
    pub fn spot(&self) -> Option<&Spot> {
        match self {
            Screen::Node(_) | Screen::Sources(_) => None,
            Screen::Pipeline(v) => Some(&v.spot),
            Screen::Flows(v) => Some(&v.spot),
            Screen::Flow(v) => Some(&v.spot),
            Screen::Trace(v) => Some(&v.asked.spot),
            Screen::Why(v) => Some(&v.spot),
            Screen::Diff(v) => Some(&v.spot),
            Screen::Staged(v) => Some(&v.spot),
            Screen::Learn(v) => Some(&v.spot).filter(|spot| !spot.bridge.is_empty()),
        }
    }

    /// The table it is about.
    pub fn table(&self) -> Option<TableId> {
        match self {
            Screen::Flows(v) => v.table,
            Screen::Pipeline(v) => v.table,
            Screen::Flow(v) => v.table,
            Screen::Why(v) => Some(v.table),
            _ => None,
        }
    }
}

/// A part of the Node screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    /// The nodes, where there are several.
    Nodes,
    /// The bridges of the node.
    Bridges,
    /// Where packets were dropped.
    Drops,
    /// The ports of the bridge.
    Ports,
    /// The tunnels of the node.
    Tunnels,
    /// What needs a look.
    Health,
}

impl Pane {
    /// Every pane, in the order in which a key goes through them.
    pub const ALL: [Pane; 6] = [Pane::Nodes, Pane::Bridges, Pane::Drops, Pane::Ports, Pane::Tunnels, Pane::Health];
}

/// 1 Node.
#[derive(Debug)]
pub struct NodeView {
    /// The node.
    pub node: Arc<str>,
    /// The pane that has the keys.
    pub pane: Pane,
    /// Whether that pane has the whole screen.
    pub is_full: bool,
    /// The rows of the panes, by [`Pane::ALL`].
    pub cursors: [Cursor; 6],
}

impl NodeView {
    /// Of a node.
    pub fn new(node: Arc<str>) -> NodeView {
        NodeView { node, pane: Pane::Bridges, is_full: false, cursors: [Cursor::default(); 6] }
    }

    /// The row of a pane.
    pub fn cursor(&mut self, pane: Pane) -> &mut Cursor {
        &mut self.cursors[pane as usize]
    }
}

/// 2 Pipeline.
#[derive(Debug)]
pub struct PipelineView {
    /// The bridge.
    pub spot: Spot,
    /// The table under the cursor.
    pub table: Option<TableId>,
    /// What is shown, and how.
    pub options: Options,
    /// Outline or drawing; the drawing where it fits, if nobody chose.
    pub wants_graph: Option<bool>,
    /// Whether the pane about the table is shown beside the drawing.
    pub has_inspector: bool,
    /// The tables and what leads where, once worked out.
    pub graph: Option<Arc<Graph>>,
    /// Where everything stands, and for which width.
    pub layout: Option<(usize, Layout)>,
    /// The edge that is pointed at, as a place in [`Graph::edges`].
    pub edge: Option<usize>,
    /// The first row and column on the screen.
    pub scroll: (usize, usize),
    /// The table in words, once worked out.
    pub words: Option<(TableId, Arc<TableExplanation>)>,
    /// Whether the way of the last trace is lit up.
    pub shows_way: bool,
}

impl PipelineView {
    /// Of a bridge.
    pub fn new(spot: Spot, table: Option<TableId>) -> PipelineView {
        PipelineView {
            spot,
            table,
            options: Options { hide_idle: true, ..Options::default() },
            wants_graph: None,
            has_inspector: true,
            graph: None,
            layout: None,
            edge: None,
            scroll: (0, 0),
            words: None,
            shows_way: true,
        }
    }
}

/// The line in which a filter is typed.
#[derive(Debug, Default)]
pub struct FilterLine {
    /// The text.
    pub input: Input,
    /// The text and the filter before it was typed at, while it is typed at.
    pub before: Option<(String, Arc<Filter>)>,
    /// What is wrong with the text.
    pub wrong: Option<Diagnostic>,
    /// What may stand at the cursor, and which of it is chosen; nothing unless it was asked for.
    pub offered: Option<(Completion, usize)>,
    /// Texts that were used before, and which of them is shown.
    pub past: (Vec<String>, Option<usize>),
}

/// 3 Flows.
#[derive(Debug)]
pub struct FlowsView {
    /// The bridge.
    pub spot: Spot,
    /// Only the flows of this table.
    pub table: Option<TableId>,
    /// Only these flows: a row that was folded, opened.
    pub only: Option<Arc<Vec<FlowId>>>,
    /// What is typed.
    pub line: FilterLine,
    /// What holds.
    pub filter: Arc<Filter>,
    /// What is highlighted: the text, and the flows by number.
    pub hits: Option<(String, Arc<Vec<FlowId>>)>,
    /// The rows.
    pub rows: Rows,
    /// Whether the rows are being worked out.
    pub is_working: bool,
    /// How long the last rows took, in milliseconds.
    pub took: u64,
    /// When they were asked for.
    pub asked: u64,
    /// The order.
    pub sort: Option<(Column, bool)>,
    /// What flows of one row have in common, where they are folded.
    pub by: Option<By>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The row under the cursor.
    pub cursor: Cursor,
    /// The column under the cursor.
    pub column: Column,
    /// The part of a match under the cursor.
    pub part: usize,
    /// The flow to go to when the next rows come.
    pub wanted: Option<FlowHash>,
    /// The marked flows.
    pub marks: BTreeSet<FlowId>,
    /// The row at which a range began.
    pub range: Option<usize>,
    /// Remembered flows, by letter.
    pub places: Vec<(char, FlowHash)>,
    /// How far match and actions are scrolled to the left.
    pub skip: usize,
    /// Whether match and actions are printed in full.
    pub is_raw: bool,
    /// Whether the pane about the flow is shown.
    pub has_inspector: bool,
    /// The flow under the cursor in words.
    pub words: Option<Arc<FlowDetail>>,
}

impl FlowsView {
    /// The flows of a bridge, or of one of its tables.
    pub fn new(spot: Spot, table: Option<TableId>, columns: Vec<Column>) -> FlowsView {
        FlowsView {
            spot,
            table,
            only: None,
            line: FilterLine::default(),
            filter: Arc::new(Filter::any()),
            hits: None,
            rows: Rows::default(),
            is_working: false,
            took: 0,
            asked: 0,
            sort: None,
            by: None,
            columns,
            cursor: Cursor::default(),
            column: Column::Match,
            part: 0,
            wanted: None,
            marks: BTreeSet::new(),
            range: None,
            places: Vec::new(),
            skip: 0,
            is_raw: false,
            has_inspector: true,
            words: None,
        }
    }

    /// The usual columns.
    pub fn usual_columns() -> Vec<Column> {
        COLUMNS.iter().filter(|r| r.is_usual).map(|r| r.column).collect()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.fold.as_ref().map_or(self.rows.flows.len(), |fold| fold.groups.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The flows of a row: several where they are folded.
    pub fn flows_of(&self, row: usize) -> &[FlowId] {
        match &self.rows.fold {
            Some(fold) => fold.groups.get(row).map_or(&[], |group| fold.flows(group)),
            None => self.rows.flows.get(row..=row).unwrap_or_default(),
        }
    }

    /// The flow under the cursor; the first of those that are folded there.
    pub fn flow(&self) -> Option<FlowId> {
        self.flows_of(self.cursor.at).first().copied()
    }
}

/// A part of the screen about one flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Section {
    /// What it does, with the places it leads to.
    Actions,
    /// The flows that lead here.
    From,
    /// Where it goes.
    To,
}

impl Section {
    /// Every section with rows that can be opened.
    pub const ALL: [Section; 3] = [Section::Actions, Section::From, Section::To];
}

/// One flow.
#[derive(Debug)]
pub struct FlowView {
    /// The bridge.
    pub spot: Spot,
    /// Its table.
    pub table: Option<TableId>,
    /// The flow.
    pub flow: FlowId,
    /// Its identity, for when the source is read again.
    pub hash: FlowHash,
    /// The section that has the keys.
    pub section: Section,
    /// The rows of the sections, by [`Section::ALL`].
    pub cursors: [Cursor; 3],
    /// The first row on the screen, where everything stands below each other.
    pub scroll: usize,
    /// Whether the person moved the screen by hand, away from the row under the cursor.
    pub is_scrolled: bool,
    /// It in words, once worked out.
    pub words: Option<Arc<FlowDetail>>,
}

/// A part of the Trace screen that has rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// What happened.
    Steps,
    /// The flows that almost let the packet through.
    Near,
    /// What would let it through.
    Fixes,
}

impl Part {
    /// Every part, in the order in which a key goes through them.
    pub const ALL: [Part; 3] = [Part::Steps, Part::Near, Part::Fixes];
}

/// The line in which a packet is typed.
#[derive(Debug, Default)]
pub struct PacketLine {
    /// The text.
    pub input: Input,
    /// The text before it was typed at, while it is typed at.
    pub before: Option<String>,
    /// What is wrong with the text.
    pub wrong: Option<Diagnostic>,
    /// What may stand at the cursor, and which of it is chosen; nothing unless it was asked for.
    pub offered: Option<(Completion, usize)>,
    /// Which of the packets that were traced before is shown.
    pub past: Option<usize>,
}

/// 4 Trace.
#[derive(Debug, Default)]
pub struct TraceView {
    /// What is asked; without a packet until there is one.
    pub asked: Asked,
    /// What is typed.
    pub line: PacketLine,
    /// What became of it, once worked out.
    pub told: Option<Arc<Told>>,
    /// Whether it is being worked out.
    pub is_working: bool,
    /// When that began, and how long it took, in milliseconds.
    pub took: (u64, u64),
    /// How the packet was made, if it was made from something.
    pub made: String,
    /// Packets that can be sent here, while there is none.
    pub examples: Vec<Example>,
    /// The flow for which a packet is looked for.
    pub wanted: Option<FlowId>,
    /// The part that has the keys.
    pub part: Option<Part>,
    /// Whether that part has the whole screen.
    pub is_full: bool,
    /// The rows of the parts, by [`Part::ALL`]. The first one stands among the rows that are shown.
    pub cursors: [Cursor; 3],
    /// The rows whose details are shown.
    pub open: BTreeSet<usize>,
    /// The rows whose tree is not shown.
    pub shut: BTreeSet<usize>,
    /// The row at which the cursor stays when the next trace comes.
    pub keeps: Option<usize>,
}

impl TraceView {
    /// Of a packet.
    pub fn new(asked: Asked) -> TraceView {
        let line = PacketLine { input: Input::of(&asked.text), ..PacketLine::default() };
        TraceView { asked, line, ..TraceView::default() }
    }

    /// The part that has the keys.
    pub fn part(&self) -> Part {
        self.part.unwrap_or(Part::Steps)
    }

    /// The row of a part.
    pub fn cursor(&mut self, part: Part) -> &mut Cursor {
        &mut self.cursors[part as usize]
    }

    /// The rows of the tree that are shown, as places in [`Told::steps`].
    pub fn shown(&self) -> Vec<usize> {
        let Some(told) = &self.told else { return Vec::new() };
        let mut hidden = vec![false; told.steps.len()];
        let mut shown = Vec::new();
        for (at, step) in told.steps.iter().enumerate() {
            hidden[at] = step.parent.is_some_and(|parent| {
                hidden[parent] || self.shut.contains(&parent) || step.is_detail && !self.open.contains(&parent)
            });
            if !hidden[at] {
                shown.push(at);
            }
        }
        shown
    }
}

/// Why a flow got a packet or not.
#[derive(Debug)]
pub struct WhyView {
    /// The bridge.
    pub spot: Spot,
    /// The table.
    pub table: TableId,
    /// The flow that is asked about, if it is one.
    pub flow: Option<FlowId>,
    /// The trace.
    pub told: Arc<Told>,
    /// The lookup, as a place in [`Told::looks`].
    pub look: Option<usize>,
    /// The answer, once worked out.
    pub rivals: Option<Arc<Rivals>>,
    /// The row.
    pub cursor: Cursor,
}

/// 5 Diff.
#[derive(Debug, Default)]
pub struct DiffView {
    /// The bridge.
    pub spot: Spot,
    /// What is compared.
    pub compared: Compared,
    /// What changed, once worked out.
    pub told: Option<Arc<Differences>>,
    /// What packets showed, once worked out.
    pub shown: Option<Arc<Shown>>,
    /// Whether something is being worked out.
    pub is_working: bool,
    /// Whether the packets are shown, and not the flows.
    pub shows_meaning: bool,
    /// The runs that are opened.
    pub open: BTreeSet<usize>,
    /// The lines.
    pub lines: Vec<Line>,
    /// Whether the lines were made for both sides beside each other; nothing if they have to be made.
    pub drawn: Option<bool>,
    /// The line under the cursor.
    pub cursor: Cursor,
}

impl DiffView {
    /// Of a bridge.
    pub fn new(spot: Spot) -> DiffView {
        DiffView { spot, ..DiffView::default() }
    }
}

/// The files, and what was wrong in them.
#[derive(Debug, Default)]
pub struct SourcesView {
    /// The row.
    pub cursor: Cursor,
}

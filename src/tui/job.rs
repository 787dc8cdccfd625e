//! Work that runs beside the screen: pure functions of a scene, each with an answer.

use std::cmp::Reverse;
use std::sync::Arc;

use super::columns::Column;
use super::learn::{self, Graded, Ready};
use super::told::differences::{self, Compared, Differences, Shown};
use super::told::effect::{Effect, effect};
use super::told::{self, Asked, Rivals, Sent, Told};
use super::views::Spot;
use crate::base::diag::Diagnostic;
use crate::base::progress::Progress;
use crate::explain::{self, Explanation, References, TableExplanation};
use crate::graph::{Graph, Options};
use crate::model::bridge::FlowId;
use crate::model::flow::TableId;
use crate::model::owner::Owner;
use crate::practice::{Course, Exercise, Lesson};
use crate::query::words::Data;
use crate::query::{By, Filter, Fold, fold};
use crate::session::{Scene, Staged};

/// What is to be worked out.
#[derive(Debug, Clone)]
pub struct Job {
    /// The source.
    pub scene: Arc<Scene>,
    /// The bridge.
    pub spot: Spot,
    /// The question.
    pub ask: Ask,
}

/// A question.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Which flows a list shows, in which order.
    Rows {
        /// Only those of this table.
        table: Option<TableId>,
        /// Only those that the filter holds for.
        filter: Arc<Filter>,
        /// Only these.
        only: Option<Arc<Vec<FlowId>>>,
        /// Ordered by this column; backwards?
        sort: Option<(Column, bool)>,
        /// Folded by this.
        by: Option<By>,
    },
    /// Which flows an expression finds.
    Hits(Arc<Filter>),
    /// The tables of the bridge and what leads where.
    Graph(Options),
    /// Everything about a flow.
    Flow(FlowId),
    /// Everything about a table.
    Table(TableId),
    /// Where a packet goes.
    Trace(Asked),
    /// A packet that comes by a flow.
    Reach(FlowId),
    /// What changed from another source.
    Differences(Arc<Scene>, Compared),
    /// Packets that fare otherwise.
    Meaning(Arc<Scene>, Arc<Differences>),
    /// What becomes of packets with what is staged.
    Effect {
        /// What is staged.
        staged: Arc<Staged>,
        /// Packets that are looked at in any case.
        pins: Vec<Asked>,
    },
    /// A packet is sent at a practice switch.
    Send {
        /// The packet.
        asked: Asked,
        /// The switch without what is staged.
        base: Arc<Scene>,
        /// What is staged.
        staged: Arc<Staged>,
    },
    /// A lesson made ready.
    Lesson(Arc<Course>, Arc<Lesson>),
    /// Whether the goals of a lesson are reached on this scene, and whether these answers are right.
    Grade(Arc<Exercise>, Vec<String>),
    /// Why flows of a lookup got the packet or not.
    Why {
        /// The trace.
        told: Arc<Told>,
        /// The lookup, as a place in it.
        look: Option<usize>,
        /// The table and the flow that are asked about.
        asked: Option<(TableId, FlowId)>,
    },
}

/// The kinds of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Rows of a list.
    Rows,
    /// What to highlight.
    Hits,
    /// A graph.
    Graph,
    /// A flow or a table in words.
    Words,
    /// A traced packet.
    Trace,
    /// What changed.
    Diff,
    /// The effect of what is staged.
    Effect,
    /// A lesson.
    Lesson,
    /// A packet that is sent.
    Send,
}

impl Kind {
    /// How many there are.
    pub const COUNT: usize = Kind::Send as usize + 1;
}

impl Ask {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Ask::Rows { .. } => Kind::Rows,
            Ask::Hits(_) => Kind::Hits,
            Ask::Graph(_) => Kind::Graph,
            Ask::Flow(_) | Ask::Table(_) => Kind::Words,
            Ask::Trace(_) | Ask::Reach(_) | Ask::Why { .. } => Kind::Trace,
            Ask::Differences(..) | Ask::Meaning(..) => Kind::Diff,
            Ask::Effect { .. } => Kind::Effect,
            Ask::Lesson(..) | Ask::Grade(..) => Kind::Lesson,
            Ask::Send { .. } => Kind::Send,
        }
    }

    /// What the person waits for.
    pub fn what(&self) -> &'static str {
        match self {
            Ask::Rows { by: Some(_), .. } => "folding",
            Ask::Rows { sort: Some(_), .. } => "filtering and sorting",
            Ask::Rows { .. } => "filtering",
            Ask::Hits(_) => "searching",
            Ask::Graph(_) => "following every flow",
            Ask::Flow(_) => "reading the flow",
            Ask::Table(_) => "reading the table",
            Ask::Trace(_) => "tracing",
            Ask::Reach(_) => "looking for a packet that comes by the flow",
            Ask::Why { .. } => "comparing flows",
            Ask::Differences(..) => "comparing",
            Ask::Meaning(..) => "looking for packets that fare otherwise",
            Ask::Effect { .. } => "tracing packets before and after",
            Ask::Lesson(..) => "making the lesson ready",
            Ask::Grade(..) => "checking the goals",
            Ask::Send { .. } => "sending",
        }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The flows of a list.
    Rows(Rows),
    /// The flows that an expression finds, by number.
    Hits(Arc<Vec<FlowId>>),
    /// The tables and what leads where.
    Graph(Arc<Graph>),
    /// A flow in words.
    Flow(Arc<FlowDetail>),
    /// A table in words.
    Table(TableId, Arc<TableExplanation>),
    /// A traced packet, or what is wrong with it.
    Trace(Result<Arc<Told>, Diagnostic>),
    /// A packet that comes by a flow and how it was made; else why there is none.
    Reach(Result<(Asked, String), String>),
    /// Why flows got a packet or not.
    Why(Arc<Rivals>),
    /// What changed; nothing if the other source has no such bridge.
    Differences(Option<Arc<Differences>>),
    /// Packets that fare otherwise.
    Meaning(Option<Arc<Shown>>),
    /// What becomes of packets with what is staged.
    Effect(Arc<Effect>),
    /// A lesson with its switch.
    Lesson(Ready),
    /// What came of a packet that was sent, or what is wrong with it.
    Sent(Result<Arc<Sent>, Diagnostic>),
    /// What came of an attempt.
    Grade(Arc<Graded>),
}

/// The rows of a list.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// The flows, in order.
    pub flows: Arc<Vec<FlowId>>,
    /// The same flows folded.
    pub fold: Option<Arc<Fold>>,
    /// How many there are without the filter.
    pub of: usize,
    /// What the reader should know.
    pub notes: Vec<Diagnostic>,
    /// Whether the work was stopped before its end.
    pub is_partial: bool,
}

/// A flow in words.
#[derive(Debug, Clone)]
pub struct FlowDetail {
    /// The flow.
    pub flow: FlowId,
    /// What it does.
    pub words: Explanation,
    /// What comes before and after it.
    pub references: References,
    /// Who wanted it, the most specific owner first.
    pub owners: Vec<Owner>,
}

/// How many references are listed each way.
pub const REFERENCES: usize = 200;

impl Job {
    /// Does the work. Nothing comes out if the bridge is gone.
    pub fn run(&self, progress: &Progress) -> Option<Answer> {
        match &self.ask {
            Ask::Lesson(course, lesson) => return Some(Answer::Lesson(learn::ready(course, lesson))),
            Ask::Grade(exercise, answers) => {
                return Some(Answer::Grade(Arc::new(learn::grade(exercise, &self.scene, answers))));
            }
            Ask::Send { asked, base, staged } => {
                return Some(Answer::Sent(told::send(&self.scene, base, staged, asked).map(Arc::new)));
            }
            _ => {}
        }
        let (node, at) = self.spot.find(&self.scene)?;
        let bridge = node.bridges()[at].bridge();
        Some(match &self.ask {
            Ask::Rows { table, filter, only, sort, by } => {
                let by_owner = by.is_some_and(|by| by.word().needs == Data::Owners);
                let scope = if by_owner { node.scope_with_owners(at) } else { node.scope_of(at, filter) };
                let of_table = table.map(|id| bridge.table(id).map_or(&[][..], |t| &t.flows));
                let within = only.as_ref().map(|only| &only[..]).or(of_table);
                let of = within.map_or(bridge.flows.len(), <[FlowId]>::len);
                let mut rows = Rows { of, ..Rows::default() };
                let mut flows = match (filter.is_any(), within) {
                    (true, Some(within)) => within.to_vec(),
                    (true, None) => (0..of as FlowId).collect(),
                    (false, within) => {
                        let answer = filter.answer(&scope, within, progress);
                        (rows.notes, rows.is_partial) = (answer.notes, answer.is_partial);
                        // Within a table, flows stand as packets meet them; across tables, as the dump has them.
                        match within {
                            Some(_) => in_lookup_order(bridge, answer.rows),
                            None => answer.rows,
                        }
                    }
                };
                if let Some((column, backwards)) = sort {
                    match column {
                        Column::Owner => Column::sort_by_owner(node.owners(at).table(), &mut flows, *backwards),
                        column => column.sort(bridge, &mut flows, *backwards),
                    }
                }
                if let Some(by) = by {
                    match fold(&scope, &flows, *by, progress) {
                        Ok(fold) => rows.fold = Some(Arc::new(fold)),
                        Err(diagnostic) => rows.notes.push(diagnostic),
                    }
                }
                rows.is_partial |= progress.is_cancelled();
                rows.flows = Arc::new(flows);
                Answer::Rows(rows)
            }
            Ask::Hits(filter) => Answer::Hits(Arc::new(filter.rows(&node.scope_of(at, filter), None, progress))),
            Ask::Graph(options) => Answer::Graph(Arc::new(Graph::of(bridge, node.naming(at), options))),
            Ask::Flow(flow) => {
                let cx = node.explain(at);
                let words = explain::flow(&cx, *flow);
                let references = explain::references(bridge, cx.index, *flow, REFERENCES);
                Answer::Flow(Arc::new(FlowDetail { flow: *flow, words, references, owners: node.owners(at).of(*flow) }))
            }
            Ask::Table(id) => Answer::Table(*id, Arc::new(explain::table(&node.explain(at), *id))),
            Ask::Trace(asked) => Answer::Trace(told::tell(&self.scene, asked).map(Arc::new)),
            Ask::Reach(flow) => Answer::Reach(told::ask::for_flow(&self.scene, &self.spot, *flow)),
            Ask::Differences(before, compared) => {
                let found = differences::differences(before, &self.scene, &self.spot, *compared);
                Answer::Differences(found.map(Arc::new))
            }
            Ask::Meaning(before, told) => {
                let shown = differences::shown(before, &self.scene, &self.spot, told.clone());
                Answer::Meaning(shown.map(Arc::new))
            }
            Ask::Effect { staged, pins } => {
                Answer::Effect(Arc::new(effect(&self.scene, staged, &self.spot, pins, progress)))
            }
            Ask::Lesson(..) | Ask::Grade(..) | Ask::Send { .. } => return None,
            Ask::Why { told, look, asked } => {
                let asked = asked.map(|(table, flow)| (self.spot.clone(), table, flow));
                Answer::Why(Arc::new(told::rivals(&self.scene, told, *look, asked)))
            }
        })
    }
}

fn in_lookup_order(bridge: &crate::model::bridge::Bridge, mut flows: Vec<FlowId>) -> Vec<FlowId> {
    flows.sort_by_cached_key(|id| (Reverse(bridge.flow(*id).priority()), *id));
    flows
}

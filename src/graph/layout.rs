//! Where everything stands.
//!
//! A layout knows the tables, the edges and the length of names, but no counter: boxes stay where they are while
//! packets are counted. Columns and rows are those of a grid of characters; the SVG scales them.

use super::draft::arrange;
use super::layer::Plan;
use super::order::{Order, Start};
use super::{End, Graph};
use crate::base::words::plural;
use crate::model::flow::TableId;

/// How much stands in a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Density {
    /// Number and name, and a line of counters below.
    #[default]
    Full,
    /// One line.
    Compact,
}

/// What a drawing should fit into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// Columns. A drawing that cannot be so narrow is as narrow as it can be.
    pub width: usize,
    /// How much stands in a box.
    pub density: Density,
}

/// A table's box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoxAt {
    /// The place in [`Graph::nodes`].
    pub node: usize,
    /// The table.
    pub id: TableId,
    /// The first column.
    pub x: usize,
    /// The first row.
    pub y: usize,
    /// Columns, with the border.
    pub width: usize,
    /// Rows, with the border.
    pub height: usize,
    /// The column in which edges arrive, if there are any.
    pub entry: Option<usize>,
}

impl BoxAt {
    /// Whether a cell is part of the box.
    pub fn contains(&self, x: usize, y: usize) -> bool {
        (self.x..self.x + self.width).contains(&x) && (self.y..self.y + self.height).contains(&y)
    }

    fn middle(&self) -> usize {
        self.x + (self.width - 1) / 2
    }
}

/// An edge that leaves the tables, comes back to its own, or leads into the pipeline from a table that stands alone: a
/// line of text beside the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stub {
    /// The place in [`Graph::edges`].
    pub edge: usize,
    /// The first column, right of the box.
    pub x: usize,
    /// The row.
    pub y: usize,
    /// The column of the arrow.
    pub arrow: usize,
    /// What stands behind the arrow.
    pub text: String,
}

/// An edge from box to box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The place in [`Graph::edges`].
    pub edge: usize,
    /// The table it leads to. Edges to one table run together.
    pub to: TableId,
    /// Its corners, from a cell of the lower border of the one box to a cell of the upper border of the other.
    pub points: Vec<(usize, usize)>,
    /// The column behind its share and the row; none where there is no room for it.
    pub label: Option<(usize, usize)>,
    /// It leads up.
    pub is_up: bool,
}

/// A word beside an edge that leads up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The place in [`Graph::edges`] of one of the edges that it speaks of.
    pub edge: usize,
    /// The column of the line.
    pub x: usize,
    /// The row.
    pub y: usize,
    /// The word, if there is room for it.
    pub text: &'static str,
}

/// What a drawing leaves out because it would not be readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// Tables.
    pub tables: usize,
    /// Edges.
    pub edges: usize,
}

impl LeftOut {
    /// What is left out, in words that stand below the drawing; nothing if nothing is.
    pub fn text(self) -> Option<String> {
        let edges = format!("{} {}", self.edges, plural(self.edges as u64, "edge"));
        match (self.tables, self.edges) {
            (0, 0) => None,
            (0, _) => Some(format!("not drawn: {edges}")),
            (n, _) => Some(format!("not drawn: {n} {} and {edges}", plural(n as u64, "table"))),
        }
    }
}

/// Where everything stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Columns that the drawing needs.
    pub width: usize,
    /// Rows that it needs.
    pub height: usize,
    /// The tables, from top to bottom and from left to right.
    pub boxes: Vec<BoxAt>,
    /// The edges beside them.
    pub stubs: Vec<Stub>,
    /// The edges between them.
    pub routes: Vec<Route>,
    /// The words at edges that lead up.
    pub marks: Vec<Mark>,
    /// How many lines cross.
    pub crossings: usize,
    /// How much stands in a box.
    pub density: Density,
    /// What is not drawn.
    pub left_out: LeftOut,
}

/// A direction on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To a higher row.
    Up,
    /// To a lower row.
    Down,
    /// To the left.
    Left,
    /// To the right.
    Right,
}

/// How wide a title inside a box and a text beside it may get; a text that is longer is cut, or is only the sink's
/// word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub title: usize,
    pub stub: usize,
}

const ROOMS: [Room; 4] = [
    Room { title: 26, stub: 18 },
    Room { title: 20, stub: 14 },
    Room { title: 16, stub: 0 },
    Room { title: 13, stub: 0 },
];

/// Titles that are narrower than this tell little more than the number.
const READABLE_TITLE: usize = 16;

impl Layout {
    /// Lays a graph out in the given width, with names as long as fit.
    pub fn of(graph: &Graph, fit: Fit) -> Layout {
        let plan = Plan::of(graph);
        let is_dense = plan.down.len() > 80;
        let starts: &[Start] = if is_dense { &[Start::Middle] } else { &[Start::Middle, Start::Left, Start::Right] };
        let mut orders: Vec<Order> = starts.iter().map(|start| Order::of(&plan, *start)).collect();
        let mut layout = Layout::default();
        for room in ROOMS {
            // The narrowest names are only worth it if the drawing then fits.
            let before = layout.clone();
            let ways = orders.iter().map(|order| arrange(graph, &plan, order, room, fit)).enumerate();
            let Some((best, way)) = ways.min_by_key(|(at, way)| (way.cost(), *at)) else { break };
            layout = way;
            if layout.width <= fit.width {
                break;
            }
            if room.title < READABLE_TITLE {
                layout = before;
            }
            // What is best with long names is best with short ones.
            orders.swap(0, best);
            orders.truncate(1);
        }
        layout
    }

    /// How hard the drawing is to read.
    fn cost(&self) -> usize {
        let lengths = self.routes.iter().flat_map(|r| r.points.windows(2)).map(|p| p[0].0.abs_diff(p[1].0));
        let bends: usize = self.routes.iter().map(|r| r.points.len() - 2).sum();
        lengths.sum::<usize>() + 3 * bends + 12 * self.crossings + 4 * self.width + 4 * self.height
    }

    /// Whether this is a layout of a graph: of these tables and edges, whatever they counted. A graph that was made
    /// anew may have others, and then needs a new layout.
    pub fn is_of(&self, graph: &Graph) -> bool {
        let has_box = |b: &BoxAt| graph.nodes.get(b.node).is_some_and(|n| n.id == b.id && !n.is_hidden);
        let ends_at = |r: &Route| graph.edges.get(r.edge).is_some_and(|e| e.to == End::Table(r.to) && !e.is_hidden);
        let edges = self.routes.len() + self.stubs.len() + self.left_out.edges;
        self.boxes.iter().all(has_box)
            && self.boxes.len() + self.left_out.tables == graph.visible().count()
            && self.routes.iter().all(ends_at)
            && self.stubs.iter().all(|s| graph.edges.get(s.edge).is_some_and(|e| !e.is_hidden))
            && edges == graph.edges.iter().filter(|e| !e.is_hidden).count()
    }

    /// The box of a table.
    pub fn box_of(&self, id: TableId) -> Option<&BoxAt> {
        self.boxes.iter().find(|b| b.id == id)
    }

    /// The table that comes after another from top to bottom and from left to right; the first one after none.
    pub fn after(&self, id: Option<TableId>) -> Option<TableId> {
        let at = id.and_then(|id| self.boxes.iter().position(|b| b.id == id));
        self.boxes.get(at.map_or(0, |at| at + 1)).map(|b| b.id)
    }

    /// The table that comes before another; the last one before none.
    pub fn before(&self, id: Option<TableId>) -> Option<TableId> {
        let at = id.and_then(|id| self.boxes.iter().position(|b| b.id == id)).unwrap_or(self.boxes.len());
        self.boxes.get(at.checked_sub(1)?).map(|b| b.id)
    }

    /// The nearest table in a direction. Up and down go to the nearest row of boxes, and there to the nearest box; left
    /// and right stay among boxes that begin in the same row.
    pub fn beside(&self, id: TableId, direction: Direction) -> Option<TableId> {
        let here = self.box_of(id)?;
        let is_there = |b: &&BoxAt| match direction {
            Direction::Up => b.y < here.y,
            Direction::Down => b.y > here.y,
            Direction::Left => b.y == here.y && b.x < here.x,
            Direction::Right => b.y == here.y && b.x > here.x,
        };
        let far = |b: &&BoxAt| (b.y.abs_diff(here.y), b.middle().abs_diff(here.middle()), b.id);
        self.boxes.iter().filter(is_there).min_by_key(far).map(|b| b.id)
    }

    /// The edges that leave a table, as places in [`Graph::edges`], in the order in which they are seen: those to other
    /// boxes from left to right, then those beside the box from top to bottom.
    pub fn leaving(&self, graph: &Graph, id: TableId) -> Vec<usize> {
        let is_from = |edge: usize| graph.edges.get(edge).is_some_and(|e| e.from == id);
        let mut routes: Vec<&Route> = self.routes.iter().filter(|r| is_from(r.edge)).collect();
        routes.sort_by_key(|r| r.points.first().copied());
        let stubs = self.stubs.iter().filter(|s| is_from(s.edge)).map(|s| s.edge);
        routes.iter().map(|r| r.edge).chain(stubs).collect()
    }

    /// The edges that arrive at a table, as places in [`Graph::edges`], from top to bottom and from left to right.
    pub fn arriving(&self, graph: &Graph, id: TableId) -> Vec<usize> {
        let is_to = |edge: &usize| graph.edges.get(*edge).is_some_and(|e| e.to == End::Table(id));
        let routes = self.routes.iter().filter_map(|r| r.points.first().map(|(x, y)| (*y, *x, r.edge)));
        let mut starts: Vec<(usize, usize, usize)> = routes.collect();
        starts.extend(self.stubs.iter().map(|s| (s.y, s.x, s.edge)));
        starts.sort_unstable();
        starts.into_iter().map(|(_, _, edge)| edge).filter(is_to).collect()
    }
}

//! Where everything stands.
//!
//! A layout knows the tables, the edges and the length of names, but no counter: boxes stay where they are while packets
//! are counted. Columns and rows are those of a grid of characters; the SVG scales them.

use super::layer::Plan;
use super::order::{Order, Start};
use super::place::{Extent, columns};
use super::route::{Boxes, Lines, least_width, lines};
use super::{End, Graph};
use crate::base::safe::visible;
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

/// How wide a title inside a box and a text beside it may get; a text that is longer is cut, or is only the sink's word.
#[derive(Debug, Clone, Copy)]
struct Room {
    title: usize,
    stub: usize,
}

const ROOMS: [Room; 4] = [
    Room { title: 26, stub: 18 },
    Room { title: 20, stub: 14 },
    Room { title: 16, stub: 0 },
    Room { title: 13, stub: 0 },
];

/// Titles that are narrower than this tell little more than the number.
const READABLE_TITLE: usize = 16;

/// What a box needs beside its title: two borders, a sign, a blank; and for its counters.
const AROUND: usize = 4;
const COUNTERS: usize = 11;
const ONE_COUNTER: usize = 6;
/// What stands between a box and the text beside it: `─ 100% ─▶ `.
pub(super) const STUB_LINE: usize = 10;
/// The columns of a line that leads up, with its word; and how many have one.
const SIDE: i32 = 8;
const MARKED: usize = 3;

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
            let ways = orders.iter().map(|order| Layout::with(graph, &plan, order, room, fit)).enumerate();
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

    fn with(graph: &Graph, plan: &Plan, order: &Order, room: Room, fit: Fit) -> Layout {
        let sizes = Sizes::of(graph, plan, room, fit.density);
        let extent = Extent {
            left: order_extent(plan, order, |at| (sizes.width[at] - 1) / 2),
            right: order_extent(plan, order, |at| sizes.width[at] / 2 + sizes.stub[at]),
            reach: order_extent(plan, order, |at| (sizes.width[at] / 2 - 5).max(0)),
            width: order_extent(plan, order, |at| sizes.width[at]),
        };
        let x = columns(plan, order, &extent);
        let right = (0..order.len()).map(|e| x[e] + extent.right[e] + 1).max().unwrap_or(0);
        let side_pitch = if ups(plan) > MARKED { 2 } else { SIDE };
        let boxes = Boxes { x: &x, width: &sizes.width, side: right + 2, side_pitch };
        let lines = lines(plan, order, &boxes);
        Draft { graph, plan, order, sizes: &sizes, x: &x, lines: &lines, right }.finish(fit)
    }

    /// Whether this is a layout of a graph: of these tables and edges, whatever they counted. A graph that was made anew
    /// may have others, and then needs a new layout.
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

/// How many boxes have a line that comes up from below.
fn ups(plan: &Plan) -> usize {
    let mut boxes: Vec<usize> = plan.up.iter().map(|w| w.to).collect();
    boxes.sort_unstable();
    boxes.dedup();
    boxes.len()
}

/// A measure of boxes, for boxes and lanes: lanes are as wide as their line.
fn order_extent(plan: &Plan, order: &Order, of_box: impl Fn(usize) -> i32) -> Vec<i32> {
    (0..order.len()).map(|e| if e < plan.lone { of_box(e) } else { 0 }).collect()
}

/// The sizes of boxes, lone ones included, and of what stands beside them.
struct Sizes {
    width: Vec<i32>,
    height: Vec<i32>,
    /// The columns beside the box.
    stub: Vec<i32>,
    texts: Vec<Vec<String>>,
}

impl Sizes {
    fn of(graph: &Graph, plan: &Plan, room: Room, density: Density) -> Sizes {
        let titles =
            plan.tables.iter().map(|n| unicode_width::UnicodeWidthStr::width(&*visible(&graph.nodes[*n].title())));
        let title = titles.max().unwrap_or(0).min(room.title);
        let inside = match density {
            Density::Full => title.max(COUNTERS),
            Density::Compact => title + ONE_COUNTER,
        };
        // An odd width has a middle.
        let common = ((inside + AROUND) | 1) as i32;
        let mut sizes = Sizes { width: Vec::new(), height: Vec::new(), stub: Vec::new(), texts: Vec::new() };
        for (at, stubs) in plan.stubs.iter().enumerate() {
            let leaving = plan.down.iter().chain(&plan.up).filter(|w| w.from == at).count();
            let texts: Vec<String> = stubs.iter().map(|edge| stub_text(graph, *edge, room.stub)).collect();
            let longest = texts.iter().map(|t| unicode_width::UnicodeWidthStr::width(t.as_str())).max();
            let lines = if density == Density::Full { 2 } else { 1 };
            sizes.width.push(common.max(least_width(leaving) | 1));
            sizes.height.push(2 + lines.max(stubs.len() as i32));
            sizes.stub.push(longest.map_or(0, |n| (n + STUB_LINE) as i32));
            sizes.texts.push(texts);
        }
        sizes
    }
}

/// What stands behind the arrow of an edge that leaves the tables.
fn stub_text(graph: &Graph, edge: usize, room: usize) -> String {
    let edge = &graph.edges[edge];
    let (long, short) = match edge.to {
        End::Table(id) if id == edge.from => return if edge.is_learn { "itself" } else { "^ loop" }.to_owned(),
        End::Table(id) => (graph.node(id).map_or(id.to_string(), |n| visible(&n.title()).into_owned()), id.to_string()),
        End::Sink(sink) => (graph.end_text(edge), sink.name().to_owned()),
    };
    if unicode_width::UnicodeWidthStr::width(long.as_str()) <= room { long } else { short }
}

/// Everything that is needed to say where things stand.
struct Draft<'a> {
    graph: &'a Graph,
    plan: &'a Plan,
    order: &'a Order,
    sizes: &'a Sizes,
    x: &'a [i32],
    lines: &'a Lines,
    right: i32,
}

impl Draft<'_> {
    fn finish(&self, fit: Fit) -> Layout {
        let mut layout = Layout {
            density: fit.density,
            crossings: self.lines.crossings,
            left_out: self.plan.left_out,
            ..Layout::default()
        };
        // The first row of each channel, and of each layer.
        let mut channel_y = Vec::new();
        let mut layer_y = Vec::new();
        let mut y = 0;
        for (at, channel) in self.lines.channels.iter().enumerate() {
            channel_y.push(y);
            let is_last = at == self.order.layers.len();
            let labels = i32::from(at > 0 && !(is_last && channel.pieces.is_empty()));
            y += channel.rows as i32 + labels;
            layer_y.push(y);
            if let Some(layer) = self.order.layers.get(at) {
                y += layer.iter().filter(|e| **e < self.plan.lone).map(|e| self.sizes.height[*e]).max().unwrap_or(0);
            }
        }
        for at in 0..self.plan.lone {
            let x = self.x[at] - (self.sizes.width[at] - 1) / 2;
            self.put_box(&mut layout, at, x, layer_y[self.plan.layer[at]]);
        }
        for (at, entry) in self.entries().into_iter().enumerate() {
            layout.boxes[at].entry = entry.then(|| self.x[at] as usize);
        }
        let row = |channel: usize, to: usize| {
            let piece = self.lines.channels[channel].pieces.iter().find(|p| p.to == to);
            channel_y[channel] + i32::from(channel > 0) + piece.and_then(|p| p.row).unwrap_or(0) as i32
        };
        self.put_routes(&mut layout, &layer_y, &row);
        let height = self.put_lone(&mut layout, y, fit.width);
        layout.boxes.sort_by_key(|b| (b.y, b.x));
        layout.stubs.sort_by_key(|s| (s.y, s.x));
        layout.routes.sort_by_key(|r| r.edge);
        let ends = layout.boxes.iter().map(|b| b.x + b.width);
        let texts = layout.stubs.iter().map(|s| s.arrow + 2 + unicode_width::UnicodeWidthStr::width(s.text.as_str()));
        let points = layout.routes.iter().flat_map(|r| &r.points).map(|p| p.0 + 1);
        let marks = layout.marks.iter().map(|m| m.x + 1 + m.text.len());
        layout.width = ends.chain(texts).chain(points).chain(marks).max().unwrap_or(0);
        layout.height = height as usize;
        layout
    }

    fn put_box(&self, layout: &mut Layout, at: usize, x: i32, y: i32) {
        let (width, height) = (self.sizes.width[at], self.sizes.height[at]);
        let node = self.plan.tables[at];
        let (x, y, width, height) = (x as usize, y as usize, width as usize, height as usize);
        layout.boxes.push(BoxAt { node, id: self.graph.nodes[node].id, x, y, width, height, entry: None });
        for (row, (edge, text)) in self.plan.stubs[at].iter().zip(&self.sizes.texts[at]).enumerate() {
            let (x, y) = (x + width, y + 1 + row);
            layout.stubs.push(Stub { edge: *edge, x, y, arrow: x + STUB_LINE - 2, text: text.clone() });
        }
    }

    /// Which boxes lines arrive at.
    fn entries(&self) -> Vec<bool> {
        let mut entries = vec![false; self.plan.lone];
        for wire in self.plan.down.iter().chain(&self.plan.up) {
            entries[wire.to] = true;
        }
        entries
    }

    fn put_routes(&self, layout: &mut Layout, layer_y: &[i32], row: &dyn Fn(usize, usize) -> i32) {
        let mut lowest: Vec<Option<usize>> = vec![None; self.plan.lone];
        for pin in &self.lines.pins {
            let (wire, to) = (pin.wire, pin.wire.to);
            let (from_layer, to_layer) = (self.plan.layer[wire.from], self.plan.layer[to]);
            let bottom = layer_y[from_layer] + self.sizes.height[wire.from] - 1;
            let mut points = vec![(pin.x, bottom)];
            let mut x = pin.x;
            let mut turn = |channel: usize, column: Option<i32>| {
                if let Some(column) = column.filter(|c| *c != x) {
                    let y = row(channel, to);
                    points.extend([(x, y), (column, y)]);
                    x = column;
                }
            };
            if pin.is_up {
                turn(from_layer + 1, self.lines.sides[to]);
                turn(to_layer, Some(self.x[to]));
            } else {
                for channel in from_layer + 1..=to_layer {
                    let pieces = &self.lines.channels[channel].pieces;
                    turn(channel, pieces.iter().find(|p| p.to == to).and_then(|p| p.bottom));
                }
            }
            points.push((x, layer_y[to_layer]));
            let points: Vec<(usize, usize)> = points.into_iter().map(|(x, y)| (x as usize, y as usize)).collect();
            let label = pin.has_label.then_some((pin.x as usize, bottom as usize + 1));
            if pin.is_up
                && lowest[to].is_none_or(|at| {
                    let other: &Route = &layout.routes[at];
                    other.points[1].1 < points[1].1
                })
            {
                lowest[to] = Some(layout.routes.len());
            }
            layout.routes.push(Route {
                edge: wire.edge,
                to: self.graph.nodes[self.plan.tables[to]].id,
                points,
                label,
                is_up: pin.is_up,
            });
        }
        let has_room = lowest.iter().flatten().count() <= MARKED;
        for route in lowest.iter().flatten().map(|at| &layout.routes[*at]) {
            // Beside the boxes of the layer in the middle, no line runs from left to right.
            let edge = &self.graph.edges[route.edge];
            let layer_of = |id| layout.boxes.iter().position(|b| b.id == id).map_or(0, |at| self.plan.layer[at]);
            let layer = (layer_of(edge.from) + layer_of(route.to)) / 2;
            let (x, y) = (route.points[2].0, layer_y[layer] as usize + 1);
            let text = match edge.is_learn {
                _ if !has_room => "",
                true => " learn",
                false => " loop",
            };
            layout.marks.push(Mark { edge: route.edge, x, y, text });
        }
    }

    /// Puts the tables that have no edge to or from another below the rest; tells the last row.
    fn put_lone(&self, layout: &mut Layout, y: i32, width: usize) -> i32 {
        let limit = (width as i32).max(self.right);
        let (mut x, mut y, mut height) = (0, y, 0);
        for at in self.plan.lone..self.plan.tables.len() {
            let wide = self.sizes.width[at] + self.sizes.stub[at];
            if x > 0 && x + wide > limit {
                (x, y, height) = (0, y + height, 0);
            }
            self.put_box(layout, at, x, y);
            x += wide + 2;
            height = height.max(self.sizes.height[at]);
        }
        y + height
    }
}

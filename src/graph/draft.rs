//! From columns and lines to where everything stands.

use unicode_width::UnicodeWidthStr;

use super::layer::Plan;
use super::layout::{BoxAt, Density, Fit, Layout, Mark, Room, Route, Stub};
use super::order::Order;
use super::place::{Extent, columns};
use super::route::{Boxes, Lines, least_width, lines};
use super::{End, Graph};
use crate::base::safe::visible;

/// What a box needs beside its title: two borders, a sign, a blank; and for its counters.
const AROUND: usize = 4;
const COUNTERS: usize = 11;
const ONE_COUNTER: usize = 6;
/// What stands between a box and the text beside it: `─ 100% ─▶ `.
const STUB_LINE: usize = 10;
/// The columns of a line that leads up, with its word.
const SIDE: i32 = 8;
/// With more lines than these that lead up, none has its word.
const MARKED: usize = 3;

/// A layout of what is drawn in a given order.
pub(super) fn arrange(graph: &Graph, plan: &Plan, order: &Order, room: Room, fit: Fit) -> Layout {
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
        let titles = plan.tables.iter().map(|n| UnicodeWidthStr::width(&*visible(&graph.nodes[*n].title())));
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
            let longest = texts.iter().map(|t| UnicodeWidthStr::width(t.as_str())).max();
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
    if UnicodeWidthStr::width(long.as_str()) <= room { long } else { short }
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
        let texts = layout.stubs.iter().map(|s| s.arrow + 2 + UnicodeWidthStr::width(s.text.as_str()));
        let points = layout.routes.iter().flat_map(|r| &r.points).map(|p| p.0 + 1);
        let marks = layout.marks.iter().map(|m| m.x + 1 + m.text.len());
        let note = layout.left_out.text().map(|text| text.len());
        layout.width = ends.chain(texts).chain(points).chain(marks).chain(note).max().unwrap_or(0);
        layout.height = height as usize + usize::from(note.is_some());
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

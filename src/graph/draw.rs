//! From a layout to characters.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use unicode_width::UnicodeWidthStr;

use super::canvas::{Canvas, Cell, Item};
use super::glyph::{Arms, Charset, Weight};
use super::layout::{BoxAt, Density, Fit, Layout, Route, Stub};
use super::outline::{outline, paint_outline_heading};
use super::{Edge, End, Graph, Heat, Light, Node, READABLE, ShareBy, Sink, percent};
use crate::base::number::short_count;
use crate::base::paint::{Painter, Role, Target};
use crate::base::words::plural;
use crate::model::pipeline::Way;

/// Draws a graph as it was laid out. A layout of another graph gives an empty canvas ([`Layout::is_of`]).
pub fn draw(graph: &Graph, layout: &Layout, charset: Charset) -> Canvas {
    if !layout.is_of(graph) {
        return Canvas::default();
    }
    let canvas = Canvas::new(layout.width, layout.height);
    let hottest = graph.edges.iter().filter(|e| !e.is_hidden).map(|e| e.heat).max().unwrap_or(0);
    let mut pen = Pen { graph, layout, charset, hottest, canvas };
    let lines = pen.lines();
    for at in &layout.boxes {
        pen.table(at, &lines);
    }
    for ((x, y), line) in &lines {
        pen.line(*x, *y, line);
    }
    for stub in &layout.stubs {
        pen.stub(stub);
    }
    for route in &layout.routes {
        pen.ends(route);
    }
    for mark in &layout.marks {
        let (ch, edge) = (charset.arrow(Arms::UP), &graph.edges[mark.edge]);
        let like = Cell { role: pen.edge_role(edge), ..pen.edge_cell(mark.edge) };
        if let Some(cell) = pen.canvas.cell_mut(mark.x, mark.y) {
            cell.ch = ch;
        }
        pen.canvas.write(mark.x + 1, mark.y, mark.text, like);
    }
    if let Some(text) = layout.left_out.text() {
        let like = Cell { role: Role::Warn, ..Cell::BLANK };
        pen.canvas.write(0, layout.height.saturating_sub(1), &text, like);
    }
    pen.canvas.paths = layout.routes.iter().map(|r| (r.edge, cells(r))).collect();
    pen.canvas
}

/// The graph as text, as [`paint`] prints it.
pub fn text(graph: &Graph, fit: Fit, charset: Charset) -> String {
    let mut out = String::new();
    paint(graph, fit, charset, &mut out);
    out
}

/// Prints the drawing, or the outline where the drawing would not be readable; then what is in it and what its signs
/// mean.
pub fn paint(graph: &Graph, fit: Fit, charset: Charset, p: &mut impl Painter) {
    let layout = if graph.visible().count() <= READABLE { Layout::of(graph, fit) } else { Layout::default() };
    if layout.width > 0 && layout.width <= fit.width {
        draw(graph, &layout, charset).paint(p);
    } else {
        paint_outline_heading(graph, p);
        p.text("\n");
        for row in outline(graph) {
            row.paint(fit.width, charset, p);
            p.text("\n");
        }
    }
    for text in [graph.summary(), legend(graph, charset)] {
        paint_words(&text, fit.width, p);
    }
}

/// Prints words with ` | ` between them, in as many lines as they take.
fn paint_words(text: &str, width: usize, p: &mut impl Painter) {
    let mut line = String::new();
    for word in text.split(" | ") {
        if !line.is_empty() && line.width() + 3 + word.width() > width {
            p.dim(&line);
            p.text("\n");
            line.clear();
        }
        line.push_str(if line.is_empty() { "" } else { " | " });
        line.push_str(word);
    }
    p.dim(&line);
    p.text("\n");
}

/// What the signs of a drawing mean, as far as they occur in it.
pub fn legend(graph: &Graph, charset: Charset) -> String {
    let across = |weight| charset.line(Arms([Weight::None, weight, Weight::None, weight]));
    let edges = || graph.edges.iter().filter(|e| !e.is_hidden);
    let by_flows = |e: &Edge| graph.node(e.from).is_some_and(|n| n.share_by == ShareBy::Flows);
    let mut words = vec!["%: share of the table's packets".to_owned()];
    if edges().any(by_flows) {
        words.push("f: % of its flows, it has no packets".to_owned());
    }
    if edges().any(|e| e.heat > 0) {
        words.push(format!("{}: a quarter of the most or more", across(Weight::Heavy)));
    }
    if edges().any(|e| e.is_learn) {
        words.push(format!("{}: learns flows there", across(Weight::Dotted)));
    }
    if graph.visible().any(|n| n.missed > 0) {
        words.push("!: packets no flow wanted".to_owned());
    }
    words.join(" | ")
}

/// What lines are in a cell.
#[derive(Debug, Clone, Copy)]
struct Line {
    arms: Arms,
    /// The edge that shows: the one that is lit up, else the hottest.
    edge: usize,
}

struct Pen<'a> {
    graph: &'a Graph,
    layout: &'a Layout,
    charset: Charset,
    hottest: u64,
    canvas: Canvas,
}

impl Pen<'_> {
    /// An edge is heavy that has at least a quarter of what the hottest has.
    fn weight(&self, edge: &Edge) -> Weight {
        match () {
            _ if edge.is_learn => Weight::Dotted,
            _ if edge.heat > 0 && edge.heat >= self.hottest.div_ceil(4) => Weight::Heavy,
            _ => Weight::Light,
        }
    }

    fn edge_cell(&self, edge: usize) -> Cell {
        let target = match self.graph.edges[edge].to {
            End::Table(id) => Some(Target::Table(id)),
            End::Sink(Sink::Out) => self.graph.edges[edge].numbers.first().map(|n| Target::Port(*n)),
            End::Sink(Sink::Group) => self.graph.edges[edge].numbers.first().map(|n| Target::Group(*n)),
            End::Sink(_) => None,
        };
        // Several ports are not one place to go.
        let target = target.filter(|_| self.graph.edges[edge].numbers.len() <= 1);
        Cell { ch: ' ', role: Role::Text, target, item: Some(Item::Edge(edge)) }
    }

    fn edge_role(&self, edge: &Edge) -> Role {
        let is_idle = self.graph.has_counters && edge.sum.packets == 0;
        match edge.light {
            Light::Faded => Role::Dim,
            Light::Lit => Role::Accent,
            Light::Plain if edge.is_loop => Role::Warn,
            Light::Plain if is_idle => Role::Dim,
            Light::Plain => match edge.to {
                End::Sink(Sink::Drop) => Role::Drop,
                End::Sink(Sink::Group) => Role::Bad,
                End::Sink(Sink::Return) => Role::Dim,
                End::Sink(_) => Role::Output,
                End::Table(_) if edge.ways.iter().any(|(way, _)| *way == Way::Ct) => Role::Ct,
                End::Table(_) => Role::Goto,
            },
        }
    }

    fn node_role(&self, node: &Node) -> Role {
        match node.light {
            Light::Faded => Role::Dim,
            Light::Lit => Role::Accent,
            Light::Plain if node.is_idle => Role::Dim,
            Light::Plain => Role::Text,
        }
    }

    /// What lines are in which cell. Lines to one table run together; of lines to different tables, the one that goes
    /// up and down is seen where they cross.
    fn lines(&self) -> FxHashMap<(usize, usize), Line> {
        let mut routes: Vec<&Route> = self.layout.routes.iter().collect();
        routes.sort_by_key(|r| {
            let edge = &self.graph.edges[r.edge];
            (r.to, Reverse((edge.light, edge.heat)), r.edge)
        });
        let mut all: FxHashMap<(usize, usize), Line> = FxHashMap::default();
        for routes in routes.chunk_by(|a, b| a.to == b.to) {
            let mut together: FxHashMap<(usize, usize), Line> = FxHashMap::default();
            for route in routes {
                let weight = self.weight(&self.graph.edges[route.edge]);
                for step in cells(route).windows(2) {
                    let (from, to) = (step[0], step[1]);
                    let (out, back) = match () {
                        _ if to.1 < from.1 => (Arms::UP, Arms::DOWN),
                        _ if to.1 > from.1 => (Arms::DOWN, Arms::UP),
                        _ if to.0 > from.0 => (Arms::RIGHT, Arms::LEFT),
                        _ => (Arms::LEFT, Arms::RIGHT),
                    };
                    for (at, arm) in [(from, out), (to, back)] {
                        let line = together.entry(at).or_insert(Line { arms: Arms::default(), edge: route.edge });
                        line.arms.draw(arm, weight);
                    }
                }
            }
            for (at, line) in together {
                let seen = all.entry(at).or_insert(line);
                *seen = match () {
                    _ if seen.arms.is_across() && line.arms.is_downwards() => line,
                    _ if seen.arms.is_downwards() && line.arms.is_across() => *seen,
                    _ => Line { arms: seen.arms.with(line.arms), edge: seen.edge },
                };
            }
        }
        all
    }

    fn line(&mut self, x: usize, y: usize, line: &Line) {
        let is_border = self.layout.boxes.iter().any(|b| b.contains(x, y));
        let cell = Cell {
            ch: self.charset.line(line.arms),
            role: self.edge_role(&self.graph.edges[line.edge]),
            ..self.edge_cell(line.edge)
        };
        if let Some(place) = self.canvas.cell_mut(x, y).filter(|_| !is_border) {
            *place = cell;
        }
    }

    /// The share beside the start of an edge, and the head of the arrow at its end.
    fn ends(&mut self, route: &Route) {
        let edge = &self.graph.edges[route.edge];
        let like = Cell { role: self.edge_role(edge), ..self.edge_cell(route.edge) };
        if let Some((x, y)) = route.label {
            let text = self.share(edge);
            self.canvas.write(x.saturating_sub(text.len()), y, &text, like);
        }
        if let Some((x, y)) = route.points.last().copied() {
            let ch = self.charset.arrow(Arms::DOWN);
            if let Some(cell) = self.canvas.cell_mut(x, y) {
                cell.ch = ch;
            }
        }
    }

    /// The share of an edge in at most four characters; `f` for a share of flows.
    fn share(&self, edge: &Edge) -> String {
        let by = self.graph.node(edge.from).map_or(ShareBy::Packets, |n| n.share_by);
        let share = percent(edge.share);
        match by {
            ShareBy::Packets => share,
            ShareBy::Flows => share.replace('%', "f"),
        }
    }

    fn stub(&mut self, stub: &Stub) {
        let edge = &self.graph.edges[stub.edge];
        let like = Cell { role: self.edge_role(edge), ..self.edge_cell(stub.edge) };
        let weight = self.weight(edge);
        let dash = self.charset.line(Arms([Weight::None, weight, Weight::None, weight]));
        let share = self.share(edge);
        let mut text = format!("{dash} {share} ");
        while unicode_width::UnicodeWidthStr::width(text.as_str()) < stub.arrow - stub.x {
            text.push(dash);
        }
        text.push(self.charset.arrow(Arms::RIGHT));
        text.push(' ');
        text.push_str(&stub.text);
        self.canvas.write(stub.x, stub.y, &text, like);
    }

    /// A table's box, with the lines that touch its border.
    fn table(&mut self, at: &BoxAt, lines: &FxHashMap<(usize, usize), Line>) {
        let node = &self.graph.nodes[at.node];
        let role = self.node_role(node);
        let like = Cell { ch: ' ', role, target: Some(Target::Table(at.id)), item: Some(Item::Node(at.node)) };
        let border = Cell { role: if role == Role::Text { Role::Dim } else { role }, ..like };
        let (right, bottom) = (at.x + at.width - 1, at.y + at.height - 1);
        for y in at.y..=bottom {
            for x in at.x..=right {
                let mut arms = Arms::default();
                if y == at.y || y == bottom {
                    arms = arms.with(Arms::ACROSS);
                }
                if x == at.x || x == right {
                    arms = arms.with(Arms::DOWNWARDS);
                }
                for (arm, is_outside) in [
                    (Arms::UP, y == at.y),
                    (Arms::RIGHT, x == right),
                    (Arms::DOWN, y == bottom),
                    (Arms::LEFT, x == at.x),
                ] {
                    if is_outside {
                        arms.0[arm] = Weight::None;
                    }
                }
                if let Some(line) = lines.get(&(x, y)) {
                    let [up, _, down, _] = line.arms.0;
                    arms = arms.with(Arms([up, Weight::None, down, Weight::None]));
                }
                let ch = self.charset.line(arms);
                if let Some(cell) = self.canvas.cell_mut(x, y) {
                    *cell = Cell { ch, ..border };
                }
            }
        }
        for stub in self.layout.stubs.iter().filter(|s| s.x == right + 1 && (at.y..=bottom).contains(&s.y)) {
            let weight = self.weight(&self.graph.edges[stub.edge]);
            let arms = Arms::DOWNWARDS.with(Arms([Weight::None, weight, Weight::None, Weight::None]));
            let ch = self.charset.line(arms);
            if let Some(cell) = self.canvas.cell_mut(right, stub.y) {
                cell.ch = if self.charset == Charset::Ascii { '|' } else { ch };
            }
        }
        if node.missed > 0 {
            self.canvas.write(at.x + 1, at.y + 1, "!", Cell { role: Role::Warn, ..like });
        }
        self.words(at, node, like);
    }

    /// Writes what stands in a box.
    fn words(&mut self, at: &BoxAt, node: &Node, like: Cell) {
        let words = Words::of(self.graph, node, at.width - 4, self.layout.density, self.charset);
        let quiet = Cell { role: if like.role == Role::Text { Role::Dim } else { like.role }, ..like };
        let row = at.y + if self.layout.density == Density::Full { 2 } else { 1 };
        let end = at.x + at.width - 2;
        self.canvas.write(at.x + 2, at.y + 1, &words.title, like);
        self.canvas.write(at.x + 2, row, &words.flows, quiet);
        self.canvas.write(end.saturating_sub(words.heat.len()), row, &words.heat, like);
    }
}

/// What stands in a box: number and name, how many flows, and its heat. In compact boxes the flows are left out.
pub(super) struct Words {
    pub title: String,
    pub flows: String,
    pub heat: String,
}

impl Words {
    /// The words for a box with so many columns inside.
    pub fn of(graph: &Graph, node: &Node, inside: usize, density: Density, charset: Charset) -> Words {
        let (heat, unit) = match graph.heat {
            Heat::Packets | Heat::Flows => (node.sum.packets, " pkt"),
            Heat::Bytes => (node.sum.bytes, "B"),
            Heat::Drops => (node.dropped, " dropped"),
        };
        let heat = if graph.has_counters { short_count(heat) } else { String::new() };
        if density == Density::Compact {
            let title = charset.fit(&node.title(), inside.saturating_sub(heat.len().max(5) + 1));
            return Words { title, flows: String::new(), heat };
        }
        let title = charset.fit(&node.title(), inside);
        let flows = short_count(node.sum.flows);
        let long = format!("{flows} {}", plural(node.sum.flows, "flow"));
        let long_heat = if heat.is_empty() { String::new() } else { format!("{heat}{unit}") };
        match () {
            _ if inside > 20 && long.len() + 1 + long_heat.len() <= inside => {
                Words { title, flows: long, heat: long_heat }
            }
            _ if flows.len() + 1 + heat.len() <= inside => Words { title, flows, heat },
            // A counter that is longer than any real one takes the room of the other.
            _ => Words { title, flows: String::new(), heat },
        }
    }
}

/// The cells of an edge from its start to its end.
fn cells(route: &Route) -> Vec<(usize, usize)> {
    let mut cells: Vec<(usize, usize)> = route.points.first().copied().into_iter().collect();
    for pair in route.points.windows(2) {
        let ((mut x, mut y), to) = (pair[0], pair[1]);
        while (x, y) != to {
            x = if x < to.0 { x + 1 } else { x - usize::from(x > to.0) };
            y = if y < to.1 { y + 1 } else { y - usize::from(y > to.1) };
            cells.push((x, y));
        }
    }
    cells
}

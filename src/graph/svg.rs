//! The drawing as SVG: one file that needs nothing else, for light and dark pages.
//!
//! It has the same layout as the drawing in characters; a cell is [`CELL`] pixels. Tooltips are `title` elements, and
//! an edge is a link to its table. Colours are written twice, for light and dark, without variables, because not every
//! program that shows SVG knows those.

use std::fmt::Write;

use super::draw::Words;
use super::glyph::Charset;
use super::layout::{BoxAt, Density, Layout, Route, Stub};
use super::{Edge, End, Graph, Light, ShareBy, Sink, percent};
use crate::base::number::grouped;
use crate::base::safe::visible;
use crate::base::words::counted;
use crate::model::pipeline::Way;

/// The width and height of a cell in pixels.
const CELL: (f64, f64) = (8.0, 17.0);
/// How round corners are, in pixels.
const ROUND: f64 = 5.0;

const STYLE: &str = "\
text{font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#1f2328;white-space:pre}
.bg{fill:#fff}.box{fill:#f6f8fa;stroke:#57606a}.quiet{fill:#656d76}.warn{fill:#bc4c00}
.e{fill:none;stroke:#57606a}.h{fill:#57606a}
.ct .e{stroke:#0b7285}.ct .h{fill:#0b7285}
.loop .e{stroke:#9a6700}.loop .h,.loop text{fill:#9a6700}
.drop .e{stroke:#b00020}.drop .h,.drop text{fill:#b00020}
.out .e{stroke:#1a7f37}.out .h,.out text{fill:#1a7f37}
.lit .box{stroke-width:3;stroke:#0969da}.lit .e{stroke:#0969da}.lit .h{fill:#0969da}
.idle{opacity:.55}.faded{opacity:.25}.learn .e{stroke-dasharray:2 4}
a:hover .e,g:hover>.e{stroke:#0969da}
@media(prefers-color-scheme:dark){
text{fill:#e6edf3}.bg{fill:#0d1117}.box{fill:#161b22;stroke:#8b949e}.quiet{fill:#8b949e}.warn{fill:#f0883e}
.e{stroke:#8b949e}.h{fill:#8b949e}
.ct .e{stroke:#39c5cf}.ct .h{fill:#39c5cf}
.loop .e{stroke:#d29922}.loop .h,.loop text{fill:#d29922}
.drop .e{stroke:#ff7b72}.drop .h,.drop text{fill:#ff7b72}
.out .e{stroke:#56d364}.out .h,.out text{fill:#56d364}
.lit .box,.lit .e{stroke:#58a6ff}.lit .h{fill:#58a6ff}
}
";

/// The drawing of a graph as it was laid out. A layout of another graph gives an empty text ([`Layout::is_of`]).
pub fn svg(graph: &Graph, layout: &Layout) -> String {
    if !layout.is_of(graph) {
        return String::new();
    }
    let hottest = graph.edges.iter().filter(|e| !e.is_hidden).map(|e| e.heat).max().unwrap_or(0);
    let mut out = String::new();
    let summary = escaped(&graph.summary());
    let (width, height) = ((layout.width + 4) as f64 * CELL.0, (layout.height + 4) as f64 * CELL.1);
    let name = escaped(if graph.bridge.is_empty() { "pipeline" } else { &graph.bridge });
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\">\n<title>{name}</title>\n<desc>{summary}</desc>\n<style>\n{STYLE}</style>\n\
         <rect class=\"bg\" width=\"100%\" height=\"100%\"/>\n<g transform=\"translate({} {})\">\n",
        2.0 * CELL.0,
        1.5 * CELL.1,
    );
    let pen = Pen { graph, layout, hottest };
    let mut routes: Vec<&Route> = layout.routes.iter().collect();
    // What is lit up or hot lies on top.
    routes.sort_by_key(|r| (graph.edges[r.edge].light, graph.edges[r.edge].heat, r.edge));
    for route in routes {
        pen.route(route, &mut out);
    }
    for at in &layout.boxes {
        pen.table(at, &mut out);
    }
    for stub in &layout.stubs {
        pen.stub(stub, &mut out);
    }
    for mark in &layout.marks {
        let (x, y) = middle(mark.x, mark.y);
        let class = pen.class(&graph.edges[mark.edge]);
        let _ = write!(out, "<g class=\"{class}\"><path class=\"h\" d=\"M{x} {}l-5 9h10z\"/>", y - 6.0);
        text(mark.x as f64 + 1.5, mark.y, "", mark.text.trim(), &mut out);
        out.push_str("</g>\n");
    }
    if let Some(note) = layout.left_out.text() {
        text(0.0, layout.height - 1, "warn", &note, &mut out);
    }
    text(0.0, layout.height + 1, "quiet", &graph.summary(), &mut out);
    out.push_str("</g>\n</svg>\n");
    out
}

/// How thick an edge is, from 0 to 1, on a log scale.
pub(super) fn thickness(heat: u64, hottest: u64) -> f64 {
    if heat == 0 { 0.0 } else { (heat as f64).ln_1p() / (hottest.max(heat) as f64).ln_1p() }
}

/// The middle of a cell in pixels.
fn middle(x: usize, y: usize) -> (f64, f64) {
    ((x as f64 + 0.5) * CELL.0, (y as f64 + 0.5) * CELL.1)
}

/// A text that begins in a column.
fn text(x: f64, y: usize, class: &str, text: &str, out: &mut String) {
    if text.is_empty() {
        return;
    }
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let y = (y as f64 + 0.5) * CELL.1 + 4.5;
    let _ = write!(out, "<text{class} x=\"{}\" y=\"{y}\">{}</text>", x * CELL.0, escaped(text));
}

/// The same, ending in front of a column.
fn text_before(x: f64, y: usize, text: &str, out: &mut String) {
    let y = (y as f64 + 0.5) * CELL.1 + 4.5;
    let _ = write!(out, "<text text-anchor=\"end\" x=\"{}\" y=\"{y}\">{}</text>", x * CELL.0, escaped(text));
}

/// Text fit for the content of an element and for an attribute. Control characters are written out before; XML has no
/// place for the two noncharacters either.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

struct Pen<'a> {
    graph: &'a Graph,
    layout: &'a Layout,
    hottest: u64,
}

impl Pen<'_> {
    fn class(&self, edge: &Edge) -> String {
        let mut class = match edge.to {
            _ if edge.is_loop => "loop",
            End::Sink(Sink::Drop) => "drop",
            End::Sink(Sink::Return) => "return",
            End::Sink(_) => "out",
            End::Table(_) if edge.ways.iter().any(|(way, _)| *way == Way::Ct) => "ct",
            End::Table(_) => "goto",
        }
        .to_owned();
        if edge.is_learn {
            class.push_str(" learn");
        }
        match edge.light {
            Light::Faded => class.push_str(" faded"),
            Light::Lit => class.push_str(" lit"),
            Light::Plain if self.graph.has_counters && edge.sum.packets == 0 => class.push_str(" idle"),
            Light::Plain => {}
        }
        class
    }

    fn share(&self, edge: &Edge) -> String {
        match self.graph.node(edge.from).map(|n| n.share_by) {
            Some(ShareBy::Flows) => percent(edge.share).replace('%', "f"),
            _ => percent(edge.share),
        }
    }

    /// An edge in a sentence.
    fn tooltip(&self, edge: &Edge) -> String {
        let by_flows = self.graph.node(edge.from).is_some_and(|n| n.share_by == ShareBy::Flows);
        let what = if by_flows { "flows" } else { "packets" };
        let share = format!("{} of the {what} of table {}", percent(edge.share), edge.from);
        let packets = match self.graph.has_counters {
            true => format!(", {}, {}", counted(edge.sum.packets, "packet"), counted(edge.sum.bytes, "byte")),
            false => String::new(),
        };
        let (end, flows) = (self.graph.end_text(edge), counted(edge.sum.flows, "flow"));
        escaped(&format!("{} to {end}: {}, {share}, {flows}{packets}", edge.from, edge.way_names()))
    }

    fn stroke(&self, edge: &Edge) -> f64 {
        1.0 + (thickness(edge.heat, self.hottest) * 30.0).round() / 10.0
    }

    fn route(&self, route: &Route, out: &mut String) {
        let edge = &self.graph.edges[route.edge];
        let points: Vec<(f64, f64)> = route.points.iter().map(|(x, y)| middle(*x, *y)).collect();
        let mut path = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let corner = at.checked_sub(1).and_then(|before| Some((points[before], *points.get(at + 1)?)));
            let _ = match corner {
                // Corners are cut off and rounded, by half of a short side at most.
                Some((before, after)) => {
                    let (from, to) = (near((*x, *y), before), near((*x, *y), after));
                    write!(path, "L{} {}Q{x} {y} {} {}", from.0, from.1, to.0, to.1)
                }
                None if at == 0 => write!(path, "M{x} {y}"),
                None => write!(path, "L{x} {}", y - 6.0),
            };
        }
        let class = self.class(edge);
        let _ = write!(
            out,
            "<a href=\"#t{}\"><g class=\"{class}\"><title>{}</title>\
             <path class=\"e\" stroke-width=\"{}\" d=\"{path}\"/>",
            route.to,
            self.tooltip(edge),
            self.stroke(edge)
        );
        if let Some((x, y)) = points.last() {
            let _ = write!(out, "<path class=\"h\" d=\"M{x} {y}l-5 -9h10z\"/>");
        }
        if let Some((x, y)) = route.label {
            text_before(x as f64, y, &self.share(edge), out);
        }
        out.push_str("</g></a>\n");
    }

    fn stub(&self, stub: &Stub, out: &mut String) {
        let edge = &self.graph.edges[stub.edge];
        let (x, y) = middle(stub.x, stub.y);
        let (end, _) = middle(stub.arrow, stub.y);
        let line = |from: f64, to: f64| format!("M{from} {y}H{to}");
        let share = self.share(edge);
        let text_from = stub.x as f64 + 1.5;
        let text_to = (text_from + share.len() as f64 + 0.5) * CELL.0;
        let _ = write!(
            out,
            "<g class=\"{}\"><title>{}</title><path class=\"e\" stroke-width=\"{}\" d=\"{}{}\"/>\
             <path class=\"h\" d=\"M{} {y}l-9 -5v10z\"/>",
            self.class(edge),
            self.tooltip(edge),
            self.stroke(edge),
            line(x - CELL.0, text_from * CELL.0 - 3.0),
            line(text_to, end - 4.0),
            end + 4.0
        );
        text(text_from, stub.y, "", &share, out);
        text(stub.arrow as f64 + 2.0, stub.y, "", &stub.text, out);
        out.push_str("</g>\n");
    }

    fn table(&self, at: &BoxAt, out: &mut String) {
        let node = &self.graph.nodes[at.node];
        let light = match node.light {
            Light::Faded => " faded",
            Light::Lit => " lit",
            Light::Plain if node.is_idle => " idle",
            Light::Plain => "",
        };
        let (x, y) = middle(at.x, at.y);
        let (right, bottom) = middle(at.x + at.width - 1, at.y + at.height - 1);
        let mut tooltip = format!("table {}: {}", node.title(), counted(node.sum.flows, "flow"));
        if self.graph.has_counters {
            let _ = write!(
                tooltip,
                ", {}, {}, {} missed",
                counted(node.sum.packets, "packet"),
                counted(node.sum.bytes, "byte"),
                grouped(node.missed)
            );
        }
        let _ = write!(
            out,
            "<g class=\"table{light}\" id=\"t{}\"><title>{}</title><rect class=\"box\" x=\"{x}\" y=\"{y}\" \
             width=\"{}\" height=\"{}\" rx=\"4\"/>",
            node.id,
            escaped(&tooltip),
            right - x,
            bottom - y
        );
        if node.missed > 0 {
            text(at.x as f64 + 1.0, at.y + 1, "warn", "!", out);
        }
        let words = Words::of(self.graph, node, at.width - 4, self.layout.density, Charset::Unicode);
        let row = at.y + if self.layout.density == Density::Full { 2 } else { 1 };
        text(at.x as f64 + 2.0, at.y + 1, "", &words.title, out);
        text(at.x as f64 + 2.0, row, "quiet", &words.flows, out);
        text_before((at.x + at.width - 2) as f64, row, &words.heat, out);
        out.push_str("</g>\n");
    }
}

/// A point near a corner on the way to another.
fn near(corner: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    let (dx, dy) = (other.0 - corner.0, other.1 - corner.1);
    let far = dx.abs() + dy.abs();
    let by = if far == 0.0 { 0.0 } else { (far / 2.0).min(ROUND) / far };
    (corner.0 + dx * by, corner.1 + dy * by)
}

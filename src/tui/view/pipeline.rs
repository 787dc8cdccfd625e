//! Screen 2: the pipeline.

use ratatui::layout::Rect;

use super::super::geometry::{self, WIDE};
use super::super::line::{Row, Wrapped};
use super::super::state::State;
use super::super::update::is_drawn;
use super::super::views::PipelineView;
use super::sheet::Sheet;
use crate::base::number::{grouped, short_count};
use crate::base::paint::{Painter, Role};
use crate::base::words::counted;
use crate::explain;
use crate::graph::{self, Graph, edge_rows, outline, paint_outline_heading};

/// Draws it.
pub fn draw(state: &State, view: &PipelineView, body: Rect, sheet: &mut Sheet<'_>) {
    let Some(graph) = &view.graph else {
        return sheet.row(body, &Row::of(Role::Dim, " following every flow .."));
    };
    if graph.nodes.is_empty() {
        return sheet.row(body, &Row::of(Role::Dim, " this bridge has no flows"));
    }
    let (main, side) = geometry::pipeline(body, view.has_inspector);
    if is_drawn(view, body.width) {
        drawing(view, graph, main, sheet);
    } else {
        lines(view, graph, main, sheet);
    }
    let Some(side) = side else { return };
    if body.width >= WIDE { inspector(state, view, graph, side, sheet) } else { edges(state, view, graph, side, sheet) }
}

fn lines(view: &PipelineView, graph: &Graph, at: Rect, sheet: &mut Sheet<'_>) {
    let mut heading = Row::new();
    paint_outline_heading(graph, &mut heading);
    let width = usize::from(at.width);
    heading.fit(width, sheet.look.glyphs.cut);
    sheet.row(Rect { height: 1, ..at }, &Row::of(Role::Dim, &heading.plain()));
    let rows = outline(graph);
    let top = view.scroll.0.min(rows.len());
    for (y, line) in (at.y + 1..at.bottom()).zip(&rows[top..]) {
        let is_here = view.table == Some(line.id);
        let mut row = Row::of(Role::Accent, if is_here { ">" } else { " " });
        line.paint(width.saturating_sub(1), sheet.look.charset, &mut row);
        row.fit(width, sheet.look.glyphs.cut);
        let place = Rect { y, height: 1, ..at };
        if is_here { sheet.under_cursor(place, &row, true) } else { sheet.row(place, &row) }
    }
}

fn drawing(view: &PipelineView, graph: &Graph, at: Rect, sheet: &mut Sheet<'_>) {
    let Some((_, layout)) = &view.layout else { return };
    let canvas = graph::draw(graph, layout, sheet.look.charset);
    let (top, left) = view.scroll;
    for y in 0..usize::from(at.height) {
        if top + y >= canvas.height() {
            break;
        }
        let mut row = Row::new();
        canvas.paint_row(top + y, left, left + usize::from(at.width), &mut row);
        sheet.row(Rect::new(at.x, at.y + y as u16, at.width, 1), &row);
    }
    let on_screen = |x: usize, y: usize| {
        let (x, y) = (x.checked_sub(left)?, y.checked_sub(top)?);
        let fits = x < usize::from(at.width) && y < usize::from(at.height);
        fits.then(|| (at.x + x as u16, at.y + y as u16))
    };
    if let Some(edge) = view.edge {
        for (x, y) in canvas.path(edge) {
            if let Some((x, y)) = on_screen(*x, *y) {
                sheet.reverse(Rect::new(x, y, 1, 1));
            }
        }
        if let Some(stub) = layout.stubs.iter().find(|s| s.edge == edge) {
            for x in stub.x..stub.x + stub.arrow + 1 + stub.text.chars().count() {
                if let Some((x, y)) = on_screen(x, stub.y) {
                    sheet.reverse(Rect::new(x, y, 1, 1));
                }
            }
        }
    }
    if let Some(here) = view.table.and_then(|id| layout.box_of(id)) {
        // The title inside the box is what the cursor stands on.
        for x in here.x + 1..(here.x + here.width).saturating_sub(1) {
            let y = if here.height > 2 { here.y + 1 } else { here.y };
            if let Some((x, y)) = on_screen(x, y) {
                sheet.reverse(Rect::new(x, y, 1, 1));
            }
        }
        sheet.cursor = on_screen(here.x + 1, here.y + usize::from(here.height > 2));
    }
}

/// The edges of the table under the cursor, below the outline.
fn edges(state: &State, view: &PipelineView, graph: &Graph, at: Rect, sheet: &mut Sheet<'_>) {
    let (Some(id), Some(bridge)) = (view.table, view.spot.bridge(&state.scene)) else { return };
    let title = graph.node(id).map_or_else(|| id.to_string(), graph::Node::title);
    let mut rows = vec![Row::of(Role::Accent, &format!(" EDGES of T{title}"))];
    rows.extend(edge_lines(view, graph, bridge, id, at.width, sheet.look.charset));
    sheet.lines(at, &rows);
}

fn edge_lines(
    view: &PipelineView,
    graph: &Graph,
    bridge: &crate::model::bridge::Bridge,
    id: u8,
    width: u16,
    charset: graph::Charset,
) -> Vec<Row> {
    let mut rows = edge_rows(graph, bridge, id);
    // The edge that is pointed at stands first, so that it is always there.
    if let Some(at) = rows.iter().position(|row| Some(row.edge) == view.edge) {
        rows[..=at].rotate_right(1);
    }
    let line = |edge: &graph::EdgeRow| {
        let is_here = view.edge == Some(edge.edge);
        let mut row = Row::of(Role::Accent, if is_here { ">" } else { " " });
        edge.paint(usize::from(width).saturating_sub(1), charset, &mut row);
        row
    };
    rows.iter().map(line).collect()
}

/// The pane about the table under the cursor.
fn inspector(state: &State, view: &PipelineView, graph: &Graph, at: Rect, sheet: &mut Sheet<'_>) {
    let (Some(id), Some(bridge)) = (view.table, view.spot.bridge(&state.scene)) else { return };
    let Some(node) = graph.node(id) else { return };
    let inner = sheet.boxed(at, &format!("T{}", node.title()), "i hides", false);
    let width = usize::from(inner.width);
    let mut rows: Vec<Row> = Vec::new();
    let words = view.words.as_ref().filter(|(of, _)| *of == id).map(|(_, words)| words);
    let mut line = Row::new();
    line.text(&format!("{} flows", grouped(node.sum.flows)));
    if let Some(words) = words {
        line.text(&format!(", {} priorities", words.priorities));
    }
    rows.push(line);
    if graph.has_counters {
        let mut line = Row::of(Role::Text, &format!("{} packets in", short_count(node.sum.packets)));
        line.put(
            if node.missed > 0 { Role::Warn } else { Role::Dim },
            &format!(", {} missed", short_count(node.missed)),
        );
        line.put(
            if node.dropped > 0 { Role::Drop } else { Role::Dim },
            &format!(", {} dropped", short_count(node.dropped)),
        );
        rows.push(line);
    }
    if let Some(words) = words {
        rows.push(Row::new());
        let mut wrapped = Wrapped::new(width, 0);
        explain::paint(&words.summary, &mut wrapped);
        rows.extend(wrapped.finish());
        rows.push(Row::new());
        rows.push(Row::of(Role::Dim, " PRIO FLOWS PACKETS  MATCHES ON"));
        let room = usize::from(inner.height).saturating_sub(rows.len() + 10).max(3);
        for shape in words.shapes.iter().take(room) {
            let mut row = Row::of(Role::Text, &format!("{:>5} {:>5} ", shape.priority, short_count(shape.flows)));
            row.put(
                if shape.packets > 0 { Role::Text } else { Role::Dim },
                &format!("{:>7}  ", short_count(shape.packets)),
            );
            let fields = if shape.fields.is_empty() { "(anything)".to_owned() } else { shape.fields.join(",") };
            row.put(Role::Reg, &fields);
            rows.push(row);
        }
        if words.shapes.len() > room {
            rows.push(Row::of(Role::Dim, &format!("      and {} more", words.shapes.len() - room)));
        }
    }
    rows.push(Row::new());
    let edges = edge_rows(graph, bridge, id);
    for edge in &edges {
        let is_here = view.edge == Some(edge.edge);
        let mut row = Row::of(Role::Accent, if is_here { ">" } else { " " });
        row.dim(if edge.is_in { "from " } else { "to   " });
        row.put(if edge.is_in { Role::Goto } else { edge.role }, &format!("{:<8} ", edge.end));
        row.text(&edge.packets.map_or(String::new(), |n| format!("{:>6} ", short_count(n))));
        if !edge.is_in {
            row.dim(&format!("{:>4} ", graph::percent(edge.share)));
        }
        row.dim(&format!("{} {}", counted(edge.flows as usize, "flow"), edge.ways));
        rows.push(row);
    }
    if let Some(words) = words.filter(|w| !w.writes.is_empty()) {
        rows.push(Row::new());
        for written in &words.writes {
            let mut row = Row::of(Role::Dim, "writes ");
            row.put(Role::Reg, written.field.name);
            if !written.carries.is_empty() {
                row.text(&format!(" = {}", written.carries));
            }
            if !written.read_by.is_empty() {
                let readers: Vec<String> = written.read_by.iter().map(|r| r.table.to_string()).collect();
                row.dim(&format!(", read by {}", readers.join(" ")));
            }
            rows.push(row);
        }
    }
    sheet.lines(inner, &rows);
}

//! A grid of cells, each with a character, what it means, where it leads and what it is part of.

use crate::base::paint::{Painter, Role, Target};

/// What a cell is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// A table's box: its place in [`Graph::nodes`](super::Graph::nodes).
    Node(usize),
    /// An edge: its place in [`Graph::edges`](super::Graph::edges). Where edges to one table run together, this is the
    /// largest of them.
    Edge(usize),
}

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The character; NUL behind a character that takes two columns.
    pub ch: char,
    /// What it means.
    pub role: Role,
    /// Where it leads.
    pub target: Option<Target>,
    /// What it is part of.
    pub item: Option<Item>,
}

impl Cell {
    /// A cell without anything.
    pub const BLANK: Cell = Cell { ch: ' ', role: Role::Text, target: None, item: None };
}

/// A drawing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Canvas {
    width: usize,
    cells: Vec<Cell>,
    /// The cells of each edge that runs from box to box, by its place in the graph.
    pub(super) paths: Vec<(usize, Vec<(usize, usize)>)>,
}

impl Canvas {
    /// A blank canvas.
    pub(super) fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, cells: vec![Cell::BLANK; width * height], paths: Vec::new() }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.cells.len().checked_div(self.width).unwrap_or(0)
    }

    /// A cell; a blank one outside.
    pub fn cell(&self, x: usize, y: usize) -> Cell {
        if x < self.width { self.cells.get(y * self.width + x).copied().unwrap_or(Cell::BLANK) } else { Cell::BLANK }
    }

    /// The cells of a row; none outside.
    pub fn row(&self, y: usize) -> &[Cell] {
        self.cells.get(y * self.width..(y + 1) * self.width).unwrap_or(&[])
    }

    /// All cells of an edge from box to box, from its start to its end, borders included. The cells of edges that run
    /// together are those of each.
    pub fn path(&self, edge: usize) -> &[(usize, usize)] {
        let at = self.paths.binary_search_by_key(&edge, |(e, _)| *e);
        at.map_or(&[], |at| &self.paths[at].1)
    }

    /// Prints the columns `from..to` of a row, without blanks at the end.
    pub fn paint_row(&self, y: usize, from: usize, to: usize, p: &mut impl Painter) {
        let row = self.row(y);
        let row = &row[from.min(row.len())..to.min(row.len())];
        let end = row.iter().rposition(|c| c.ch != ' ').map_or(0, |at| at + 1);
        for run in row[..end].chunk_by(|a, b| (a.role, a.target) == (b.role, b.target)) {
            let text: String = run.iter().map(|c| c.ch).filter(|c| *c != '\0').collect();
            match run[0].target {
                Some(target) => p.link(target, run[0].role, &text),
                None => p.put(run[0].role, &text),
            }
        }
    }

    /// Prints all of it, a line for each row.
    pub fn paint(&self, p: &mut impl Painter) {
        for y in 0..self.height() {
            self.paint_row(y, 0, self.width, p);
            p.text("\n");
        }
    }

    /// The characters alone.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.paint(&mut text);
        text
    }

    pub(super) fn cell_mut(&mut self, x: usize, y: usize) -> Option<&mut Cell> {
        if x < self.width { self.cells.get_mut(y * self.width + x) } else { None }
    }

    /// Writes a text into a row, from a column on. Control characters must have been written out before.
    pub(super) fn write(&mut self, x: usize, y: usize, text: &str, like: Cell) {
        let mut x = x;
        for ch in text.chars() {
            let wide = unicode_width::UnicodeWidthChar::width(ch).unwrap_or(0);
            if wide == 0 {
                continue;
            }
            for (step, ch) in [ch, '\0'].into_iter().take(wide).enumerate() {
                if let Some(cell) = self.cell_mut(x + step, y) {
                    *cell = Cell { ch, ..like };
                }
            }
            x += wide;
        }
    }
}

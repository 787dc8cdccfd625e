//! Rows of text in columns.

use unicode_width::UnicodeWidthStr;

use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// What stands in one column of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What it means.
    pub role: Role,
    /// The text, fit to be shown.
    pub text: String,
}

/// Text that means something; `-` if there is none.
pub fn field(role: Role, text: impl AsRef<str>) -> Field {
    match text.as_ref() {
        "" => Field { role: Role::Dim, text: "-".to_owned() },
        text => Field { role, text: visible(text).into_owned() },
    }
}

/// A count as it is; `-` if nobody knows it.
pub fn count(n: Option<u64>) -> Field {
    field(Role::Text, n.map(|n| n.to_string()).unwrap_or_default())
}

/// Rows with a heading.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    heads: Vec<(&'static str, Side)>,
    rows: Vec<Vec<Field>>,
}

impl Columns {
    /// With these columns.
    pub fn new(heads: &[(&'static str, Side)]) -> Columns {
        Columns { heads: heads.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, a field for each column.
    pub fn push(&mut self, row: impl IntoIterator<Item = Field>) {
        let row: Vec<Field> = row.into_iter().collect();
        debug_assert_eq!(row.len(), self.heads.len());
        self.rows.push(row);
    }

    /// Prints the rows, each in at most `width` columns as far as its last column can be cut. Columns in which no row
    /// has anything are left out.
    pub fn paint(&self, width: usize, p: &mut impl Painter) {
        let is_bare = |at: usize| self.rows.iter().all(|row| row[at].text == "-");
        let shown: Vec<usize> = (0..self.heads.len()).filter(|at| !is_bare(*at)).collect();
        let heading: Vec<Field> =
            self.heads.iter().map(|(head, _)| Field { role: Role::Dim, text: (*head).to_owned() }).collect();
        let rows = || std::iter::once(&heading).chain(&self.rows);
        let widths: Vec<usize> =
            shown.iter().map(|at| rows().map(|row| row[*at].text.width()).max().unwrap_or(0)).collect();
        for row in rows() {
            let mut column = 0;
            for (n, at) in shown.iter().enumerate() {
                let Field { role, text } = &row[*at];
                let is_last = n + 1 == shown.len();
                let gap = if n > 0 { 2 } else { 0 };
                let room = if is_last { width.saturating_sub(column + gap).max(8) } else { usize::MAX };
                let text = cut(text, room);
                let blanks = widths[n].saturating_sub(text.width());
                let (before, after) = match self.heads[*at].1 {
                    Side::Right => (blanks, 0),
                    Side::Left => (0, if is_last { 0 } else { blanks }),
                };
                p.text(&" ".repeat(gap + before));
                p.put(*role, &text);
                p.text(&" ".repeat(after));
                column += gap + before + text.width() + after;
            }
            p.text("\n");
        }
    }
}

/// A text in at most `room` columns, with `…` where it was cut.
pub fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used + wide + 1 > room {
            break;
        }
        used += wide;
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_left_numbers_right_and_bare_columns_go() {
        let mut columns =
            Columns::new(&[("NAME", Side::Left), ("VLAN", Side::Right), ("N", Side::Right), ("WHAT", Side::Left)]);
        columns.push([field(Role::Text, "a"), count(None), count(Some(1)), field(Role::Text, "one\x1b two three")]);
        columns.push([field(Role::Text, "longer"), count(None), count(Some(1000)), field(Role::Text, "")]);
        let mut out = String::new();
        columns.paint(24, &mut out);
        assert_eq!(out, "NAME       N  WHAT\na          1  one\\x1b t…\nlonger  1000  -\n");
    }
}

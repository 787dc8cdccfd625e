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
    wraps: bool,
}

impl Columns {
    /// With these columns.
    pub fn new(heads: &[(&'static str, Side)]) -> Columns {
        Columns { heads: heads.to_vec(), rows: Vec::new(), wraps: false }
    }

    /// The same with a last column that goes on in further lines instead of being cut.
    pub fn wrapping(mut self) -> Columns {
        self.wraps = true;
        self
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
                let (text, rest) = match is_last && self.wraps && room >= 16 {
                    true => broken(text, room),
                    false => (cut(text, room), Vec::new()),
                };
                let blanks = widths[n].saturating_sub(text.width());
                let (before, after) = match self.heads[*at].1 {
                    Side::Right => (blanks, 0),
                    Side::Left => (0, if is_last { 0 } else { blanks }),
                };
                p.text(&" ".repeat(gap + before));
                p.put(*role, &text);
                p.text(&" ".repeat(after));
                for line in rest {
                    p.text("\n");
                    p.text(&" ".repeat(column + gap));
                    p.put(*role, &line);
                }
                column += gap + before + text.width() + after;
            }
            p.text("\n");
        }
    }
}

/// A text in lines of at most `room` columns, broken after blanks and commas where there are any: the first, and the rest.
fn broken(text: &str, room: usize) -> (String, Vec<String>) {
    let mut lines = Vec::new();
    let mut line = String::new();
    for part in text.split_inclusive([' ', ',']) {
        if !line.is_empty() && line.width() + part.trim_end().width() > room {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        line.push_str(part);
        while line.trim_end().width() > room {
            let head = cut(&line, room).trim_end_matches('…').to_owned();
            // A character wider than the column still has to go somewhere.
            let at = if head.is_empty() { line.chars().next().map_or(1, char::len_utf8) } else { head.len() };
            lines.push(line[..at].to_owned());
            line.drain(..at);
        }
    }
    lines.push(line.trim_end().to_owned());
    let first = lines.remove(0);
    (first, lines)
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
    fn a_last_column_may_go_on_in_further_lines() {
        let mut columns = Columns::new(&[("N", Side::Right), ("WHAT", Side::Left)]).wrapping();
        columns.push([count(Some(7)), field(Role::Text, "priority=5,tcp,tp_dst=22 actions=drop")]);
        columns.push([count(Some(8)), field(Role::Text, "x".repeat(20))]);
        let mut out = String::new();
        columns.paint(20, &mut out);
        let rest = "8  xxxxxxxxxxxxxxxx\n   xxxx\n";
        assert_eq!(out, format!("N  WHAT\n7  priority=5,tcp,\n   tp_dst=22\n   actions=drop\n{rest}"));
    }

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

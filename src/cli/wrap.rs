//! Sentences in lines.

use unicode_width::UnicodeWidthStr;

use crate::base::paint::{Painter, Pieces, Role};

/// Prints pieces in lines of at most `width` columns: the first begins at `column`, the others after `indent` blanks.
/// Ends with a line end.
pub fn wrap(pieces: &Pieces, column: usize, indent: usize, width: usize, p: &mut impl Painter) {
    let width = width.max(indent + 20);
    let mut at = column;
    let mut is_first = true;
    for (glued, role, word) in words(pieces) {
        let wide = word.width();
        if !glued && !is_first {
            if at + 1 + wide > width {
                p.text("\n");
                p.text(&" ".repeat(indent));
                at = indent;
            } else {
                p.text(" ");
                at += 1;
            }
        }
        p.put(role, word);
        at += wide;
        is_first = false;
    }
    p.text("\n");
}

/// The words of pieces, each with whether no blank stands in front of it.
fn words(pieces: &Pieces) -> impl Iterator<Item = (bool, Role, &str)> {
    let mut ends_with_blank = true;
    pieces.0.iter().flat_map(move |piece| {
        let starts_with_blank = piece.text.starts_with(' ');
        let before = std::mem::replace(&mut ends_with_blank, piece.text.ends_with(' '));
        let glued = !before && !starts_with_blank;
        let words = piece.text.split(' ').filter(|word| !word.is_empty());
        words.enumerate().map(move |(n, word)| (n == 0 && glued, piece.role, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_together_what_no_blank_separates() {
        let mut pieces = Pieces::default();
        pieces.put(Role::Text, "goes on in ");
        pieces.put(Role::Goto, "table 72");
        pieces.put(Role::Text, ", or is dropped");
        let mut out = String::new();
        wrap(&pieces, 2, 4, 24, &mut out);
        assert_eq!(out, "goes on in table 72,\n    or is dropped\n");
    }
}

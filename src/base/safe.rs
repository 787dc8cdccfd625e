//! Keeping control characters away from terminals.
//!
//! A port name, a note or a whole hostile file may hold escape sequences. Whatever is shown to a person passes through
//! [`visible`]; files and pipes get the bytes as they are.

use std::borrow::Cow;

/// Whether a terminal may receive `c` as it is. C0 and C1 controls, DEL, and the marks that reorder text are refused.
pub fn is_visible(c: char) -> bool {
    !(c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'))
}

/// `text` with every character that [`is_visible`] refuses written as `\x1b` or `\u{202e}`. Tabs become one blank.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) || text.chars().all(is_visible) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if is_visible(c) => out.push(c),
            c if (c as u32) < 0x100 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_become_text() {
        assert_eq!(visible("plain, text=1"), "plain, text=1");
        assert_eq!(visible("a\x1b[2Jb\u{9b}1m\u{202e}\r"), "a\\x1b[2Jb\\x9b1m\\u{202e}\\x0d");
        assert_eq!(visible("Zürich"), "Zürich");
    }
}

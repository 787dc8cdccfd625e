//! Text with roles and links.
//!
//! All printing goes through a [`Painter`]: the printing code says what a word *means* ([`Role`]) and where it leads
//! ([`Target`]); the painter decides how that looks. A `String` is the plain painter; colour on a terminal, spans on
//! the screen, and the test grid are others. So a painted `resubmit(,72)` can be followed with Enter because it *is* a
//! link to table 72.

use super::number::Digits;

/// What a piece of text means. Themes map roles to colours; nothing else mentions a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Role {
    /// Ordinary text.
    #[default]
    Text,
    /// Less important text: punctuation, units, headings of columns.
    Dim,
    /// Something that stands out without being good or bad: titles, keys.
    Accent,
    /// Good.
    Ok,
    /// Needs a look.
    Warn,
    /// Broken.
    Bad,
    /// The word that discards a packet.
    Drop,
    /// Going on in another table.
    Goto,
    /// Leaving through a port.
    Output,
    /// Connection tracking.
    Ct,
    /// A register or other metadata.
    Reg,
    /// A MAC or IP address.
    Addr,
    /// A protocol word.
    Proto,
    /// A staged change.
    Staged,
    /// The row under the cursor.
    Cursor,
    /// The part of a text that a search found.
    Match,
}

impl Role {
    /// Every role, in the order above.
    pub const ALL: [Role; 16] = [
        Role::Text,
        Role::Dim,
        Role::Accent,
        Role::Ok,
        Role::Warn,
        Role::Bad,
        Role::Drop,
        Role::Goto,
        Role::Output,
        Role::Ct,
        Role::Reg,
        Role::Addr,
        Role::Proto,
        Role::Staged,
        Role::Cursor,
        Role::Match,
    ];

    /// One letter for each role, for tests that compare styles as text.
    pub fn letter(self) -> char {
        match self {
            Role::Text => '.',
            Role::Dim => 'd',
            Role::Accent => 'a',
            Role::Ok => 'k',
            Role::Warn => 'w',
            Role::Bad => 'b',
            Role::Drop => 'x',
            Role::Goto => 'g',
            Role::Output => 'o',
            Role::Ct => 'c',
            Role::Reg => 'r',
            Role::Addr => 'i',
            Role::Proto => 'p',
            Role::Staged => 's',
            Role::Cursor => 'C',
            Role::Match => 'M',
        }
    }

    /// The name used in theme files.
    pub fn name(self) -> &'static str {
        match self {
            Role::Text => "text",
            Role::Dim => "dim",
            Role::Accent => "accent",
            Role::Ok => "ok",
            Role::Warn => "warn",
            Role::Bad => "bad",
            Role::Drop => "drop",
            Role::Goto => "goto",
            Role::Output => "output",
            Role::Ct => "ct",
            Role::Reg => "reg",
            Role::Addr => "addr",
            Role::Proto => "proto",
            Role::Staged => "staged",
            Role::Cursor => "cursor",
            Role::Match => "match",
        }
    }
}

/// Where a link leads, inside the bridge whose text is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// A flow table by number.
    Table(u8),
    /// A port by OpenFlow port number.
    Port(u32),
    /// A group by number.
    Group(u32),
    /// A meter by number.
    Meter(u32),
    /// The flows that carry a conjunction id.
    Conjunction(u32),
}

/// Takes text piece by piece, each with its meaning.
pub trait Painter {
    /// Takes `text`, which means `role`.
    fn put(&mut self, role: Role, text: &str);

    /// Takes `text`, which leads to `target`. Painters without links print the text.
    fn link(&mut self, target: Target, role: Role, text: &str) {
        let _ = target;
        self.put(role, text);
    }

    /// Takes ordinary text.
    fn text(&mut self, text: &str) {
        self.put(Role::Text, text);
    }

    /// Takes punctuation and other text that only holds the rest together.
    fn dim(&mut self, text: &str) {
        self.put(Role::Dim, text);
    }

    /// Takes a number in decimal.
    fn decimal(&mut self, role: Role, n: u64) {
        self.put(role, Digits::decimal(n).as_str());
    }

    /// Takes a number as C's `%#x` prints it: `0x1f`, and `0` for zero.
    fn hex(&mut self, role: Role, n: u64) {
        self.put(role, Digits::hex(n).as_str());
    }
}

/// Prints the commas of a list: one in front of each item but the first.
#[derive(Debug, Default)]
pub struct List {
    started: bool,
}

impl List {
    /// Whether there was any item.
    pub fn has_started(&self) -> bool {
        self.started
    }

    /// Begins the next item.
    #[inline]
    pub fn next(&mut self, p: &mut impl Painter) {
        if std::mem::replace(&mut self.started, true) {
            p.dim(",");
        }
    }
}

impl Painter for String {
    fn put(&mut self, _role: Role, text: &str) {
        self.push_str(text);
    }
}

/// Compares what is painted with an expected text, without keeping either: the cheap way to ask "does this print as it
/// was read?".
#[derive(Debug)]
pub struct Compare<'a> {
    rest: &'a [u8],
    same: bool,
}

impl<'a> Compare<'a> {
    /// Will compare with `expected`.
    pub fn with(expected: &'a str) -> Compare<'a> {
        Compare { rest: expected.as_bytes(), same: true }
    }

    /// Whether exactly the expected text was painted.
    pub fn is_same(&self) -> bool {
        self.same && self.rest.is_empty()
    }
}

impl Painter for Compare<'_> {
    #[inline]
    fn put(&mut self, _role: Role, text: &str) {
        match self.rest.strip_prefix(text.as_bytes()) {
            Some(rest) => self.rest = rest,
            None => self.same = false,
        }
    }
}

/// One painted piece with its meaning and its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What the text means.
    pub role: Role,
    /// The text.
    pub text: String,
    /// Where it leads.
    pub target: Option<Target>,
}

/// Keeps the pieces, for those who lay them out: the screen and the tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces(pub Vec<Piece>);

impl Pieces {
    /// The text of all pieces.
    pub fn text(&self) -> String {
        self.0.iter().map(|p| p.text.as_str()).collect()
    }
}

impl Painter for Pieces {
    fn put(&mut self, role: Role, text: &str) {
        match self.0.last_mut() {
            Some(last) if last.role == role && last.target.is_none() => last.text.push_str(text),
            _ => self.0.push(Piece { role, text: text.to_owned(), target: None }),
        }
    }

    fn link(&mut self, target: Target, role: Role, text: &str) {
        self.0.push(Piece { role, text: text.to_owned(), target: Some(target) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(p: &mut impl Painter) {
        p.text("resubmit(,");
        p.link(Target::Table(72), Role::Goto, "72");
        p.text(")");
    }

    #[test]
    fn one_printing_code_many_painters() {
        let mut plain = String::new();
        sample(&mut plain);
        assert_eq!(plain, "resubmit(,72)");

        let mut pieces = Pieces::default();
        sample(&mut pieces);
        assert_eq!(pieces.text(), plain);
        assert_eq!(pieces.0[1].target, Some(Target::Table(72)));

        let compare = |expected: &str| {
            let mut c = Compare::with(expected);
            sample(&mut c);
            c.is_same()
        };
        assert!(compare("resubmit(,72)"));
        assert!(!compare("resubmit(,7)"));
        assert!(!compare("resubmit(,72),"));
    }

    #[test]
    fn every_role_has_its_own_letter_and_name() {
        let letters: std::collections::HashSet<_> = Role::ALL.iter().map(|r| r.letter()).collect();
        let names: std::collections::HashSet<_> = Role::ALL.iter().map(|r| r.name()).collect();
        assert_eq!((letters.len(), names.len()), (Role::ALL.len(), Role::ALL.len()));
    }
}

//! Standard output: text with roles becomes bytes, with colour if someone looks at it.

use std::io::{self, BufWriter, IsTerminal, Write};

use super::pager::Sink;
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Color {
    /// If standard output is a terminal that can show it, and `NO_COLOR` is not set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How painted text becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dress {
    /// Whether roles become colours.
    pub color: bool,
    /// Whether control characters are written out, because a terminal reads along.
    pub safe: bool,
}

impl Dress {
    /// For a stream that is a terminal or not.
    pub fn of(color: Color, is_terminal: bool, env: &Env) -> Dress {
        let wanted = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => env.force_color || is_terminal && !env.no_color && !env.dumb_terminal,
        };
        Dress { color: wanted, safe: is_terminal }
    }
}

/// What the environment says about colour. It is read at the edge, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Env {
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is set and not 0.
    pub force_color: bool,
    /// `TERM` is `dumb`.
    pub dumb_terminal: bool,
}

impl Env {
    /// Reads the environment.
    pub fn read() -> Env {
        let var = |name| std::env::var(name).unwrap_or_default();
        Env {
            no_color: !var("NO_COLOR").is_empty(),
            force_color: !matches!(var("CLICOLOR_FORCE").as_str(), "" | "0"),
            dumb_terminal: var("TERM") == "dumb",
        }
    }
}

/// The colour of a role, as an SGR parameter (ECMA-48, section 8.3.117): the 16 colours of the terminal itself.
fn sgr(role: Role) -> &'static str {
    match role {
        Role::Text | Role::Cursor => "",
        Role::Dim => "2",
        Role::Accent => "1",
        Role::Ok => "32",
        Role::Warn | Role::Staged => "33",
        Role::Bad => "1;31",
        Role::Drop => "31",
        Role::Goto => "36",
        Role::Output => "32",
        Role::Ct => "35",
        Role::Reg => "33",
        Role::Addr => "34",
        Role::Proto => "1;34",
        Role::Match => "7",
    }
}

/// A painter that writes. The first error is kept and told by [`Out::finish`], so that printing code need not care.
pub struct Out<W: Write> {
    writer: W,
    dress: Dress,
    error: Option<io::Error>,
}

impl Out<BufWriter<Sink>> {
    /// Standard output, in pages if `may_page` and the person wants that.
    pub fn stdout(color: Color, may_page: bool) -> Self {
        let dress = Dress::of(color, io::stdout().is_terminal(), &Env::read());
        Out::new(BufWriter::with_capacity(64 << 10, Sink::new(may_page)), dress)
    }
}

impl Out<io::StderrLock<'static>> {
    /// Standard error. Whatever it is, control characters are written out: messages are for people.
    pub fn stderr(color: Color) -> Self {
        let stderr = io::stderr();
        let dress = Dress { safe: true, ..Dress::of(color, stderr.is_terminal(), &Env::read()) };
        Out::new(stderr.lock(), dress)
    }
}

impl<W: Write> Out<W> {
    /// Writes to `writer`.
    pub fn new(writer: W, dress: Dress) -> Out<W> {
        Out { writer, dress, error: None }
    }

    /// How it writes.
    pub fn dress(&self) -> Dress {
        self.dress
    }

    /// Whether writing goes on; if not, there is no use in painting more.
    pub fn is_open(&self) -> bool {
        self.error.is_none()
    }

    /// Writes what is still held back and tells whether all of it arrived.
    pub fn finish(mut self) -> io::Result<()> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.writer.flush(),
        }
    }

    /// Writes bytes as they are, for answers that are files rather than text for people.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if self.error.is_none() {
            self.error = self.writer.write_all(bytes).err();
        }
    }

    /// Writes bytes that came from an input: as they are, unless a terminal reads along.
    pub fn plain(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.dress.safe {
            false => self.bytes(bytes),
            true => self.write(&String::from_utf8_lossy(bytes).replace("\r\n", "\n")),
        }
        match &self.error {
            Some(error) => Err(error.kind().into()),
            None => Ok(()),
        }
    }

    fn write(&mut self, text: &str) {
        if !self.dress.safe {
            return self.bytes(text.as_bytes());
        }
        for (n, line) in text.split('\n').enumerate() {
            if n > 0 {
                self.bytes(b"\n");
            }
            self.bytes(visible(line).as_bytes());
        }
    }
}

impl<W: Write> Painter for Out<W> {
    fn put(&mut self, role: Role, text: &str) {
        let code = if self.dress.color { sgr(role) } else { "" };
        if code.is_empty() || text.trim().is_empty() {
            return self.write(text);
        }
        self.bytes(b"\x1b[");
        self.bytes(code.as_bytes());
        self.bytes(b"m");
        self.write(text);
        self.bytes(b"\x1b[0m");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(dress: Dress, role: Role, text: &str) -> String {
        let mut bytes = Vec::new();
        let mut out = Out::new(&mut bytes, dress);
        out.put(role, text);
        out.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_terminal_gets_no_control_characters_and_a_pipe_gets_the_bytes() {
        let hostile = "a\x1b[2J\nb";
        assert_eq!(painted(Dress { color: false, safe: true }, Role::Text, hostile), "a\\x1b[2J\nb");
        assert_eq!(painted(Dress { color: false, safe: false }, Role::Text, hostile), hostile);
        assert_eq!(painted(Dress { color: true, safe: true }, Role::Drop, "drop"), "\x1b[31mdrop\x1b[0m");
    }

    #[test]
    fn no_color_is_obeyed_unless_it_is_asked_for() {
        let env = |no_color, force_color| Env { no_color, force_color, dumb_terminal: false };
        assert!(Dress::of(Color::Auto, true, &env(false, false)).color);
        assert!(!Dress::of(Color::Auto, true, &env(true, false)).color);
        assert!(!Dress::of(Color::Auto, false, &env(false, false)).color);
        assert!(Dress::of(Color::Auto, false, &env(false, true)).color);
        assert!(Dress::of(Color::Always, false, &env(true, false)).color);
        assert!(!Dress::of(Color::Never, true, &env(false, true)).color);
    }
}

//! Text for other programs: the terminal's clipboard (OSC 52, xterm's control sequences), or a program beside it.

use crate::base::words::counted;
use std::io::{self, Write};
use std::process::{Command, Stdio};

use crossterm::Command as _;
use crossterm::clipboard::CopyToClipboard;

/// The most that terminals take by OSC 52, in bytes of text: xterm's limit is 100 000 of what it becomes.
const LIMIT: usize = 74_994;

/// What the environment says about where text can go.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Whether tmux stands between.
    pub is_tmux: bool,
    /// A program that takes text, if we are on the machine that the person sits at.
    pub program: Option<&'static [&'static str]>,
}

impl Around {
    /// Reads the environment.
    pub fn read() -> Around {
        let has = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let is_remote = has("SSH_CONNECTION") || has("SSH_TTY");
        let program: Option<&'static [&'static str]> = match () {
            () if is_remote => None,
            () if cfg!(target_os = "macos") => Some(&["pbcopy"]),
            () if has("WAYLAND_DISPLAY") => Some(&["wl-copy"]),
            () if has("DISPLAY") => Some(&["xclip", "-selection", "clipboard"]),
            () => None,
        };
        Around { is_tmux: has("TMUX"), program }
    }
}

/// Copies text and says how.
pub fn copy(text: &str, what: &str, around: &Around, out: &mut impl Write) -> Result<String, String> {
    let size = counted(text.len(), "byte");
    if let Some(program) = around.program
        && by_program(program, text).is_ok()
    {
        return Ok(format!("copied {what}, {size}, with {}", program[0]));
    }
    if text.len() > LIMIT {
        return Err(format!("{what}, {size}, is more than terminals take; Ctrl-s saves what is shown to a file"));
    }
    let mut sequence = String::new();
    CopyToClipboard::to_clipboard_from(text)
        .write_ansi(&mut sequence)
        .map_err(|_| "it cannot be encoded".to_owned())?;
    let mut bytes = sequence.clone();
    if around.is_tmux {
        // tmux hands on what is wrapped so, with every escape doubled, if its option allow-passthrough says so.
        bytes += &format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"));
    }
    out.write_all(bytes.as_bytes()).and_then(|()| out.flush()).map_err(|e| format!("copying failed: {e}"))?;
    Ok(format!("copied {what}, {size}, by the terminal (OSC 52); Ctrl-s saves to a file"))
}

fn by_program(program: &[&str], text: &str) -> io::Result<()> {
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    match child.wait()?.success() {
        true => Ok(()),
        false => Err(io::Error::other("it failed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_to_the_terminal_and_through_tmux() {
        let mut out = Vec::new();
        let says = copy("drop", "actions", &Around { is_tmux: true, program: None }, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(says.contains("4 bytes") && says.contains("OSC 52"), "{says}");
        assert!(out.starts_with("\x1b]52;c;ZHJvcA==") && out.contains("\x1bPtmux;\x1b\x1b]52;c;ZHJvcA=="), "{out:?}");
    }

    #[test]
    fn what_no_terminal_takes_is_refused_with_a_way_out() {
        let text = "x".repeat(LIMIT + 1);
        let says = copy(&text, "rows", &Around::default(), &mut Vec::new()).unwrap_err();
        assert!(says.contains("Ctrl-s"), "{says}");
    }
}

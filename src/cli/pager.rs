//! Where answers go: standard output, or the pager of a person who set `$PAGER`.

use std::io::{self, IsTerminal, StdoutLock, Write};
use std::process::{Child, Command, Stdio};

/// Where an answer is written.
#[derive(Debug)]
pub enum Sink {
    /// Standard output.
    Stdout(StdoutLock<'static>),
    /// A program that shows text in pages.
    Pager(Child),
}

impl Sink {
    /// Standard output; the pager if it is wanted, standard output is a terminal, and `$PAGER` is set.
    pub fn new(may_page: bool) -> Sink {
        let stdout = io::stdout();
        let pager = std::env::var("PAGER").ok().filter(|pager| !pager.trim().is_empty());
        let child = pager.filter(|_| may_page && stdout.is_terminal()).and_then(|pager| spawn(&pager).ok());
        child.map_or_else(|| Sink::Stdout(stdout.lock()), Sink::Pager)
    }
}

fn spawn(pager: &str) -> io::Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", pager]).stdin(Stdio::piped());
    // As git does: `less` leaves at once if all fits on the screen, shows colours, and leaves the text behind.
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    command.spawn()
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Stdout(stdout) => stdout.write(bytes),
            Sink::Pager(child) => child.stdin.as_mut().map_or(Ok(bytes.len()), |stdin| stdin.write(bytes)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Stdout(stdout) => stdout.flush(),
            Sink::Pager(child) => child.stdin.as_mut().map_or(Ok(()), Write::flush),
        }
    }
}

impl Drop for Sink {
    /// The pager has the terminal until its reader leaves it.
    fn drop(&mut self) {
        if let Sink::Pager(child) = self {
            drop(child.stdin.take());
            // Whatever the pager says at its end, the answer was given.
            let _ = child.wait();
        }
    }
}

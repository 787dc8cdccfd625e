//! A text read and printed again: what `ofscope fmt` does.
//!
//! What a switch printed comes out byte for byte. What a person wrote comes out in the words that Open vSwitch prints.
//! What nobody knows is copied as it was, and told.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use super::echo::{Known, echo};
use super::flow_line::{self, Command, Reading};
use super::flows::{LINE_LIMIT, heading};
use super::input::Input;
use super::kind::Kind;
use super::{Part, Source, conntrack, fdb, groups, meters, ports, tables};
use crate::action::Mode;
use crate::base::diag::{Diagnostic, Located, Report, Severity};
use crate::base::span::Span;
use crate::field::{Names, Version};
use crate::model::flow::{Flow, Style};

/// Documents other than flows are printed again up to this size, in bytes; longer ones are copied.
const DOCUMENT_LIMIT: u64 = 128 << 20;

/// How flows are printed again.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// As a switch prints them back when they were added in this version; each in its own words for `None`.
    pub version: Option<Version>,
    /// Whether lines are refused that Open vSwitch takes and makes something else of.
    pub strict: bool,
    /// What the switch has.
    pub known: Known,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was not understood.
    pub report: Report,
    /// Flows that were printed.
    pub printed: usize,
    /// Lines that were left out.
    pub left_out: usize,
}

/// Prints `input` again, piece by piece, through `write`.
pub fn reprint(
    input: Input,
    file: &Arc<str>,
    names: &Names,
    options: &Options,
    write: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<Outcome> {
    let kind = Kind::of(input.head());
    let mut outcome = Outcome::default();
    if kind == Kind::Flows || options.version.is_some() {
        let mut lines = Lines { file, names, options, outcome: &mut outcome };
        lines.all(input.into_reader(), write)?;
    } else if input.encoding().utf16 || kind.command().is_empty() {
        io::copy(&mut input.into_reader(), &mut Writer(write))?;
    } else {
        document(kind, input, file, names, &mut outcome.report, write)?;
    }
    Ok(outcome)
}

struct Writer<'a>(&'a mut dyn FnMut(&[u8]) -> io::Result<()>);

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Prints a document that has a printer; any other is copied.
fn document(
    kind: Kind,
    input: Input,
    file: &Arc<str>,
    names: &Names,
    report: &mut Report,
    write: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    let mut reader = input.into_reader();
    reader.by_ref().take(DOCUMENT_LIMIT).read_to_end(&mut bytes)?;
    if let Ok(text) = std::str::from_utf8(&bytes) {
        let mut source = Source { file, names, report };
        // A document has numbers or names throughout, and is printed the way it was made.
        let printed = [names, Names::none()].into_iter().find_map(|names| {
            let printed = printed(kind, text, &mut source, names)?;
            *source.report = if printed == text { std::mem::take(source.report) } else { Report::default() };
            (printed == text).then_some(printed)
        });
        if let Some(printed) = printed {
            write(printed.as_bytes())?;
            bytes.clear();
        }
    }
    write(&bytes)?;
    io::copy(&mut reader, &mut Writer(write))?;
    Ok(())
}

/// A document read and printed; nothing if its kind has no printer.
fn printed(kind: Kind, text: &str, source: &mut Source<'_>, names: &Names) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let p = &mut out;
    match kind {
        Kind::Groups => groups::paint_groups(&groups::read_groups(text, source), names, p),
        Kind::GroupStats => groups::paint_group_stats(&groups::read_group_stats(text, source), names, p),
        Kind::Meters => meters::paint_meters(&meters::read_meters(text, source), names, p),
        Kind::MeterStats => meters::paint_meter_stats(&meters::read_meter_stats(text, source), names, p),
        Kind::Show => ports::paint_show(&ports::read_show(text, source), names, p),
        Kind::PortsDesc => ports::paint_ports_desc(&ports::read_ports_desc(text, source), names, p),
        Kind::Ports => ports::paint_ports(&ports::read_ports(text, source), names, p),
        Kind::Tables => tables::paint_tables(&tables::read_tables(text, source), names, p),
        Kind::TlvMap => tables::paint_tlv_map(&tables::read_tlv_map(text, source), names, p),
        Kind::Fdb => fdb::paint_fdb(&fdb::read_fdb(text, source), p),
        Kind::Tunnels => fdb::paint_tunnels(&fdb::read_tunnels(text, source), p),
        Kind::Conntrack => {
            let parts: Vec<Part<_>> = conntrack::read_conntrack(text, source);
            conntrack::paint_conntrack(&parts, p);
        }
        _ => return None,
    }
    Some(out)
}

/// Prints lines of flows again.
struct Lines<'a> {
    file: &'a Arc<str>,
    names: &'a Names,
    options: &'a Options,
    outcome: &'a mut Outcome,
}

impl Lines<'_> {
    fn all(&mut self, input: impl Read, write: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(256 << 10, input);
        let mut bytes = Vec::new();
        let mut number = 0;
        loop {
            bytes.clear();
            let n = reader.by_ref().take(LINE_LIMIT as u64).read_until(b'\n', &mut bytes)?;
            if n == 0 {
                return Ok(());
            }
            number += 1;
            if bytes.len() == LINE_LIMIT && !bytes.ends_with(b"\n") {
                self.too_long(number, &bytes, &mut reader, write)?;
                continue;
            }
            let end = match &bytes[..] {
                [.., b'\r', b'\n'] => 2,
                [.., b'\n'] => 1,
                _ => 0,
            };
            let (line, end) = bytes.split_at(bytes.len() - end);
            match std::str::from_utf8(line) {
                Ok(line) => self.line(number, line, end, write)?,
                Err(e) => {
                    let text = String::from_utf8_lossy(&line[..line.len().min(400)]).into_owned();
                    let at = e.valid_up_to().min(text.len());
                    let d = Diagnostic::error("no-text", Span::new(at, at + 1), "the line is no UTF-8 text");
                    self.complain(number, &text, d.hint("it is copied as it is"));
                    self.copy(&bytes, write)?;
                }
            }
        }
    }

    /// Copies a line that is too long to be read.
    fn too_long(
        &mut self,
        number: u32,
        start: &[u8],
        reader: &mut impl BufRead,
        write: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let text = String::from_utf8_lossy(&start[..200]).into_owned();
        let message = format!("the line is longer than {} MiB", LINE_LIMIT >> 20);
        self.complain(number, &text, Diagnostic::error("too-long", Span::new(0, text.len()), message));
        self.copy(start, write)?;
        loop {
            let buffer = reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let (n, is_end) = match memchr::memchr(b'\n', buffer) {
                Some(at) => (at + 1, true),
                None => (buffer.len(), false),
            };
            let piece = buffer[..n].to_vec();
            reader.consume(n);
            self.copy(&piece, write)?;
            if is_end {
                return Ok(());
            }
        }
    }

    /// Copies bytes that are no flow; a switch would not print them back.
    fn copy(&mut self, bytes: &[u8], write: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        if self.options.version.is_none() { write(bytes) } else { Ok(()) }
    }

    fn complain(&mut self, line: u32, text: &str, d: Diagnostic) {
        self.outcome.report.push(Located::line(self.file, line, text, d));
    }

    fn line(
        &mut self,
        number: u32,
        line: &str,
        end: &[u8],
        write: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') || heading(content).is_some() {
            self.copy(line.as_bytes(), write)?;
            return self.copy(end, write);
        }
        let printed = match self.options.version {
            Some(version) => self.as_printed_back(number, line, version),
            None if flow_line::is_typed(line) => self.typed(number, line),
            None => self.dumped(number, line),
        };
        match printed {
            Some(text) => {
                self.outcome.printed += 1;
                write(text.as_bytes())?;
                write(if self.options.version.is_some() { b"\n" } else { end })
            }
            None => {
                self.outcome.left_out += 1;
                self.copy(line.as_bytes(), write)?;
                self.copy(end, write)
            }
        }
    }

    /// Reads a line as what it is, typed or printed.
    fn read(&mut self, number: u32, line: &str) -> Option<Reading> {
        let mode = if flow_line::is_typed(line) { Mode::Typed } else { Mode::Dumped };
        match flow_line::parse(line, self.names, mode, mode == Mode::Typed) {
            Ok(reading) => {
                for d in &reading.found {
                    self.complain(number, line, d.clone());
                }
                Some(reading)
            }
            Err(d) => {
                self.complain(number, line, d);
                None
            }
        }
    }

    /// A line of a flow file in the words of Open vSwitch.
    fn typed(&mut self, number: u32, line: &str) -> Option<String> {
        let reading = self.read(number, line)?;
        self.refuse_bent(&reading.found)?;
        let mut text = String::new();
        reading.flow_mod.paint(self.names, &mut text);
        Some(text)
    }

    /// A printed line: it comes out as it went in, from what was understood of it if nothing else stands in it.
    fn dumped(&mut self, number: u32, line: &str) -> Option<String> {
        let reading = self.read(number, line)?;
        let flow: &Flow = &reading.flow_mod.flow;
        let style = match flow.stats {
            Some(_) if line.starts_with(' ') => Style::Stats,
            Some(_) => Style::Bridge,
            None => Style::NoStats,
        };
        let texts = [Names::none(), self.names].map(|names| flow.text(style, names));
        let is_error = |d: &Diagnostic| d.is_error();
        if reading.found.iter().any(is_error) && !line.contains("actions=") {
            return None;
        }
        Some(texts.into_iter().find(|text| text == line).unwrap_or_else(|| line.to_owned()))
    }

    /// A flow as a switch prints it back.
    fn as_printed_back(&mut self, number: u32, line: &str, version: Version) -> Option<String> {
        let reading = self.read(number, line)?;
        if reading.flow_mod.command != Command::Add {
            let d =
                Diagnostic::error("no-flow", Span::new(0, line.len()), "only flows that are added are printed back");
            self.complain(number, line, d.hint("leave the line out, or format without -O"));
            return None;
        }
        if reading.found.iter().any(Diagnostic::is_error) {
            return None;
        }
        let echo = match echo(&reading, line, version, &self.options.known) {
            Ok(echo) => echo,
            Err(d) => {
                self.complain(number, line, d);
                return None;
            }
        };
        for d in &echo.lost {
            self.complain(number, line, d.clone());
        }
        self.refuse_bent(&reading.found)?;
        self.refuse_bent(&echo.lost)?;
        Some(echo.flow.text(Style::NoStats, Names::none()))
    }

    /// Nothing if the line became something else than was written, and that is to be refused.
    fn refuse_bent(&self, found: &[Diagnostic]) -> Option<()> {
        let is_bent = found.iter().any(|d| d.severity >= Severity::Warning);
        (!self.options.strict || !is_bent).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, options: &Options) -> (String, Vec<String>) {
        let mut out = Vec::new();
        let input = Input::new(io::Cursor::new(text.as_bytes().to_vec())).unwrap();
        let names = Names::default().learning();
        let outcome = reprint(input, &"f".into(), &names, options, &mut |bytes| {
            out.extend_from_slice(bytes);
            Ok(())
        });
        let told = outcome.unwrap().report.kept.iter().map(|l| format!("{}: {}", l.line, l.diagnostic.code)).collect();
        (String::from_utf8(out).unwrap(), told)
    }

    #[test]
    fn a_dump_comes_out_as_it_went_in() {
        let dump = "OFPST_FLOW reply (OF1.3) (xid=0x2):\r\n cookie=0x1, duration=1s, table=0, n_packets=0, n_bytes=0, \
            priority=1,ip actions=drop\r\n\r\n table=1, priority=7,frob=3 actions=output:\"p1\",new(1)";
        let (out, told) = run(dump, &Options::default());
        assert_eq!((out.as_str(), told.len()), (dump, 2));
    }

    #[test]
    fn a_file_of_flows_comes_out_in_the_words_of_open_vswitch() {
        let (out, told) = run(
            "# mine\ntp_dst=80,tcp , actions=mod_nw_tos:8,output:2\n\ndelete table=0 cookie=1/-1 in_port=1\n\
                modify priority=7,actions=3\nwrong=1,actions=drop\nmodify_strict actions=\n",
            &Options::default(),
        );
        assert_eq!(
            out,
            "# mine\ntcp,tp_dst=80 actions=mod_nw_tos:8,output:2\n\n\
                delete cookie=0x1/0xffffffffffffffff, table=0, in_port=1\nmodify priority=7 actions=output:3\n\
                wrong=1,actions=drop\nmodify_strict actions=drop\n"
        );
        assert_eq!(told, ["2: order", "6: unknown-field", "7: empty-action"]);
    }

    #[test]
    fn a_flow_comes_out_as_a_switch_prints_it_back() {
        let options = |version, strict| Options { version: Some(version), strict, ..Options::default() };
        let text = "nw_src=10.0.0.1,actions=goto_table:3\ntable=2,ip,actions=2\n";
        let (out, told) = run(text, &options(Version::V10, false));
        assert_eq!(out, " actions=resubmit(,3)\n table=2, ip actions=output:2\n");
        assert_eq!(told, ["1: missing-prerequisite"]);
        assert_eq!(run(text, &options(Version::V10, true)).0, " table=2, ip actions=output:2\n");
    }

    #[test]
    fn other_documents_come_out_as_they_went_in() {
        for text in [
            " port  VLAN  MAC                Age\n    1     0  aa:bb:cc:00:00:01    3\n",
            "NXST_GROUP reply (xid=0x4):\n group_id=1,type=all,bucket=actions=output:1\n",
            "{\"a\": 1}",
            "whatever\x1b[2J\r\n",
            "",
        ] {
            assert_eq!(run(text, &Options::default()).0, text);
        }
    }
}

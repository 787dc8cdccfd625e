//! Flow lines, and what a real switch said of them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use ofscope::action::Mode;
use ofscope::base::diag::Report;
use ofscope::dump::echo::{Known, echo};
use ofscope::dump::flow_line::parse;
use ofscope::dump::{Part, Source, ports};
use ofscope::field::{Names, Version};
use ofscope::model::flow::Style;
use serde_json::Value;

use super::{Tally, text_of};

/// Checks the lines of one file, whose ports have these names.
type Check = fn(&[Value], &Names, &mut Tally);

/// The kinds of oracle files, by the end of their names.
pub const KINDS: [(&str, Check); 5] = [
    ("syntax.jsonl", valid_lines),
    ("syntax-extra.jsonl", valid_lines),
    ("invalid.jsonl", invalid_lines),
    ("doubtful.jsonl", doubtful_lines),
    ("unreadable-prints.jsonl", unreadable_prints),
];

/// Checks a file of the oracle; `ports` names the ports of its switch.
pub fn check(path: &Path, ports: &Path, tally: &mut Tally) {
    let name = path.to_string_lossy().trim_end_matches(".zst").to_owned();
    let Some((_, check)) = KINDS.iter().find(|(end, _)| name.ends_with(&format!("/{end}"))) else { return };
    let text = text_of(path).expect("an oracle file is text");
    let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).expect("each line is JSON")).collect();
    check(&lines, &names(ports), tally);
}

fn names(path: &Path) -> Names {
    let (file, mut report) = (Arc::from("ports"), Report::default());
    let text = text_of(path).expect("the ports of the oracle's switch");
    let mut source = Source { file: &file, names: Names::none(), report: &mut report };
    let mut names = Names::default();
    for port in ports::read_ports_desc(&text, &mut source).iter().filter_map(Part::entry) {
        names.add_port(port.number, &port.name);
    }
    assert!(report.is_empty() && !names.ports().is_empty());
    names
}

/// The groups and meters that the oracle's switch had, as its README says.
fn known() -> Known {
    Known { groups: Some((1..=40).chain([0xffff_ff00]).collect()), meters: Some((1..=60).collect::<BTreeSet<u32>>()) }
}

fn text<'a>(line: &'a Value, key: &str) -> &'a str {
    line[key].as_str().unwrap_or_default()
}

fn valid_lines(lines: &[Value], names: &Names, tally: &mut Tally) {
    for line in lines {
        let typed = text(line, "line");
        for version in [Version::V10, Version::V13, Version::V15] {
            let told = parse(typed, names, Mode::Typed, false).and_then(|r| echo(&r, typed, version, &known()));
            let told = told.map(|e| e.flow);
            tally.count("typed lines, by version");
            match (&told, line["dump"][version.name()].as_str()) {
                (Ok(flow), Some(print)) if flow.text(Style::NoStats, Names::none()) == print => {
                    read_back(print, names, tally);
                }
                (Err(_), None) => {}
                (told, wanted) => tally.fail(format!("{version} {typed}\n  got  {told:?}\n  want {wanted:?}")),
            }
            if let (Version::V15, Ok(flow), Some(print)) = (version, &told, line["names15"].as_str()) {
                tally.count("lines with names");
                if flow.text(Style::NoStats, names) != print {
                    tally.fail(format!("{typed}\n  got  {}\n  want {print}", flow.text(Style::NoStats, names)));
                }
            }
        }
        for print in line["via15"].as_object().into_iter().flatten().filter_map(|(_, print)| print.as_str()) {
            if !print.starts_with("error") {
                read_back(print, names, tally);
            }
        }
    }
}

/// A printed line is read, and prints as it was.
fn read_back(print: &str, names: &Names, tally: &mut Tally) {
    tally.count("printed lines");
    match parse(print, names, Mode::Dumped, false) {
        Ok(reading) if reading.found.is_empty() => {
            let again = reading.flow_mod.flow.text(Style::NoStats, Names::none());
            if again != print {
                tally.fail(format!("{print}\n  came back as {again}"));
            }
        }
        other => tally.fail(format!("{print}\n  {other:?}")),
    }
}

fn unreadable_prints(lines: &[Value], names: &Names, tally: &mut Tally) {
    for line in lines {
        read_back(text(line, "printed"), names, tally);
    }
}

fn invalid_lines(lines: &[Value], names: &Names, tally: &mut Tally) {
    for line in lines {
        let raw = text(line, "line");
        let typed = expand(raw);
        let version = Version::by_name(text(line, "version")).expect("a version");
        tally.count("wrong lines");
        let told = parse(&typed, names, Mode::Typed, false).and_then(|r| echo(&r, &typed, version, &known()));
        match told {
            Ok(echo) => tally.fail(format!("{version} {raw}\n  taken as {}", echo.flow.text(Style::NoStats, names))),
            Err(d) if d.hint.is_none() => tally.fail(format!("{version} {raw}\n  no hint: {d}")),
            Err(_) => {}
        }
    }
}

fn doubtful_lines(lines: &[Value], names: &Names, tally: &mut Tally) {
    for line in lines {
        let raw = text(line, "line");
        let typed = if line["kind"] == "overlong" { expand(raw) } else { raw.to_owned() };
        let version = Version::by_name(text(line, "version")).expect("a version");
        let wanted = line["dump"][0].as_str().unwrap_or_default();
        tally.count("doubtful lines");
        let told = parse(&typed, names, Mode::Typed, false)
            .and_then(|r| echo(&r, &typed, version, &known()).map(|e| (r.found.len() + e.lost.len(), e.flow)));
        match told {
            Ok((said, flow)) => {
                let print = flow.text(Style::NoStats, Names::none());
                if print != wanted {
                    tally.fail(format!("{typed}\n  got  {print}\n  want {wanted}"));
                }
                if said > 0 {
                    tally.count("doubtful lines that get a remark");
                }
            }
            Err(d) => tally.fail(format!("{typed}\n  refused: {d}")),
        }
    }
}

/// Writes out `{text*N}` as N times the text.
fn expand(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((inner, behind)) = after.split_once('}') else { break };
        out += before;
        match inner.rsplit_once('*').and_then(|(text, n)| Some(text.repeat(n.parse().ok()?))) {
            Some(repeated) => out += &repeated,
            None => out += &format!("{{{inner}}}"),
        }
        rest = behind;
    }
    out + rest
}

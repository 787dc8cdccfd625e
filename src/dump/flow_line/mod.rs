//! One line that describes a flow: typed by a person, or printed by a switch.
//!
//! ovs-ofctl(8) "Flow Syntax"; `parse_ofp_str__` in lib/ofp-flow.c of Open vSwitch for what is taken. The same grammar
//! reads both; [`Mode`] says how strictly. Typed text is refused at its first mistake, with a caret. Printed text is
//! never refused: what nobody knows is kept and noted.
//!
//! Open vSwitch takes some lines without a word and makes something else of them. These are read the same way, and
//! each gets a warning that says what it became.

mod keys;
mod notes;
mod reader;
mod survey;

use nom::Parser;
use nom::character::complete::{char, digit1};
use nom::combinator::{all_consuming, opt};
use nom::sequence::{preceded, terminated};

use self::reader::Reader;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::action::{self, Actions, Cx, Mode, Outer};
use crate::base::args::items;
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::field::proto::Needs;
use crate::field::table::FieldId;
use crate::field::{Formats, Names};
use crate::model::flow::Flow;

pub use crate::model::flow_mod::{Command, FlowMod};
pub use keys::{Counter, KEYS, Key};
pub(super) use survey::with_text;
pub use survey::{Done, Survey, Unmet, Word, survey};

/// A line as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The flow.
    pub flow_mod: FlowMod,
    /// The fields of typed text, each with the word that named it.
    pub words: Vec<(FieldId, Span)>,
    /// What was bent, or kept although nobody knows it.
    pub found: Vec<Diagnostic>,
    /// The formats that can carry the match and the words of the actions.
    pub formats: Formats,
}

/// Reads one line. A leading `add`, `modify`, .. is taken if `commands` says so, as in a flow file.
pub fn parse(line: &str, names: &Names, mode: Mode, commands: bool) -> Result<Reading, Diagnostic> {
    let (command, rest) = if commands { command(line) } else { (Command::Add, line) };
    let mut reader = Reader::new(line, names, mode, command);
    let (head, actions) = split_actions(rest);
    if mode == Mode::Typed {
        reader.note_layout(head, actions);
    }
    for item in items(head) {
        if let Err(d) = reader.item(&item) {
            reader.keep(&item, d)?;
        } else if item.open && mode == Mode::Typed {
            reader.cx.bent("open-parenthesis", item.name, "a parenthesis is never closed");
        }
    }
    // A word that nobody knows is told first: whoever mistypes `actions` has not forgotten them.
    if command.has_actions() && actions.is_none() {
        let at = &rest[rest.trim_end().len()..];
        let d =
            reader.cx.error("missing-actions", at, "the actions are missing").hint("add actions=.., or actions=drop");
        reader.refuse(d)?;
    }
    reader.finish_match();
    if let Some(text) = actions.filter(|_| command.has_actions()) {
        reader.actions(text)?;
    }
    let words = reader.seen.iter().map(|(field, word)| (*field, Span::of(line, word))).collect();
    Ok(Reading {
        words,
        flow_mod: reader.out,
        found: reader.cx.found,
        formats: reader.cx.formats & reader.cx.action_formats,
    })
}

/// A printed line as far as its actions.
#[derive(Debug)]
pub struct Before<'a> {
    /// The flow, without actions.
    pub flow: Flow,
    /// What nobody knows of it.
    pub found: Vec<Diagnostic>,
    /// The text of the actions, if there is any.
    pub actions: Option<&'a str>,
}

/// Reads a printed line as far as its actions. The many flows of a table do few different things, so the reader of
/// whole dumps reads each list of actions once, with [`parse_actions`].
pub fn parse_before_actions<'a>(line: &'a str, names: &'a Names) -> Before<'a> {
    let (head, actions) = split_actions(line);
    let mut reader = Reader::new(line, names, Mode::Dumped, Command::Add);
    for item in items(head) {
        if let Err(d) = reader.item(&item) {
            // Printed text is never refused.
            let _ = reader.keep(&item, d);
        }
    }
    reader.finish_match();
    Before { flow: reader.out.flow, found: reader.cx.found, actions }
}

/// Reads the actions of a printed line, and tells what nobody knows of them, with positions in `text`.
pub fn parse_actions(text: &str, names: &Names) -> (Actions, Vec<Diagnostic>) {
    let mut cx = Cx::new(text, names, Mode::Dumped);
    match action::parse(text, Outer::Flow, &mut cx) {
        Ok(actions) => (actions, cx.found),
        Err(d) => {
            cx.note(d);
            (Actions(vec![action::misc::Raw { text: text.into() }.into()]), cx.found)
        }
    }
}

/// Whether a line is a flow, or a line of a flow file, as far as its first words tell.
pub fn looks_like_a_flow(line: &str) -> bool {
    let (command, rest) = command(line);
    let (head, actions) = split_actions(rest);
    let mut words = items(head).map(|item| keys::HeadWord::by_name(item.name).is_some());
    let first = words.next();
    match actions {
        Some(_) => first.unwrap_or(true),
        None => !command.has_actions() && first.unwrap_or(true),
    }
}

/// Whether a line was written by a person rather than printed by a switch: no blank in front, and no counters.
pub fn is_typed(line: &str) -> bool {
    !line.starts_with(' ') && !line.contains("n_packets=")
}

/// Splits off the command word of a line.
fn command(line: &str) -> (Command, &str) {
    let text = line.trim_start_matches([' ', '\t', '\r', '\n']);
    let end = text.find([',', ' ', '\t', '\r', '\n']).unwrap_or(text.len());
    let first = &text[..end];
    let found = Command::NAMES.iter().find(|(_, name)| !first.is_empty() && name.starts_with(first));
    found.map_or((Command::Add, line), |(command, _)| (*command, &text[end..]))
}

/// Splits a line at its actions: what stands before `actions=`, and what follows it. A name in quotes is not searched.
pub fn split_actions(line: &str) -> (&str, Option<&str>) {
    let (mut from, mut in_quotes) = (0, false);
    // Made once: every line asks.
    static ACTION: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"action"));
    while let Some(found) = ACTION.find(&line.as_bytes()[from..]) {
        let at = from + found;
        let after = &line[at + 6..];
        let value = after.strip_prefix("s=").or_else(|| after.strip_prefix('='));
        let starts_a_word = line[..at].ends_with([' ', ',', '\t']) || at == 0;
        in_quotes = ends_in_quotes(&line.as_bytes()[from..at], in_quotes);
        if let Some(value) = value.filter(|_| starts_a_word && !in_quotes) {
            return (&line[..at], Some(value));
        }
        from = at + 6;
    }
    (line, None)
}

/// Whether a text breaks off within a name in quotes, where `\"` is part of the name; `inside` says whether it begins in
/// one.
fn ends_in_quotes(text: &[u8], mut inside: bool) -> bool {
    let mut bytes = match memchr::memchr(b'"', text) {
        None => return inside,
        Some(first) if !inside => text[first..].iter(),
        Some(_) => text.iter(),
    };
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => inside = !inside,
            b'\\' if inside => _ = bytes.next(),
            _ => {}
        }
    }
    inside
}

/// A duration as Open vSwitch prints it, in nanoseconds.
pub fn parse_duration(text: &str) -> Option<u64> {
    let number = (digit1::<&str, nom::error::Error<&str>>, opt(preceded(char('.'), digit1)));
    let (_, (seconds, fraction)) = all_consuming(terminated(number, opt(char('s')))).parse(text).ok()?;
    let ns = match fraction {
        None => 0,
        Some(digits) if digits.len() <= 9 => digits.parse::<u64>().ok()? * 10u64.pow(9 - digits.len() as u32),
        Some(_) => return None,
    };
    seconds.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(ns)
}

impl Reading {
    /// Fields whose prerequisite the match does not meet: a switch drops them without a word.
    pub fn unmet(&self) -> Vec<(FieldId, Needs)> {
        let matches = &self.flow_mod.flow.matches;
        matches.fields().into_iter().filter(|f| !matches.meets(f.needs)).map(|f| (f, f.needs)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::Style;

    fn printed(line: &str) -> String {
        let reading = parse(line, Names::none(), Mode::Dumped, false).unwrap();
        assert!(reading.found.is_empty(), "{line}: {:?}", reading.found);
        let flow = reading.flow_mod.flow;
        let style = if line.contains("n_offload") {
            Style::Bridge
        } else if flow.stats.is_some() {
            Style::Stats
        } else {
            Style::NoStats
        };
        flow.text(style, Names::none())
    }

    #[test]
    fn dumps_come_out_as_they_went_in() {
        for line in [
            " cookie=0x9cd478a8918ae6d2, duration=21.342s, table=0, n_packets=0, n_bytes=0, priority=65535,dl_vlan=4095 actions=drop",
            " cookie=0x0, duration=11.807s, table=60, n_packets=10, n_bytes=740, idle_age=1, priority=100,in_port=4 actions=load:0x4->NXM_NX_REG5[],load:0x1->NXM_NX_REG6[],resubmit(,71)",
            " table=23, priority=0 actions=drop",
            " actions=NORMAL",
            "table_id=60, duration=11s, n_packets=10, n_bytes=740, n_offload_packets=0, n_offload_bytes=0, priority=100,in_port=4,actions=set_field:0x4->reg5",
            " send_flow_rem priority=15087 actions=drop",
            " idle_timeout=5, importance=7, arp,arp_op=2 actions=drop",
        ] {
            assert_eq!(printed(line), line);
        }
    }

    #[test]
    fn typed_lines_are_refused_with_a_caret() {
        let error = |line: &str| {
            let d = parse(line, Names::none(), Mode::Typed, false).unwrap_err();
            (d.span.slice(line).to_owned(), d.message, d.hint.unwrap_or_default())
        };
        assert_eq!(
            error("in_prot=1,actions=drop"),
            ("in_prot".into(), "no field `in_prot`".into(), "did you mean `in_port`?".into())
        );
        assert_eq!(error("tcp,tp_dst=70000,actions=drop").0, "70000");
        assert_eq!(error("IP,actions=drop").1, "no field `IP`");
        assert_eq!(error("table=foo,actions=drop").0, "foo");
        assert_eq!(error("priority=5").1, "the actions are missing");
        assert_eq!(error("cookie=1/1,actions=drop").1, "a new flow's cookie has no mask");
        assert_eq!(error("actions=output:1,foo").0, "foo");
    }

    #[test]
    fn what_is_bent_is_told() {
        let found = |line: &str| -> Vec<String> {
            parse(line, Names::none(), Mode::Typed, false).unwrap().found.into_iter().map(|d| d.message).collect()
        };
        assert_eq!(
            found("ip,nw_src=256.1.1.1,actions=drop"),
            ["each part of an address is at most 255, the upper bits are dropped: it becomes nw_src=0.1.1.1"]
        );
        assert_eq!(
            found("dl_vlan=4096,actions=drop"),
            ["the value is wider than the field, its upper bits are dropped: it becomes dl_vlan=0"]
        );
        assert_eq!(found("ip,arp,actions=drop"), ["`arp` replaces what `ip` said"]);
        assert_eq!(found("priority=1,priority=2,actions=drop"), ["the last priority counts"]);
        assert_eq!(found("reg0=1,xreg0=5,actions=drop"), ["`xreg0` replaces what `reg0` said"]);
    }

    #[test]
    fn commands_of_a_flow_file() {
        let read = |line: &str| parse(line, Names::none(), Mode::Typed, true).unwrap().flow_mod;
        assert_eq!(read("add ip,actions=drop").command, Command::Add);
        assert_eq!(read("del table=1,ip").command, Command::Delete);
        let strict = read("delete_strict priority=7,cookie=1/-1,out_port=3");
        assert_eq!(
            (strict.command, strict.flow.priority, strict.cookie.mask, strict.out_port),
            (Command::DeleteStrict, 7, u64::MAX, Some(3))
        );
        assert_eq!(read("ip,actions=drop").command, Command::Add);
        assert!(parse("delete priority=1", Names::none(), Mode::Typed, true).is_err());
    }

    #[test]
    fn unknown_words_of_a_dump_are_kept() {
        let line = " table=1, frob=7, priority=3,ip,newfield=0x1 actions=output:1,newaction(1,2)";
        let reading = parse(line, Names::none(), Mode::Dumped, false).unwrap();
        assert_eq!(reading.flow_mod.flow.residue, [Box::from("frob=7"), Box::from("newfield=0x1")]);
        assert_eq!(reading.found.len(), 3);
        assert_eq!(reading.flow_mod.flow.actions.text(), "output:1,newaction(1,2)");
    }

    #[test]
    fn the_word_action_in_a_name_is_no_action() {
        assert_eq!(split_actions("in_port=\"actions=1\" actions=drop"), ("in_port=\"actions=1\" ", Some("drop")));
        assert_eq!(split_actions("in_port=reaction,actions=2"), ("in_port=reaction,", Some("2")));
    }

    #[test]
    fn durations_are_read_exactly() {
        assert_eq!(parse_duration("21.342s"), Some(21_342_000_000));
        assert_eq!(parse_duration("21s"), Some(21_000_000_000));
        assert_eq!(parse_duration("0.000000001s"), Some(1));
        assert_eq!(parse_duration("1.0000000001s"), None);
        assert_eq!(parse_duration("99999999999999999999s"), None);
        assert_eq!(parse_duration("x"), None);
    }
}

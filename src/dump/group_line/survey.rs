//! A typed line about a group read to its end, whatever is wrong with it: for those who watch somebody type.

use super::{BUCKET_KEYS, Change, Command, Reader, parse};
use crate::action::{self, Cx, Mode, Outer};
use crate::base::args::Separator;
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::dump::flow_line::{Done, Word, with_text};
use crate::field::Names;
use crate::model::group::Bucket;
use crate::model::group_mod::GroupMod;

/// What was understood of a line, and what was not.
#[derive(Debug, Clone)]
pub struct Survey {
    /// What the line asks for.
    pub command: Command,
    /// The group's number, if the line says it.
    pub id: Option<u32>,
    /// The words of the head and of the buckets, actions aside.
    pub words: Vec<Word>,
    /// The actions of all buckets, outer ones only.
    pub actions: Vec<Done>,
    /// Everything that is wrong or odd, in the order of the line.
    pub found: Vec<Diagnostic>,
    /// What is asked, if nothing is wrong with the line.
    pub asked: Option<GroupMod>,
}

/// Reads a line, in front of which a command may stand.
pub fn survey(line: &str, names: &Names) -> Survey {
    let text = line.split('#').next().unwrap_or("");
    let (command, rest) = Command::split(text);
    let mut reader = Reader::new(line, names, Mode::Typed, command);
    let (mut words, mut actions, mut found) = (Vec::new(), Vec::new(), Vec::new());
    let mut pieces = rest.split("bucket=");
    for (item, text) in with_text(pieces.next().unwrap_or("")) {
        let read = reader.key(&item);
        words.push(Word::of(line, &item, text, read.is_ok()));
        found.extend(read.err());
    }
    for piece in pieces {
        let mut bucket = Bucket::default();
        let before = (actions.len(), found.len());
        // Each bucket may have actions of 64 kB.
        let mut cx = Cx::new(line, names, Mode::Typed);
        let mut is_said = false;
        for (item, text) in with_text(piece) {
            let is_actions = ["action", "actions"].iter().any(|w| item.name.eq_ignore_ascii_case(w));
            if !is_actions && BUCKET_KEYS.iter().any(|key| item.name.eq_ignore_ascii_case(key)) {
                let read = reader.bucket_key(&item, &mut bucket).map(|_| ());
                words.push(Word::of(line, &item, text, read.is_ok()));
                found.extend(read.err());
                continue;
            }
            is_said = true;
            let list = match item.separator {
                _ if !is_actions => text,
                Separator::Paren => item.value,
                _ => &text[Span::of(text, item.value).start as usize..],
            };
            for (_, part) in with_text(list) {
                let read = action::parse(part, Outer::Bucket, &mut cx);
                let action = read.as_ref().ok().and_then(|list| list.0.first().cloned());
                actions.push(Done { span: Span::of(line, part), action });
                found.extend(read.err());
            }
        }
        if !is_said && actions.len() == before.0 && found.len() == before.1 {
            let at = &piece[piece.trim_end_matches([',', ' ', '\t', '\r', '\n']).len()..][..0];
            let d = Diagnostic::error("missing-actions", Span::of(line, at), "the bucket has no actions");
            found.push(d.hint("add actions=drop"));
        }
    }
    let id = reader.group.id;
    let mut asked = None;
    if found.is_empty() {
        // Whether the words may stand together can be asked once each of them is right.
        match parse(line, names, Mode::Typed) {
            Ok(reading) => {
                found = reading.found;
                if let Change::Asked(group) = reading.line.change {
                    asked = Some(group);
                }
            }
            Err(d) => found.push(d),
        }
    } else {
        found.append(&mut reader.cx.found);
    }
    found.sort_by_key(|d| (d.span.start, std::cmp::Reverse(d.severity)));
    Survey { command, id, words, actions, found, asked }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(line: &str) -> Vec<(String, String)> {
        let survey = survey(line, Names::none());
        survey.found.iter().map(|d| (d.span.slice(line).to_owned(), d.message.clone())).collect()
    }

    #[test]
    fn every_mistake_of_a_group_is_told() {
        let line = "modify group_id=5,typ=select,bucket=weigth:7,actions=outptu:1,bucket=weight:x,actions=output:2";
        let wrong = wrong(line);
        let places: Vec<&str> = wrong.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["typ", "weigth", "outptu", "x"], "{wrong:?}");
        let survey = survey(line, Names::none());
        assert_eq!((survey.id, survey.actions.len(), survey.asked), (Some(5), 3, None));
    }

    #[test]
    fn a_line_that_is_right_is_read_as_a_file_reads_it() {
        for line in [
            "group_id=1,type=select,selection_method=hash,fields(ip_src,tcp_dst),bucket=weight:5,output:1,resubmit(,2)",
            "add group_id=1,type=ff,bucket=watch_port:1,actions=clone(output:1),output:2,bucket=watch_port:2,output:2",
            "add group_id=1 type=all bucket=actions=drop",
            "insert_bucket group_id=1,command_bucket_id=last,bucket=bucket_id:3,actions=output:1",
            "remove_bucket group_id=1,command_bucket_id=all",
            "delete group_id=4",
            "delete",
        ] {
            let Change::Asked(asked) = parse(line, Names::none(), Mode::Typed).unwrap().line.change else { panic!() };
            assert_eq!(survey(line, Names::none()).asked, Some(asked), "{line}");
        }
    }

    #[test]
    fn what_is_missing_is_told_when_every_word_is_right() {
        assert_eq!(wrong("type=all")[0].1, "the line does not say the group");
        assert_eq!(wrong("group_id=1,bucket=actions=drop")[0].1, "the line does not say the type");
        assert_eq!(wrong("group_id=1,type=all,bucket=weight:1,")[0].1, "the bucket has no actions");
        assert_eq!(wrong("group_id=1,type=indirect,bucket=output:1,bucket=output:2").len(), 1);
    }
}

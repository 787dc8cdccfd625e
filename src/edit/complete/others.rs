//! What may stand at the cursor of a line about a group or a meter.

use super::super::others;
use super::{Nest, Offers, Takes};
use crate::dump::group_line;
use crate::model::group::Bucket;
use crate::query::ItemKind;

impl<'a> Offers<'a> {
    /// The words of a line about a group, behind the word that says so.
    pub(super) fn group(&mut self, line: &'a str) {
        let (head, bucket) = match line.rsplit_once("bucket=") {
            Some((head, bucket)) => (head, Some(bucket)),
            None => (line, None),
        };
        let (command, rest) = group_line::Command::split(head);
        if let Some(bucket) = bucket {
            return self.bucket(bucket, command);
        }
        let from = head.rfind([',', ' ', '\t', '(']).map_or(0, |at| at + 1);
        let word = &head[from..];
        if rest.contains("fields(") && !rest.contains(')') || word.starts_with("fields=") {
            self.begin(word.strip_prefix("fields=").unwrap_or(word));
            return self.writable("");
        }
        if let Some((name, value)) = word.split_once('=') {
            self.begin(value);
            return self.values_of_group(name, command);
        }
        self.begin(word);
        self.hint = "a word of a group, or bucket=".to_owned();
        if head[..from].trim().is_empty() {
            for (name, _) in group_line::WORDS {
                self.add(1, format!("{name} "), ItemKind::Grammar, others::of_command(name));
            }
        }
        let written = |word: &str| word != "bucket=" && rest.contains(word);
        for row in others::HEAD.iter().filter(|row| (row.belongs)(command) && !written(row.word)) {
            self.add(0, row.word, ItemKind::Word, row.doc);
        }
    }

    fn values_of_group(&mut self, name: &str, command: group_line::Command) {
        match name {
            "group_id" if command == group_line::Command::Add => {
                let free = others::free(self.around.bridge.groups.iter().map(|group| group.id));
                self.add(0, free.to_string(), ItemKind::Value, "no group has it");
            }
            "group_id" => self.groups(),
            "type" => others::TYPES.iter().for_each(|(word, doc)| self.add(0, *word, ItemKind::Value, *doc)),
            "selection_method" => {
                self.add(0, "hash", ItemKind::Value, "hashes the fields that are told");
                self.add(0, "dp_hash", ItemKind::Value, "hashes as the datapath does; the default");
            }
            "command_bucket_id" => {
                for (_, word) in Bucket::PLACES {
                    self.add(0, word, ItemKind::Value, "");
                }
            }
            _ => {}
        }
    }

    /// A bucket that breaks off at the cursor.
    fn bucket(&mut self, bucket: &'a str, command: group_line::Command) {
        let list = bucket_actions(bucket);
        let item = Nest::of(list);
        if item.around.is_empty() {
            let word = item.item;
            if let Some((name @ ("watch_port" | "watch_group" | "weight" | "bucket_id"), value)) =
                word.split_once([':', '='])
            {
                self.begin(value);
                return match name {
                    "watch_port" => self.ports(),
                    "watch_group" => self.groups(),
                    _ => {}
                };
            }
            self.begin(word);
            let has_actions = list.len() < bucket.len();
            for (word, doc) in others::BUCKET.iter().filter(|_| !has_actions) {
                self.add(0, *word, ItemKind::Word, *doc);
            }
            if command.has_buckets() && !bucket.trim().is_empty() {
                self.add(3, "bucket=", ItemKind::Word, "one more bucket");
            }
            self.start += word.len();
        }
        self.actions(list);
    }

    /// The words of a line about a meter; `at` is where what follows the command begins.
    pub(super) fn meter(&mut self, line: &'a str, at: usize, command: &str) {
        let rest = &line[at..];
        let from = rest.rfind([',', ' ', '\t']).map_or(0, |at| at + 1);
        let word = &rest[from..];
        let in_bands =
            rest.contains("band") && rest.contains('=') && rest.split_once("band").is_some_and(|b| b.1.contains('='));
        let word = if in_bands { word.strip_prefix("bands=").unwrap_or(word) } else { word };
        if let Some((name, value)) = word.split_once('=') {
            self.begin(value);
            match name {
                "meter" if command == "add" => {
                    let free = others::free(self.around.bridge.meters.iter().map(|meter| meter.id));
                    self.add(0, free.to_string(), ItemKind::Value, "no meter has it");
                }
                "meter" => self.argument(Takes::Meter),
                "type" => {
                    self.add(0, "drop", ItemKind::Value, "drops what is above the rate");
                    self.add(1, "dscp_remark", ItemKind::Value, "marks it; no datapath of Open vSwitch does it");
                }
                _ => {}
            }
            return;
        }
        self.begin(word);
        self.hint = "a word of a meter, or bands=".to_owned();
        // Behind `meter` stands a command, or the meter itself.
        if line[..at + from].trim() == "meter" {
            for name in ["add", "modify", "delete"] {
                self.add(1, format!("{name} "), ItemKind::Grammar, others::of_command(name));
            }
        }
        let rows: &[(&str, &str)] = if in_bands { &others::BAND } else { &others::METER };
        let is_said = |word: &str| !in_bands && rest[..from].split([',', ' ']).any(|said| said.starts_with(word));
        let is_unit = |word: &str| matches!(word, "kbps" | "pktps");
        let has_unit = rest[..from].split([',', ' ']).any(is_unit);
        for (word, doc) in rows.iter().filter(|(word, _)| !(is_said(word) || has_unit && is_unit(word))) {
            if command != "delete" || *word == "meter=" {
                self.add(0, *word, ItemKind::Word, *doc);
            }
        }
    }
}

/// The part of a bucket in which actions stand: all of it, unless they have a word in front.
pub(super) fn bucket_actions(bucket: &str) -> &str {
    bucket.rsplit_once("actions=").map_or(bucket, |(_, actions)| actions)
}

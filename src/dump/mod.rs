//! Readers and writers of what people capture from a switch.

pub mod archive;
pub mod change_file;
pub mod common;
pub mod conntrack;
pub mod datapath;
pub mod demo;
pub mod dpif_show;
pub mod echo;
pub mod fdb;
pub mod flow_file;
pub mod flow_line;
pub mod flows;
pub mod fragments;
pub mod group_line;
pub mod groups;
pub mod input;
pub mod kind;
pub mod lines;
pub mod meters;
pub mod ovn;
pub mod ovsdb_file;
pub mod ovsdb_json;
mod ovsdb_replay;
pub mod ovsdb_text;
pub mod place;
pub mod ports;
pub mod reprint;
pub mod tables;
pub mod vsctl;

use std::sync::Arc;

use crate::base::diag::{Diagnostic, Located, Report};
use crate::base::paint::{Painter, Role};
use crate::field::Names;

/// A part of a document: something that was understood, or text that only stands around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<T> {
    /// What was understood.
    Entry(T),
    /// What was understood, and its line with the line end where it would print differently.
    Written(T, Box<str>),
    /// A heading, a blank line, or a line nobody knows, with its line end.
    Text(Box<str>),
}

impl<T> Part<T> {
    /// What was understood, if it is that.
    pub fn entry(&self) -> Option<&T> {
        match self {
            Part::Entry(entry) | Part::Written(entry, _) => Some(entry),
            Part::Text(_) => None,
        }
    }

    /// The same, taken out.
    pub fn into_entry(self) -> Option<T> {
        match self {
            Part::Entry(entry) | Part::Written(entry, _) => Some(entry),
            Part::Text(_) => None,
        }
    }
}

/// What a reader needs beside the text, and where it tells what it did not understand.
pub struct Source<'a> {
    /// The file's name, for messages.
    pub file: &'a Arc<str>,
    /// Ports and tables by name.
    pub names: &'a Names,
    /// What was not understood.
    pub report: &'a mut Report,
}

impl Source<'_> {
    /// Tells of a line (from 1) that was not understood.
    pub fn complain(&mut self, line: usize, text: &str, diagnostic: Diagnostic) {
        self.report.push(Located::line(self.file, u32::try_from(line).unwrap_or(u32::MAX), text, diagnostic));
    }
}

/// Prints a document part by part.
pub fn paint_parts<T, P: Painter>(parts: &[Part<T>], p: &mut P, mut paint: impl FnMut(&T, &mut P)) {
    for part in parts {
        match part {
            Part::Entry(entry) => paint(entry, p),
            Part::Written(_, text) => p.text(text),
            Part::Text(text) => p.put(Role::Dim, text),
        }
    }
}

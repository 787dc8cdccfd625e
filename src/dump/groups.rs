//! Groups: `ovs-ofctl dump-groups`, `dump-group-stats`, and the files that `add-groups` reads.

use super::group_line::{Command, GroupLine, parse};
use super::lines::{self, Block, First, Form, Line, Lines, Wrong};
use super::{Part, Source};
use crate::action::Mode;
use crate::base::args::items;
use crate::base::paint::Painter;
use crate::field::Names;
use crate::model::group::GroupStats;

fn begins_dumped(line: &str) -> bool {
    line.trim_start().starts_with("group_id=")
}

/// A line of a file: a group, or a command word and a group. What counts groups is none.
fn begins_typed(line: &str) -> bool {
    let (_, rest) = Command::split(line);
    begins_dumped(rest.trim_start_matches([',', ' ', '\t'])) && !begins_stats(line)
}

fn begins_stats(line: &str) -> bool {
    let head = line.split_once("packet_count=").map(|(head, _)| head);
    begins_dumped(line) && head.is_some_and(|head| !head.contains("type=") && head.ends_with([',', ' ']))
}

/// Any line of a file but blank ones and comments: what is no group is worth a complaint of its own.
fn begins_any(line: &str) -> bool {
    !line.split('#').next().unwrap_or("").trim().is_empty()
}

/// The headings of the OpenFlow versions: 1.0 has groups by extension.
const HEADINGS: &[&str] = &["OFPST_GROUP_DESC", "NXST_GROUP_DESC"];
const STATS_HEADINGS: &[&str] = &["OFPST_GROUP", "NXST_GROUP"];

const DUMP: Form<GroupLine> = Form {
    what: "groups",
    headings: HEADINGS,
    begins: begins_dumped,
    continues: |_| false,
    surrounds: |_| false,
    read: |block, source| read_line(block, source, Mode::Dumped),
    paint: |entry, names, p| entry.paint(names, p),
};

const FILE: Form<GroupLine> =
    Form { begins: begins_any, read: |block, source| read_line(block, source, Mode::Typed), ..DUMP };

fn read_line<'a>(block: &Block<'a>, source: &mut Source<'_>, mode: Mode) -> Result<GroupLine, Wrong<'a>> {
    let Line { text, number, .. } = block.head;
    let reading = parse(text, source.names, mode).map_err(|d| Box::new((block.head, d)))?;
    for d in reading.found {
        source.complain(number, text, d);
    }
    Ok(reading.line)
}

/// Whether this is the beginning of a dump of groups, or of a file of groups.
pub fn is_groups(head: &str) -> bool {
    First::of(head).is(HEADINGS, begins_typed)
}

/// Reads a dump of groups, or a file of groups: without a heading, and without the blank in front that dumps have.
pub fn read_groups(text: &str, source: &mut Source<'_>) -> Vec<Part<GroupLine>> {
    let is_dump = Lines::of(text).find_map(|line| match lines::heading(line.text) {
        Some(_) => Some(true),
        None => begins_typed(line.text).then(|| line.text.starts_with(" group_id=")),
    });
    lines::read(text, source, if is_dump == Some(true) { &DUMP } else { &FILE })
}

/// Gives back the text that [`read_groups`] read. `names` are those it was read with if the text has ports by name,
/// and none if it has numbers.
pub fn paint_groups(parts: &[Part<GroupLine>], names: &Names, p: &mut impl Painter) {
    lines::paint(parts, p, |entry, p| entry.paint(names, p));
}

const STATS: Form<GroupStats> = Form {
    what: "counters of groups",
    headings: STATS_HEADINGS,
    begins: begins_dumped,
    continues: |_| false,
    surrounds: |_| false,
    read: |block, _| read_stats(&block.head),
    paint: |entry, _, p| paint_stats(entry, p),
};

fn read_stats<'a>(line: &Line<'a>) -> Result<GroupStats, Wrong<'a>> {
    let mut stats = GroupStats::default();
    // Counts belong to the group until a bucket begins.
    let mut bucket = None;
    for item in items(line.text) {
        let mut value = item.value;
        let mut name = item.name;
        if let Some(number) = name.strip_prefix("bucket") {
            let at = line.number(number, GroupStats::MAX_BUCKETS as u64 - 1)? as usize;
            stats.buckets.resize((at + 1).max(stats.buckets.len()), (None, None));
            bucket = Some(at);
            (name, value) = value.split_once('=').unwrap_or((value, ""));
        }
        let known = |n: u64| (n != u64::MAX).then_some(n);
        let counts = bucket.and_then(|at| stats.buckets.get_mut(at));
        let (packets, bytes) = counts.map_or((&mut stats.packets, &mut stats.bytes), |(p, b)| (p, b));
        match name {
            "group_id" => stats.id = line.number(value, u32::MAX.into())? as u32,
            "duration" => stats.duration_ns = Some(line.duration(value)?),
            "ref_count" => stats.ref_count = Some(line.number(value, u32::MAX.into())? as u32),
            "packet_count" => *packets = known(line.number(value, u64::MAX)?),
            "byte_count" => *bytes = known(line.number(value, u64::MAX)?),
            _ => return Err(line.error("unknown-field", item.name, format!("no counter `{name}` of a group"))),
        }
    }
    Ok(stats)
}

fn paint_stats(stats: &GroupStats, p: &mut impl Painter) {
    p.dim(" ");
    stats.paint(p);
}

/// Whether this is the beginning of a dump of groups' counters.
pub fn is_group_stats(head: &str) -> bool {
    First::of(head).is(STATS_HEADINGS, begins_stats)
}

/// Reads a dump of groups' counters.
pub fn read_group_stats(text: &str, source: &mut Source<'_>) -> Vec<Part<GroupStats>> {
    lines::read(text, source, &STATS)
}

/// Gives back the text that [`read_group_stats`] read.
pub fn paint_group_stats(parts: &[Part<GroupStats>], _names: &Names, p: &mut impl Painter) {
    lines::paint(parts, p, |entry, p| paint_stats(entry, p));
}

#[cfg(test)]
mod tests;

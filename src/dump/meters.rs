//! Meters: `ovs-ofctl dump-meters`, `meter-stats`, and lines as `add-meter` takes them.
//!
//! A dump has a line for the meter and one for each band. `add-meter` takes all of it in one line, in any spelling
//! (ovs-ofctl(8) "Meter Syntax"); a [`MeterEntry`] keeps such a line as it was written.

mod survey;

use super::lines::{self, Block, First, Form, Line, Wrong};
use super::{Part, Source};
use crate::base::args::{Item, Separator, items};
use crate::base::diag::Diagnostic;
use crate::base::number::c_integer;
use crate::base::paint::Painter;
use crate::base::span::Span;
use crate::field::Names;
use crate::model::meter::{Band, BandKind, Meter, MeterStats, Unit};

pub use survey::{Survey, survey};

/// A meter as a document has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterEntry {
    /// The meter.
    pub meter: Meter,
    /// The line as it was written, if it was not a dump; it is what is printed then.
    pub written: Option<Box<str>>,
}

impl MeterEntry {
    /// Prints the meter without the end of its last line.
    pub fn paint(&self, p: &mut impl Painter) {
        match &self.written {
            Some(line) => p.text(line),
            None => self.meter.paint(p),
        }
    }
}

const HEADINGS: &[&str] = &["OFPST_METER_CONFIG"];
const STATS_HEADINGS: &[&str] = &["OFPST_METER"];

fn begins_meter(line: &str) -> bool {
    line.trim_start().starts_with("meter=") && line.contains("band")
}

fn begins_stats(line: &str) -> bool {
    line.starts_with("meter:") && line.ends_with(" bands:")
}

const METERS: Form<MeterEntry> = Form {
    what: "meters",
    headings: HEADINGS,
    begins: begins_meter,
    continues: |line| line.starts_with("type="),
    surrounds: |_| false,
    read: |block, _| read_meter(block),
    paint: |entry, _, p| entry.paint(p),
};

fn read_meter<'a>(block: &Block<'a>) -> Result<MeterEntry, Wrong<'a>> {
    let line = block.head;
    let text = line.text.split('#').next().unwrap_or("");
    let at = text.find("band").unwrap_or(text.len());
    let (head, bands) = (&text[..at], text[at..].split_once('=').map_or("", |(_, bands)| bands));
    let mut draft = Draft::default();
    for item in items(head) {
        draft.word(&line, item.name, item.value)?;
    }
    // A dump has the bands in lines of their own.
    read_bands(&line, bands, &mut draft.bands)?;
    for line in block.tail() {
        read_bands(&line, line.text, &mut draft.bands)?;
    }
    let is_dump = bands.is_empty();
    let missing = |what| line.error("missing-value", text.trim(), format!("the line does not say the {what}"));
    let meter = Meter {
        id: draft.id.ok_or_else(|| missing("meter"))?,
        unit: draft.unit.ok_or_else(|| missing("unit, kbps or pktps"))?,
        burst: draft.burst,
        stats: draft.stats,
        bands: draft.bands,
    };
    Ok(MeterEntry { meter, written: (!is_dump).then(|| line.text.into()) })
}

/// Reads one line as `add-meter` takes it.
pub fn parse(line: &str) -> Result<Meter, Diagnostic> {
    let wrong = |message: &str| Diagnostic::error("refused", Span::of(line, line.trim()), message);
    if !line.contains("band") {
        return Err(wrong("the line does not say the bands").hint("add bands=type=drop,rate=1000"));
    }
    let meter = read_meter(&Block::of(line)).map_err(|wrong| wrong.1)?.meter;
    // What `ovs-ofctl` refuses of a line as a whole.
    let is_unnamed = meter.id == 0 || meter.id > Meter::MAX && Meter::NAMES.iter().all(|(id, _)| *id != meter.id);
    let (kbps, pktps) = (line.contains("kbps"), line.contains("pktps"));
    let has = |band: &Band| band.burst_size.unwrap_or(0) != 0;
    let refused = [
        (is_unnamed, "no meter can have this number"),
        (kbps && pktps, "a meter counts kbps or pktps, not both"),
        (meter.bands.is_empty(), "a meter has one band at least"),
        (meter.bands.iter().any(|b| b.rate == 0), "a band needs a rate"),
        (meter.bands.iter().any(|b| b.kind == BandKind::DscpRemark(0)), "a band that remarks needs prec_level"),
        (meter.burst && !meter.bands.iter().all(has), "with burst every band needs burst_size"),
        (!meter.burst && meter.bands.iter().any(has), "burst_size needs the word burst"),
    ];
    match refused.iter().find(|(is_refused, _)| *is_refused) {
        Some((_, message)) => Err(wrong(message)),
        None => Ok(meter),
    }
}

/// Reads what `del-meter` takes: the meter, or nothing for every meter.
pub fn parse_id(line: &str) -> Result<Option<u32>, Diagnostic> {
    let block = Block::of(line);
    let mut draft = Draft::default();
    for item in items(line) {
        draft.word(&block.head, item.name, item.value).map_err(|wrong| wrong.1)?;
    }
    Ok(draft.id.filter(|id| Meter::NAMES.iter().all(|(all, name)| *name != "all" || id != all)))
}

/// The meter as a line that `add-meter` takes, without blanks.
pub fn line(meter: &Meter) -> String {
    let mut text = String::new();
    meter.paint(&mut text);
    text.replace("bands=\n", "bands=").replace([' ', '\n'], ",")
}

/// The words of a meter in front of its bands.
const WORDS: [&str; 5] = ["meter", "kbps", "pktps", "burst", "stats"];

/// The words of a band.
const BAND_WORDS: [&str; 4] = ["type", "rate", "burst_size", "prec_level"];

/// What the words of a meter have told so far.
#[derive(Default)]
struct Draft {
    id: Option<u32>,
    unit: Option<Unit>,
    burst: bool,
    stats: bool,
    bands: Vec<Band>,
}

impl Draft {
    fn word<'a>(&mut self, line: &Line<'a>, name: &str, value: &str) -> Result<(), Wrong<'a>> {
        match name {
            "meter" => self.id = Some(meter_id(line, value)?),
            "kbps" => self.unit = Some(Unit::Kbps),
            "pktps" => self.unit = Some(Unit::Pktps),
            "burst" => self.burst = true,
            "stats" => self.stats = true,
            _ => {
                let mut wrong = line.error("unknown-field", name, format!("no word `{name}` in a meter"));
                wrong.1 = wrong.1.clone().nearest(name, WORDS);
                return Err(wrong);
            }
        }
        Ok(())
    }
}

fn meter_id<'a>(line: &Line<'a>, text: &str) -> Result<u32, Wrong<'a>> {
    let wrong = || line.error("bad-value", text, format!("`{text}` is no meter"));
    Meter::id_by_name(text).ok_or_else(wrong)
}

/// Reads bands: each begins with its type.
fn read_bands<'a>(line: &Line<'a>, text: &str, bands: &mut Vec<Band>) -> Result<(), Wrong<'a>> {
    items(text).try_for_each(|item| read_band_word(line, &item, bands))
}

/// Reads a word of a band.
fn read_band_word<'a>(line: &Line<'a>, item: &Item<'_>, bands: &mut Vec<Band>) -> Result<(), Wrong<'a>> {
    let number = |max: u64| match c_integer(item.value) {
        Ok(n) if n <= max && item.separator == Separator::Equals => Ok(n),
        _ => Err(line.error("bad-value", item.value, format!("{} is a number up to {max}", item.name))),
    };
    if item.name == "type" {
        let kind = match item.value {
            "drop" => BandKind::Drop,
            "dscp_remark" => BandKind::DscpRemark(0),
            other => return Err(line.error("bad-value", other, format!("no band type `{other}`"))),
        };
        bands.push(Band { kind, rate: 0, burst_size: None });
        return Ok(());
    }
    let Some(band) = bands.last_mut() else {
        return Err(line.error("bad-line", item.name, "a band begins with its type"));
    };
    match (item.name, &mut band.kind) {
        ("rate", _) => band.rate = number(u32::MAX.into())? as u32,
        ("burst_size", _) => band.burst_size = Some(number(u32::MAX.into())? as u32),
        ("prec_level", BandKind::DscpRemark(level)) => *level = number(u8::MAX.into())? as u8,
        // Open vSwitch takes it, and forgets it.
        ("prec_level", _) => {}
        (name, _) => {
            let mut wrong = line.error("unknown-field", name, format!("no word `{name}` in a band"));
            wrong.1 = wrong.1.clone().nearest(name, BAND_WORDS);
            return Err(wrong);
        }
    }
    Ok(())
}

/// Whether this is the beginning of a dump of meters, or a file of lines for `add-meter`.
pub fn is_meters(head: &str) -> bool {
    First::of(head).is(HEADINGS, begins_meter)
}

/// Reads a dump of meters, or a file with one meter a line.
pub fn read_meters(text: &str, source: &mut Source<'_>) -> Vec<Part<MeterEntry>> {
    lines::read(text, source, &METERS)
}

/// Gives back the text that [`read_meters`] read.
pub fn paint_meters(parts: &[Part<MeterEntry>], _names: &Names, p: &mut impl Painter) {
    lines::paint(parts, p, |entry, p| entry.paint(p));
}

const STATS: Form<MeterStats> = Form {
    what: "counters of meters",
    headings: STATS_HEADINGS,
    begins: begins_stats,
    continues: |line| line.split_once(": packet_count:").is_some(),
    surrounds: |_| false,
    read: |block, _| read_stats(block),
    paint: |entry, _, p| entry.paint(p),
};

fn read_stats<'a>(block: &Block<'a>) -> Result<MeterStats, Wrong<'a>> {
    let line = block.head;
    let mut stats = MeterStats::default();
    for item in items(line.text) {
        match item.name {
            "meter" => stats.id = meter_id(&line, item.value)?,
            "flow_count" => stats.flow_count = line.number(item.value, u32::MAX.into())? as u32,
            "packet_in_count" => stats.packets = line.number(item.value, u64::MAX)?,
            "byte_in_count" => stats.bytes = line.number(item.value, u64::MAX)?,
            "duration" => stats.duration_ns = line.duration(item.value)?,
            "bands" => {}
            name => return Err(line.error("unknown-field", name, format!("no counter `{name}` of a meter"))),
        }
    }
    stats.bands = block.tail().map(|line| read_band_stats(&line)).collect::<Result<_, _>>()?;
    Ok(stats)
}

fn read_band_stats<'a>(line: &Line<'a>) -> Result<(u64, u64), Wrong<'a>> {
    let (_, counts) = line.text.split_once(": ").unwrap_or(("", line.text));
    let mut band = (0, 0);
    for item in items(counts) {
        match item.name {
            "packet_count" => band.0 = line.number(item.value, u64::MAX)?,
            "byte_count" => band.1 = line.number(item.value, u64::MAX)?,
            name => return Err(line.error("unknown-field", name, format!("no counter `{name}` of a band"))),
        }
    }
    Ok(band)
}

/// Whether this is the beginning of a dump of meters' counters.
pub fn is_meter_stats(head: &str) -> bool {
    First::of(head).is(STATS_HEADINGS, begins_stats)
}

/// Reads a dump of meters' counters.
pub fn read_meter_stats(text: &str, source: &mut Source<'_>) -> Vec<Part<MeterStats>> {
    lines::read(text, source, &STATS)
}

/// Gives back the text that [`read_meter_stats`] read.
pub fn paint_meter_stats(parts: &[Part<MeterStats>], _names: &Names, p: &mut impl Painter) {
    lines::paint(parts, p, |entry, p| entry.paint(p));
}

#[cfg(test)]
mod tests;

//! Meters: how much of a kind of packet may pass (OpenFlow 1.5.1, section 5.11).

use crate::base::paint::{Painter, Role, Target};
use crate::model::flow::paint_duration;

/// What a meter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Thousands of bits a second.
    Kbps,
    /// Packets a second.
    Pktps,
}

/// A meter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Meter {
    /// Its number.
    pub id: u32,
    /// What it counts.
    pub unit: Unit,
    /// Whether bands have a burst size.
    pub burst: bool,
    /// Whether it counts packets and bytes.
    pub stats: bool,
    /// The bands.
    pub bands: Vec<Band>,
}

impl Meter {
    /// The highest number of an ordinary meter (`OFPM13_MAX`).
    pub const MAX: u32 = 0xffff_0000;

    /// The meters that have words instead of numbers (`OFPM13_SLOWPATH` and so on).
    pub const NAMES: [(u32, &'static str); 3] =
        [(0xffff_fffd, "slowpath"), (0xffff_fffe, "controller"), (0xffff_ffff, "all")];

    /// The number of the meter that a dump calls so.
    pub fn id_by_name(name: &str) -> Option<u32> {
        if let Some((id, _)) = Self::NAMES.iter().find(|(_, n)| *n == name) {
            return Some(*id);
        }
        name.parse().ok().filter(|id| *id <= Self::MAX && name.bytes().all(|b| b.is_ascii_digit()))
    }

    /// Prints the meter as `ovs-ofctl dump-meters` does: a line for the meter and one for each band, without the end
    /// of the last line.
    pub fn paint(&self, p: &mut impl Painter) {
        paint_meter_id(self.id, "=", p);
        p.text(match self.unit {
            Unit::Kbps => " kbps ",
            Unit::Pktps => " pktps ",
        });
        for (is_set, word) in [(self.burst, "burst "), (self.stats, "stats ")] {
            p.text(if is_set { word } else { "" });
        }
        p.dim("bands=");
        for band in &self.bands {
            p.dim("\n");
            band.paint(p);
        }
    }
}

/// Prints `meter`, a separator and the meter's number or name, which leads to it.
fn paint_meter_id(id: u32, separator: &str, p: &mut impl Painter) {
    p.dim("meter");
    p.dim(separator);
    match Meter::NAMES.iter().find(|(n, _)| *n == id) {
        Some((_, name)) => p.link(Target::Meter(id), Role::Accent, name),
        None => p.link(Target::Meter(id), Role::Accent, &id.to_string()),
    }
}

/// What happens above a rate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Band {
    /// What happens.
    pub kind: BandKind,
    /// The rate, in the meter's unit.
    pub rate: u32,
    /// The burst, in the meter's unit (kbit or packets).
    pub burst_size: Option<u32>,
}

impl Band {
    fn paint(&self, p: &mut impl Painter) {
        p.dim("type=");
        p.text(match self.kind {
            BandKind::Drop => "drop",
            BandKind::DscpRemark(_) => "dscp_remark",
        });
        p.dim(" rate=");
        p.decimal(Role::Text, self.rate.into());
        if let Some(size) = self.burst_size {
            p.dim(" burst_size=");
            p.decimal(Role::Text, size.into());
        }
        if let BandKind::DscpRemark(level) = self.kind {
            p.dim(" prec_level=");
            p.decimal(Role::Text, level.into());
        }
    }
}

/// What happens to packets above a band's rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BandKind {
    /// They are dropped.
    Drop,
    /// Their drop precedence goes up by so much.
    DscpRemark(u8),
}

/// What a switch counts for a meter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MeterStats {
    /// The meter.
    pub id: u32,
    /// How many flows use it.
    pub flow_count: u32,
    /// Packets that came in.
    pub packets: u64,
    /// Bytes that came in.
    pub bytes: u64,
    /// How long it exists, in nanoseconds.
    pub duration_ns: u64,
    /// Packets and bytes that each band caught.
    pub bands: Vec<(u64, u64)>,
}

impl MeterStats {
    /// Prints it as `ovs-ofctl meter-stats` does: a line for the meter and one for each band, without the end of the
    /// last line.
    pub fn paint(&self, p: &mut impl Painter) {
        paint_meter_id(self.id, ":", p);
        let counts = [
            (" flow_count:", self.flow_count.into()),
            (" packet_in_count:", self.packets),
            (" byte_in_count:", self.bytes),
        ];
        for (key, n) in counts {
            p.dim(key);
            p.decimal(Role::Text, n);
        }
        p.dim(" duration:");
        paint_duration(self.duration_ns, p);
        p.dim(" bands:");
        for (i, (packets, bytes)) in self.bands.iter().enumerate() {
            p.dim("\n");
            p.decimal(Role::Dim, i as u64);
            p.dim(": packet_count:");
            p.decimal(Role::Text, *packets);
            p.dim(" byte_count:");
            p.decimal(Role::Text, *bytes);
        }
    }
}

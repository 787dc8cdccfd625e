//! Meters: how much of a kind of packet may pass (OpenFlow 1.5.1, section 5.11).

/// What a meter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Thousands of bits a second.
    Kbps,
    /// Packets a second.
    Pktps,
}

/// A meter.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// What happens above a rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// What happens.
    pub kind: BandKind,
    /// The rate, in the meter's unit.
    pub rate: u32,
    /// The burst, in the meter's unit (kbit or packets).
    pub burst_size: Option<u32>,
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

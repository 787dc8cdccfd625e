//! What can be asked of a switch about its meters.
//!
//! OpenFlow 1.5.1, section 7.3.4.5; `handle_meter_mod` in ofproto/ofproto.c of Open vSwitch.

use super::meter::Meter;

/// What is done with meters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeterMod {
    /// Adds the meter.
    Add(Meter),
    /// Replaces the meter of this number.
    Modify(Meter),
    /// Deletes the meter, and the flows that use it; every meter for `None`.
    Delete(Option<u32>),
}

impl MeterMod {
    /// The meter that it is about; `None` for every meter.
    pub fn meter(&self) -> Option<u32> {
        match self {
            MeterMod::Add(meter) | MeterMod::Modify(meter) => Some(meter.id),
            MeterMod::Delete(meter) => *meter,
        }
    }
}

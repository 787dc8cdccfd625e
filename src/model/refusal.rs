//! Why a switch refuses what it is asked.

use std::fmt;

/// An error of OpenFlow, as Open vSwitch names it (include/openvswitch/ofp-errors.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Error {
    /// Another flow of the same priority overlaps.
    Overlap,
    /// The table is full.
    TableFull,
    /// The table may not be named here.
    FlowBadTableId,
    /// There is no such table.
    BadTableId,
    /// The table is the switch's own.
    NotPermitted,
    /// There is no such group.
    BadOutGroup,
    /// There is no such meter.
    InvalidMeter,
    /// The group is there already.
    GroupExists,
    /// The group is not there.
    UnknownGroup,
    /// No group can have this number.
    InvalidGroup,
    /// The buckets cannot be so.
    BadBucket,
    /// Such a bucket cannot watch.
    WatchUnsupported,
    /// The way in which a bucket is chosen cannot be so.
    BadProperty,
    /// The bucket is there already.
    BucketExists,
    /// The bucket is not there.
    UnknownBucket,
    /// The meter is there already.
    MeterExists,
    /// The meter is not there.
    UnknownMeter,
    /// The meter has more bands than the switch can hold.
    OutOfBands,
    /// The band cannot be so.
    BadBand,
}

impl Error {
    /// The errors that can come of a request, each with the name that `ovs-ofctl` prints and what it means.
    pub const ROWS: [(Error, &'static str, &'static str); 19] = [
        (Error::Overlap, "OFPFMFC_OVERLAP", "a flow of the same priority overlaps, and check_overlap forbids that"),
        (Error::TableFull, "OFPFMFC_TABLE_FULL", "the table is full"),
        (Error::FlowBadTableId, "OFPFMFC_BAD_TABLE_ID", "a flow cannot be added to every table"),
        (Error::BadTableId, "OFPBRC_BAD_TABLE_ID", "the switch has no such table"),
        (Error::NotPermitted, "OFPBRC_EPERM", "the table is the switch's own"),
        (Error::BadOutGroup, "OFPBAC_BAD_OUT_GROUP", "the actions use a group that is not there"),
        (Error::InvalidMeter, "OFPMMFC_INVALID_METER", "there is no such meter"),
        (Error::GroupExists, "OFPGMFC_GROUP_EXISTS", "the group is there already"),
        (Error::UnknownGroup, "OFPGMFC_UNKNOWN_GROUP", "the group is not there"),
        (
            Error::InvalidGroup,
            "OFPGMFC_INVALID_GROUP",
            "no group can have this number, or its buckets do not fit its type",
        ),
        (Error::BadBucket, "OFPGMFC_BAD_BUCKET", "the numbers of the buckets are wrong"),
        (Error::WatchUnsupported, "OFPGMFC_WATCH_UNSUPPORTED", "only buckets of select and ff groups can watch"),
        (Error::BadProperty, "OFPBPC_BAD_VALUE", "only select groups choose, by hash or dp_hash"),
        (Error::BucketExists, "OFPGMFC_BUCKET_EXISTS", "two buckets have the same number"),
        (Error::UnknownBucket, "OFPGMFC_UNKNOWN_BUCKET", "the group has no such bucket"),
        (Error::MeterExists, "OFPMMFC_METER_EXISTS", "the meter is there already"),
        (Error::UnknownMeter, "OFPMMFC_UNKNOWN_METER", "the meter is not there"),
        (Error::OutOfBands, "OFPMMFC_OUT_OF_BANDS", "a meter has 8 bands at most"),
        (Error::BadBand, "OFPMMFC_BAD_BAND", "datapaths have bands that drop, and no others"),
    ];

    /// The name that `ovs-ofctl` prints.
    pub fn name(self) -> &'static str {
        Self::ROWS.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// What it means, in a few words.
    pub fn sentence(self) -> &'static str {
        Self::ROWS.iter().find(|row| row.0 == self).map_or("", |row| row.2)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A request that the switch would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which request, counted from 0.
    pub index: usize,
    /// The error that it would answer with.
    pub error: Error,
    /// Why, in a sentence.
    pub sentence: String,
}

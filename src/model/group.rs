//! Groups: one name for several ways out (OpenFlow 1.5.1, section 5.10).

use crate::action::Actions;
use crate::field::FieldId;
use crate::field::bits::Bits;

/// What a group does with its buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupType {
    /// A copy of the packet goes through each.
    All,
    /// The packet goes through one, chosen by hashing.
    Select,
    /// There is one only.
    Indirect,
    /// The packet goes through the first that is live.
    FastFailover,
}

impl GroupType {
    /// The types with the words that dumps use.
    pub const NAMES: [(GroupType, &'static str); 4] = [
        (GroupType::All, "all"),
        (GroupType::Select, "select"),
        (GroupType::Indirect, "indirect"),
        (GroupType::FastFailover, "ff"),
    ];

    /// The word that dumps use.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(t, _)| *t == self).map_or("", |(_, name)| name)
    }
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its number.
    pub id: u32,
    /// What it does with its buckets.
    pub kind: GroupType,
    /// For `select`: how a bucket is chosen; empty for the default.
    pub selection_method: Box<str>,
    /// A number that the selection method takes.
    pub selection_method_param: u64,
    /// The fields that are hashed, each with its mask if it has one.
    pub fields: Vec<(FieldId, Option<Bits>)>,
    /// The buckets.
    pub buckets: Vec<Bucket>,
}

/// One way through a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bucket {
    /// Its number; OpenFlow 1.1 to 1.4 do not print one.
    pub id: Option<u32>,
    /// How often it is chosen, compared with the others; `None` where nothing is printed.
    pub weight: Option<u16>,
    /// It is live while this port is.
    pub watch_port: Option<u32>,
    /// It is live while this group is.
    pub watch_group: Option<u32>,
    /// What it does.
    pub actions: Actions,
}

/// What a switch counts for a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupStats {
    /// The group.
    pub id: u32,
    /// How long it exists, in nanoseconds; OpenFlow 1.1 and 1.2 do not say.
    pub duration_ns: Option<u64>,
    /// How many flows and groups refer to it.
    pub ref_count: Option<u32>,
    /// Packets; `None` when the switch does not know.
    pub packets: Option<u64>,
    /// Bytes; `None` when the switch does not know.
    pub bytes: Option<u64>,
    /// Packets and bytes of each bucket.
    pub buckets: Vec<(Option<u64>, Option<u64>)>,
}

//! Groups: one name for several ways out (OpenFlow 1.5.1, section 5.10).

use crate::action::Actions;
use crate::base::paint::{Painter, Role, Target};
use crate::field::bits::Bits;
use crate::field::names::paint_port;
use crate::field::{FieldId, Names, format};
use crate::model::flow::paint_duration;

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

    /// The type of that word; `fast_failover` is read, too.
    pub fn by_name(name: &str) -> Option<GroupType> {
        let name = if name == "fast_failover" { "ff" } else { name };
        Self::NAMES.iter().find(|(_, n)| *n == name).map(|(kind, _)| *kind)
    }

    /// The word that dumps use.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(t, _)| *t == self).map_or("", |(_, name)| name)
    }
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

impl Group {
    /// Prints the group as `ovs-ofctl dump-groups` does, without the blank in front.
    pub fn paint(&self, names: &Names, p: &mut impl Painter) {
        paint_group_id(self.id, p);
        p.dim(",type=");
        p.put(Role::Accent, self.kind.name());
        self.paint_selection(p);
        paint_buckets(&self.buckets, names, p);
    }

    /// Prints how a bucket is chosen, if it is not the default way (Netronome's extension to OpenFlow 1.5).
    fn paint_selection(&self, p: &mut impl Painter) {
        if self.selection_method.is_empty() {
            return;
        }
        p.dim(",selection_method=");
        p.text(&self.selection_method);
        if self.selection_method_param != 0 {
            p.dim(",selection_method_param=");
            p.decimal(Role::Text, self.selection_method_param);
        }
        let (open, close) = match self.fields.len() {
            0 => return,
            1 => (",fields=", ""),
            _ => (",fields(", ")"),
        };
        p.dim(open);
        for (i, (field, mask)) in self.fields.iter().enumerate() {
            p.dim(if i > 0 { "," } else { "" });
            p.put(Role::Reg, field.name);
            if let Some(mask) = mask {
                p.dim("=");
                format::paint(field, mask, None, Names::none(), p);
            }
        }
        p.dim(close);
    }
}

/// Prints `group_id=` and the number, which leads to the group.
pub fn paint_group_id(id: u32, p: &mut impl Painter) {
    p.dim("group_id=");
    p.link(Target::Group(id), Role::Goto, &id.to_string());
}

/// Prints the buckets, each with a comma in front.
pub fn paint_buckets(buckets: &[Bucket], names: &Names, p: &mut impl Painter) {
    for bucket in buckets {
        p.dim(",");
        bucket.paint(names, p);
    }
}

/// One way through a group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
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

impl Bucket {
    /// The highest number that a bucket can have (`OFPG15_BUCKET_MAX`).
    pub const MAX: u32 = 0xffff_ff00;

    /// The numbers that stand for buckets by their place, with the words for them (`OFPG15_BUCKET_FIRST` and so on).
    pub const PLACES: [(u32, &'static str); 3] = [(0xffff_fffd, "first"), (0xffff_fffe, "last"), (0xffff_ffff, "all")];

    /// Prints the bucket as `ovs-ofctl dump-groups` does.
    pub fn paint(&self, names: &Names, p: &mut impl Painter) {
        p.dim("bucket=");
        if let Some(id) = self.id {
            p.dim("bucket_id:");
            paint_bucket_id(id, p);
            p.dim(",");
        }
        self.paint_ways(names, p);
    }

    /// Prints when it is chosen and what it does.
    pub fn paint_ways(&self, names: &Names, p: &mut impl Painter) {
        if let Some(weight) = self.weight {
            p.dim("weight:");
            p.decimal(Role::Text, weight.into());
            p.dim(",");
        }
        if let Some(port) = self.watch_port {
            p.dim("watch_port:");
            paint_port(port, names, p);
            p.dim(",");
        }
        if let Some(group) = self.watch_group {
            p.dim("watch_group:");
            p.link(Target::Group(group), Role::Goto, &group.to_string());
            p.dim(",");
        }
        p.dim("actions=");
        self.actions.paint(names, p);
    }
}

/// Prints the number of a bucket, or the word for a place.
pub fn paint_bucket_id(id: u32, p: &mut impl Painter) {
    match Bucket::PLACES.iter().find(|(place, _)| *place == id) {
        Some((_, word)) => p.text(word),
        None => p.decimal(Role::Text, id.into()),
    }
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
    /// Packets and bytes of each bucket; a bucket whose packets the switch does not know is not printed.
    pub buckets: Vec<(Option<u64>, Option<u64>)>,
}

impl GroupStats {
    /// How many buckets one OpenFlow message can tell of: 16 bytes each, in 64 kB.
    pub const MAX_BUCKETS: usize = 4096;

    /// Prints it as `ovs-ofctl dump-group-stats` does, without the blank in front.
    pub fn paint(&self, p: &mut impl Painter) {
        paint_group_id(self.id, p);
        if let Some(ns) = self.duration_ns {
            p.dim(",duration=");
            paint_duration(ns, p);
        }
        if let Some(n) = self.ref_count {
            p.dim(",ref_count=");
            p.decimal(Role::Text, n.into());
        }
        p.dim(",");
        paint_counts(self.packets, self.bytes, p);
        for (i, (packets, bytes)) in self.buckets.iter().enumerate().filter(|(_, (packets, _))| packets.is_some()) {
            p.dim(",bucket");
            p.decimal(Role::Dim, i as u64);
            p.dim(":");
            paint_counts(*packets, *bytes, p);
        }
    }
}

/// Prints packets and bytes. Open vSwitch prints what it does not know as the largest number there is.
fn paint_counts(packets: Option<u64>, bytes: Option<u64>, p: &mut impl Painter) {
    p.dim("packet_count=");
    p.decimal(Role::Text, packets.unwrap_or(u64::MAX));
    p.dim(",byte_count=");
    p.decimal(Role::Text, bytes.unwrap_or(u64::MAX));
}

//! What a trace consists of: its passes, their steps, and the verdict.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::Options;
use super::datapath::DpAction;
use super::packet::Packet;
use crate::action::Action;
use crate::field::format::mac_text;
use crate::field::{Bits, Match, Subfield};
use crate::model::bridge::FlowId;
use crate::model::flow::TableId;

/// A packet's way, as a switch would send it.
#[derive(Debug)]
pub struct Trace<'a> {
    /// The bridge it came into, by its place in the node.
    pub bridge: usize,
    /// The packet as it came in.
    pub input: Packet,
    /// What was taken for granted.
    pub options: Options,
    /// Its passes: one, and one more for each time it begins again after connection tracking.
    pub passes: Vec<Pass<'a>>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Where the packet leaves the node, in order.
    pub outputs: Vec<Egress>,
    /// Why it is lost, if it is.
    pub drop: Option<DropReason>,
    /// What was assumed because nothing tells it.
    pub assumed: Vec<Assumption>,
    /// The connections that were committed, in order; empty unless the trace was to keep packets.
    pub commits: Vec<Commit>,
}

/// A connection that is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The pass, from 0.
    pub pass: usize,
    /// The zone.
    pub zone: u16,
    /// The packet as connection tracking sees it.
    pub packet: Box<Packet>,
    /// The mark that is set: value and mask.
    pub mark: Option<(u32, u32)>,
    /// The label that is set: value and mask.
    pub label: Option<(u128, u128)>,
    /// The packet after translation, if there is one.
    pub translated: Option<Box<Packet>>,
}

/// One run through the tables.
#[derive(Debug)]
pub struct Pass<'a> {
    /// What it follows, for all but the first.
    pub resume: Option<Resume>,
    /// The pass that began the outcome it belongs to, if it follows one of several that a hash of the datapath may have. A
    /// switch's own trace follows none of them.
    pub outcome: Option<usize>,
    /// The packet at its beginning.
    pub input: Packet,
    /// The packet at its end.
    pub output: Packet,
    /// What happened, in order.
    pub steps: Vec<Step<'a>>,
    /// The packet at each lookup, in order, as the table saw it; empty unless the trace was to keep packets.
    pub lookups: Vec<Packet>,
    /// The bits that were looked at, as a switch tells them (`Megaflow:`); [`Trace::relevant`] tells which decided.
    pub relevant: Match,
    /// What the datapath is told to do.
    pub actions: Vec<DpAction>,
    /// Why the datapath cannot do it alone.
    pub slow: SmallVec<[Slow; 2]>,
    /// Why there is no result.
    pub failure: Option<Failure>,
}

/// How a pass after connection tracking begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// The number of the recirculation.
    pub id: u32,
    /// What connection tracking says.
    pub ct_state: u8,
    /// Whether that is assumed, because nobody said it.
    pub assumed: bool,
    /// The translation: the addresses and ports before and after, as printed.
    pub nat: Option<(String, String)>,
    /// What is picked, if that is why it begins again: one outcome of several.
    pub picked: Option<Picked>,
}

/// What is picked by something that nothing tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// By the datapath's hash: of a group, a bucket.
    Bucket(u32, u32),
    /// Of a bond, a member.
    Member(std::sync::Arc<str>, std::sync::Arc<str>),
}

impl Picked {
    /// In words, after `if`.
    pub fn text(&self) -> String {
        match self {
            Picked::Bucket(group, bucket) => format!("the hash picks bucket {bucket} of group {group}"),
            Picked::Member(bond, member) => format!("{bond} sends it through {member}"),
        }
    }
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    /// How deep it is nested, from 0.
    pub level: u16,
    /// The bridge it happens in, by its place in the node.
    pub bridge: u16,
    /// Whether that is the bridge in which the trace began.
    pub first: bool,
    /// What it is.
    pub what: What<'a>,
}

/// What happens.
#[derive(Debug, Clone)]
pub enum What<'a> {
    /// The packet is in a bridge.
    Bridge,
    /// It is looked up in a table.
    Table {
        /// The table.
        table: TableId,
        /// What is found.
        found: Found,
    },
    /// The action set is executed.
    ActionSet,
    /// A bucket of a group gets a copy.
    Bucket(u32),
    /// It begins again.
    Thaw,
    /// In this table.
    ResumeTable(TableId),
    /// With this action set.
    ResumeSet(Vec<Cow<'a, Action>>),
    /// With these actions, in the words of Open vSwitch, rather than with a lookup.
    ResumeActions(Box<str>),
    /// An action is executed.
    Action(Cow<'a, Action>),
    /// There are no actions.
    Drop,
    /// What is to be said of it.
    Remark(Remark),
}

/// What is found in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A flow.
    Flow {
        /// The flow.
        flow: FlowId,
        /// The clauses of the conjunction that led to it.
        via: SmallVec<[FlowId; 4]>,
    },
    /// Nothing: the packet is dropped.
    Miss,
    /// Nothing: the packet goes to a controller.
    PacketIn,
    /// A flow of the last table, which belongs to the switch.
    Internal,
    /// Nothing was looked for: the packet is a fragment, and the bridge drops these.
    Fragment,
}

/// Something to be said of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// The port that a field names.
    OutputPort(u64),
    /// It is no port number.
    OutOfRange(u64),
    /// There is no such port.
    NoPort,
    /// The port does not forward.
    NoForward,
    /// The packet came from there.
    InputPort,
    /// It goes into a tunnel.
    Tunnel,
    /// It goes into a tunnel that the switch itself puts together.
    NativeTunnel,
    /// To that end of it, through a bridge.
    TunnelVia(std::net::IpAddr, std::sync::Arc<str>),
    /// Between two MAC addresses, and from one end to the other.
    TunnelBetween((u64, u64), Option<std::net::IpAddr>, std::net::IpAddr),
    /// The MAC address of the other end is not known yet in that bridge.
    NoNeighbour(std::net::IpAddr, std::sync::Arc<str>),
    /// There is no end of the tunnel.
    NoTunnel,
    /// The end of the tunnel is this end.
    OwnTunnel,
    /// What bits hold now.
    Now(Subfield, Bits),
    /// A field that the packet does not have.
    Unmet(&'static str),
    /// What the action set is.
    ActionSetIs(Vec<Action>),
    /// What it was.
    ActionSetWas(Vec<Action>),
    /// No MAC address like this was learned.
    Flooding,
    /// One was learned.
    Learned,
    /// It was learned on the input port.
    LearnedInput,
    /// It was learned on a port that is not there any more.
    LearnedNowhere,
    /// Nobody is known to want the group's packets.
    Unregistered,
    /// The address is not for others.
    ReservedMac,
    /// It came by a member of a bond that takes no such packets.
    BondRefused,
    /// Its sender was learned elsewhere, so a bond takes it for one that it sent itself.
    LoopedBack,
    /// The packet came from no port that takes part.
    NoBundle,
    /// The port is not known.
    UnknownPort(u32),
    /// A tag on an access port: the tag, the port, its own tag.
    TaggedAccess(u16, Box<str>, u16),
    /// An inner VLAN that the tunnel port excludes.
    Excluded(u16, Box<str>),
    /// A VLAN that the trunk does not carry.
    NotTrunked(u16, Box<str>),
    /// Hence it is dropped.
    VlanRefused,
    /// There is no such group.
    NoGroup(u32),
    /// A bucket is not live: its number, and what is down.
    BucketDown(u32, String),
    /// The score of a bucket, by which one is picked: its number, and the score.
    Score(u32, u32),
    /// The bucket that is used.
    Bucket(u32),
    /// Buckets watch groups that watch groups, too deep.
    ChainedBuckets,
    /// None is live.
    NoBucket,
    /// The packet goes on in this table, with what connection tracking says.
    Forked(TableId),
    /// This copy forgets its connection.
    Untracked,
    /// A flow would be learned, but for the trace.
    LearnIgnored,
    /// The time to live is over: `IPv4`, `MPLS` ..
    TtlExpired(&'static str),
    /// Nothing is on the stack.
    StackUnderflow,
    /// The queue is now.
    Queue(u32),
    /// A field is deleted.
    Deleted(&'static str),
    /// Patch ports take whole packets only.
    TruncatedPatch(u32),
    /// A clause of a conjunction was executed.
    ConjunctionExecuted,
    /// No connection, so no swap.
    NoTuple,
    /// Too deep.
    TooDeep,
    /// Too many lookups.
    TooManyResubmits,
    /// Too many actions.
    TooManyActions,
    /// The stack is too large.
    StackTooLarge,
    /// Too many MPLS labels.
    TooManyLabels,
    /// An Ethernet header cannot be put before another.
    EncapEthernet,
    /// A network service header cannot be put before a packet of this type.
    EncapNsh(u32),
    /// An Ethernet header with a VLAN tag cannot be taken off.
    DecapTagged,
    /// What follows the network service header is not known.
    DecapNsh(u32),
    /// A packet of this type has no header that can be taken off.
    DecapUnknown(u32),
    /// The port takes Ethernet frames only.
    NotFrame,
    /// An action that is not known, or of which nothing is known; with its text.
    Unknown(Box<str>),
}

/// How serious a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// It explains.
    Detail,
    /// Something was not done.
    Warning,
    /// Something is wrong.
    Error,
    /// The same, which Open vSwitch says like an action.
    Refusal,
}

/// Why there is no result: the limits of a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// More than 64 lookups in the same or earlier tables.
    TooDeep,
    /// More than 4096 lookups.
    TooManyResubmits,
    /// More than 64 kB on the stack.
    StackTooDeep,
    /// More MPLS labels than a switch keeps.
    TooManyLabels,
    /// A header that cannot be put before, or taken off, what the packet begins with.
    PacketType,
}

/// Why a packet needs the slow path of a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slow {
    /// The datapath does not have an action.
    Action,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It leaves through a port.
    Delivered,
    /// It leaves nowhere.
    Dropped,
    /// It goes to a controller, and nowhere else.
    Controller,
    /// It depends on something that nothing tells.
    Unknown,
    /// Some copies leave, others go to a controller.
    Mixed,
}

/// Where a copy of the packet leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Egress {
    /// The pass, from 0.
    pub pass: usize,
    /// The bridge, by its place in the node.
    pub bridge: usize,
    /// The port's OpenFlow number.
    pub port: u32,
    /// The port's name.
    pub name: std::sync::Arc<str>,
    /// The tunnel it goes into.
    pub tunnel: Option<TunnelOut>,
    /// The packet as it leaves; `None` unless the trace was to keep packets.
    pub packet: Option<Box<Packet>>,
}

/// A tunnel that a packet goes into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TunnelOut {
    /// The outer header, as the datapath is told.
    pub text: String,
    /// The key, such as the VNI; `None` for none.
    pub key: Option<u64>,
    /// This end, if it is known.
    pub local: Option<std::net::IpAddr>,
    /// The other end.
    pub remote: std::net::IpAddr,
}

/// Why a packet is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropReason {
    /// The pass, from 0.
    pub pass: usize,
    /// The bridge, by its place in the node.
    pub bridge: usize,
    /// The table it came to last.
    pub table: Option<TableId>,
    /// The flow that lost it; `None` for a table miss.
    pub flow: Option<FlowId>,
    /// What happened.
    pub why: Lost,
}

/// How a packet gets lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// No flow matches.
    Miss,
    /// A flow drops it.
    Flow,
    /// It is a fragment, and the bridge drops these.
    Fragment,
    /// A flow sends it nowhere: a remark says why.
    Refused(Remark),
    /// A flow does nothing that would send it on.
    NoOutput,
    /// The port takes no packets.
    NoReceive,
    /// A limit of the switch.
    Failure(Failure),
}

/// What was assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assumption {
    /// What connection tracking says at a recirculation.
    CtState(u32),
    /// A connection that is known, in words.
    Tracked(Box<str>),
    /// How a bridge deals with fragments.
    Fragments(std::sync::Arc<str>),
    /// A bridge that puts fragments together first.
    Reassembled(std::sync::Arc<str>),
    /// Which addresses were learned.
    Fdb(std::sync::Arc<str>),
    /// Which ports want which multicast groups.
    Multicast(std::sync::Arc<str>),
    /// Whether a group is live that watches itself through others.
    Liveness(u32),
    /// Which ports a bridge has.
    Ports(std::sync::Arc<str>),
    /// The VLANs of ports.
    Vlans(std::sync::Arc<str>),
    /// The packet's length.
    Length(u16),
    /// How the other end of a tunnel is reached.
    Neighbour(std::net::IpAddr),
    /// What happens after a recirculation that cannot be followed.
    Recirculation(u32),
    /// What lies below a header that was taken off: the header's name, what it is, the bridge, and how it goes on there.
    Below(&'static str, Box<str>, std::sync::Arc<str>, Box<str>),
    /// Which bucket of a group the datapath's hash picks: every outcome is traced.
    Bucket(u32),
    /// Which member of a bond takes the packet.
    Member(std::sync::Arc<str>),
    /// How a bond is.
    Bond(std::sync::Arc<str>),
    /// What an action does that nobody knows.
    Action(Box<str>),
}

impl Assumption {
    /// Whether the verdict hangs on it, rather than on a default of the switch.
    pub fn is_doubt(&self) -> bool {
        use Assumption::{Action, Below, Liveness, Ports, Reassembled, Recirculation};
        matches!(self, Recirculation(_) | Below(..) | Action(_) | Ports(_) | Reassembled(_) | Liveness(_))
    }

    /// In words.
    pub fn text(&self) -> String {
        match self {
            Assumption::CtState(id) => {
                format!("conntrack answers trk|new at recirculation {id:#x}; --ct-next says otherwise")
            }
            Assumption::Tracked(text) => text.to_string(),
            Assumption::Fragments(bridge) => {
                format!(
                    "{bridge} looks fragments up as if they had no ports, which is its default: \
                     no `ovs-ofctl get-frags` or `show` was captured"
                )
            }
            Assumption::Reassembled(bridge) => {
                format!("{bridge} puts fragments together before it looks them up: the whole packet is not known")
            }
            Assumption::Fdb(bridge) => format!("{bridge} has learned no MAC addresses: none were captured"),
            Assumption::Multicast(bridge) => {
                format!("{bridge} watches multicast groups, and nobody has joined this one: no capture tells it")
            }
            Assumption::Liveness(group) => format!(
                "group {group} is not live: groups watch each other in a circle here, and a switch that asks which is live \
                 may never end"
            ),
            Assumption::Ports(bridge) => format!(
                "the ports that flows of {bridge} name are there and up, and no others: no list of its ports was captured \
                 (`ovs-ofctl show`)"
            ),
            Assumption::Vlans(bridge) => format!("every port of {bridge} carries every VLAN: nothing says otherwise"),
            Assumption::Length(bytes) => format!("the packet may be longer than {bytes} bytes or not: both are traced"),
            Assumption::Neighbour(remote) => {
                format!("{remote} is reached through the network below; nothing tells through which bridge")
            }
            Assumption::Recirculation(id) => format!("what follows recirculation {id:#x} is not traced"),
            Assumption::Below(header, what, bridge, then) => format!(
                "below the {header} header that was taken off lies {what}, of which nothing is known: its fields decide \
                 how it goes on in {bridge} ({then}); trace it by itself to see"
            ),
            Assumption::Bucket(group) => {
                format!("the datapath's hash picks one of the buckets of group {group}: each outcome is traced")
            }
            Assumption::Member(bond) => {
                format!("which member of {bond} takes the packet is the bond's choice: each outcome is traced")
            }
            Assumption::Bond(bond) => {
                format!(
                    "members of {bond} that are up carry packets, and its LACP is as the database asks for: \
                     no `ovs-appctl bond/show` was captured"
                )
            }
            Assumption::Action(text) => format!("`{text}` does nothing: nobody knows this action"),
        }
    }
}

impl Failure {
    /// In the words of Open vSwitch.
    pub fn text(self) -> &'static str {
        match self {
            Failure::TooDeep => "Recursion too deep",
            Failure::TooManyResubmits => "Too many resubmits",
            Failure::StackTooDeep => "Stack too deep",
            Failure::TooManyLabels => "Too many MPLS labels",
            Failure::PacketType => "Unsupported packet type",
        }
    }
}

impl Slow {
    /// In the words of Open vSwitch.
    pub fn text(self) -> &'static str {
        match self {
            Slow::Action => "Uses action(s) not supported by datapath",
        }
    }
}

impl Verdict {
    /// The word of the contract.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Delivered => "delivered",
            Verdict::Dropped => "dropped",
            Verdict::Controller => "controller",
            Verdict::Unknown => "unknown",
            Verdict::Mixed => "mixed",
        }
    }
}

impl Remark {
    /// How serious it is.
    pub fn grade(&self) -> Grade {
        use Remark::*;
        match self {
            OutputPort(_) | NoForward | Tunnel | NativeTunnel | TunnelVia(..) | TunnelBetween(..) | NoNeighbour(..)
            | Now(..) | ActionSetIs(_) | ActionSetWas(_) | Flooding | Learned | LearnedInput | Unregistered
            | ReservedMac | BondRefused | LoopedBack | BucketDown(..) | Score(..) | Bucket(_) | NoBucket
            | Forked(_) | Untracked | Queue(_) | Deleted(_) => Grade::Detail,
            OutOfRange(_) | LearnedNowhere | NoPort | InputPort | NoTunnel | OwnTunnel | Unmet(_) | NoBundle
            | VlanRefused | NoGroup(_) | LearnIgnored | TtlExpired(_) | NotFrame => Grade::Warning,
            EncapEthernet | EncapNsh(_) | DecapTagged | DecapNsh(_) | DecapUnknown(_) => Grade::Refusal,
            UnknownPort(_) | TaggedAccess(..) | Excluded(..) | NotTrunked(..) | StackUnderflow | TruncatedPatch(_)
            | ConjunctionExecuted | NoTuple | ChainedBuckets | TooDeep | TooManyResubmits | TooManyActions
            | StackTooLarge | TooManyLabels | Unknown(_) => Grade::Error,
        }
    }

    /// In the words of Open vSwitch.
    pub fn text(&self) -> String {
        use Remark::*;
        match self {
            OutputPort(port) => format!("output port is {port}"),
            OutOfRange(port) => format!("output port {port} is out of range"),
            NoPort => "Nonexistent output port".to_owned(),
            NoForward => "OFPPC_NO_FWD set, skipping output".to_owned(),
            InputPort => "skipping output to input port".to_owned(),
            Tunnel => "output to kernel tunnel".to_owned(),
            NativeTunnel => "output to native tunnel".to_owned(),
            TunnelVia(remote, bridge) => format!("tunneling to {remote} via {bridge}"),
            TunnelBetween((from, to), local, remote) => {
                let unset = match remote {
                    std::net::IpAddr::V4(_) => "::ffff:0.0.0.0".to_owned(),
                    std::net::IpAddr::V6(_) => "::".to_owned(),
                };
                let local = local.map_or(unset, |local| local.to_string());
                format!("tunneling from {} {local} to {} {remote}", mac_text(*from), mac_text(*to))
            }
            NoNeighbour(remote, bridge) => {
                let request = if remote.is_ipv4() { "ARP" } else { "ND" };
                format!("neighbor cache miss for {remote} on bridge {bridge}, sending {request} request")
            }
            NoTunnel => "Tunneling decided against output".to_owned(),
            OwnTunnel => "Not tunneling to our own address".to_owned(),
            Now(sub, value) => {
                let mut text = String::new();
                super::paint::paint_now(sub, value, &mut text);
                text
            }
            Unmet(field) => format!("unmet prerequisites for {field}, set_field ignored"),
            ActionSetIs(set) => super::paint::action_set("is", set),
            ActionSetWas(set) => super::paint::action_set("was", set),
            Flooding => "no learned MAC for destination, flooding".to_owned(),
            Learned => "forwarding to learned port".to_owned(),
            LearnedInput => "learned port is input port, dropping".to_owned(),
            LearnedNowhere => "learned port is unknown, dropping".to_owned(),
            Unregistered => "unregistered multicast, flooding".to_owned(),
            Excluded(vid, port) => {
                format!("dropping VLAN {vid} packet received on dot1q-tunnel port {port} that excludes this VLAN")
            }
            BondRefused => "bonding refused admissibility, dropping".to_owned(),
            LoopedBack => "SLB bond thinks this packet looped back, dropping".to_owned(),
            ReservedMac => "packet has reserved destination MAC, dropping".to_owned(),
            NoBundle => "no input bundle, dropping".to_owned(),
            UnknownPort(port) => format!("received packet on unknown port {port}"),
            TaggedAccess(vid, port, tag) => {
                format!(
                    "dropping VLAN {vid} tagged packet received on port {port} configured as VLAN {tag} access port"
                )
            }
            NotTrunked(vid, port) => {
                format!("dropping VLAN {vid} packet received on port {port} not configured for trunking VLAN {vid}")
            }
            VlanRefused => "disallowed VLAN VID for this input port, dropping".to_owned(),
            NoGroup(group) => format!("output to nonexistent group {group}"),
            BucketDown(bucket, why) => format!("bucket {bucket}: not live due to {why}"),
            Score(bucket, score) => format!("bucket {bucket}: score {score}"),
            Bucket(bucket) => format!("using bucket {bucket}"),
            ChainedBuckets => "bucket chaining exceeded 128 links".to_owned(),
            NoBucket => "no live bucket".to_owned(),
            Forked(table) => format!(
                "A clone of the packet is forked to recirculate. The forked pipeline will be resumed at table {table}."
            ),
            Untracked => "Sets the packet to an untracked state, and clears all the conntrack fields.".to_owned(),
            LearnIgnored => "suppressing side effects, so learn action ignored".to_owned(),
            TtlExpired(what) => format!("{what} decrement TTL exception"),
            StackUnderflow => "stack underflow".to_owned(),
            Queue(queue) => {
                if *queue == 0 {
                    "queue = 0".to_owned()
                } else {
                    format!("queue = {queue:#x}")
                }
            }
            Deleted(field) => format!("delete {field}"),
            TruncatedPatch(port) => format!("output_trunc does not support patch port {port}"),
            ConjunctionExecuted => "executing no-op conjunction action".to_owned(),
            NoTuple => "resubmit(ct) with non-tracked or non-IP packet!".to_owned(),
            TooDeep => "over max translation depth 64".to_owned(),
            TooManyResubmits => "over 4096 resubmit actions".to_owned(),
            TooManyActions => "resubmits yielded over 64 kB of actions".to_owned(),
            StackTooLarge => "resubmits yielded over 64 kB of stack".to_owned(),
            TooManyLabels => "dropping packet on which an MPLS push action can't be performed as it would have more \
                              MPLS LSEs than the 3 supported."
                .to_owned(),
            EncapEthernet => "Dropping packet as encap(ethernet) is not supported for packet type ethernet.".to_owned(),
            EncapNsh(kind) => {
                let (space, kind) = (kind >> 16, kind & 0xffff);
                format!("Dropping packet as encap(nsh) is not supported for packet type ({space},{kind:#x})")
            }
            DecapTagged => "Dropping packet, cannot decap Ethernet if VLAN is present.".to_owned(),
            DecapNsh(next) => format!("Dropping packet as NSH next protocol {next} is not supported"),
            DecapUnknown(kind) => {
                let (space, kind) = (kind >> 16, kind & 0xffff);
                format!("Dropping packet as the decap() does not support packet type ({space},{kind:#x})")
            }
            NotFrame => "Trying to send non-Ethernet packet through legacy L2 port. Dropping packet.".to_owned(),
            Unknown(action) => format!("unknown action {action}"),
        }
    }
}

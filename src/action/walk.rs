//! What is known of a packet between two actions of a flow.

use std::fmt;

use crate::field::proto::{self, DL_TYPE, NW_PROTO, Needs, ethertype};
use crate::field::slot::word;
use crate::field::table::{self, Field};
use crate::field::{Formats, Match, Subfield};

/// Why an action cannot stand where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A field needs something that the match does not say.
    Prerequisite {
        /// The field or action.
        what: String,
        /// What it needs.
        needs: Needs,
    },
    /// A field that cannot be written.
    ReadOnly(&'static str),
    /// Something that a switch refuses; what, and what to do next.
    Argument(String, &'static str),
    /// The version has no way to say it.
    Version(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Prerequisite { what, needs } => {
                write!(f, "{what} needs {} in the match", needs.hint())
            }
            Refusal::ReadOnly(field) => write!(f, "{field} is read-only"),
            Refusal::Argument(message, _) | Refusal::Version(message) => f.write_str(message),
        }
    }
}

impl Refusal {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Refusal::Prerequisite { needs, .. } => format!("add {} to the match", needs.hint()),
            Refusal::ReadOnly(_) => "choose a field that can be written".to_owned(),
            Refusal::Argument(_, hint) => (*hint).to_owned(),
            Refusal::Version(_) => "use a later OpenFlow version".to_owned(),
        }
    }
}

impl std::error::Error for Refusal {}

/// What is matched, changed by the actions so far, and the formats that can carry them (`struct ofpact_check_params`).
#[derive(Debug, Clone)]
pub struct Walk {
    packet: Match,
    /// The presence bits of the two VLAN tags that Open vSwitch follows.
    tags: [bool; 2],
    /// After `decap` of an unknown header nothing is known of the packet.
    unknown: bool,
    /// The table of the flow; 255 when it is not known.
    pub table: u8,
    /// The formats that can carry the actions so far.
    pub formats: Formats,
}

impl Walk {
    /// Before the first action of a flow in `table` with this match.
    pub fn new(matching: &Match, table: u8) -> Walk {
        let tagged = matching.value(proto::VLAN_PRESENT) != 0;
        Walk { packet: matching.clone(), tags: [tagged, false], unknown: false, table, formats: Formats::ANY }
    }

    /// Whether a VLAN tag is known to be there.
    pub fn has_vlan(&self) -> bool {
        self.tags[0]
    }

    /// The Ethernet type, 0 if it is not known.
    pub fn dl_type(&self) -> u16 {
        if self.unknown {
            return 0xffff;
        }
        proto::effective_dl_type(|id| self.packet.word(id).0)
    }

    /// The IP protocol, 0 if it is not known.
    pub fn nw_proto(&self) -> u8 {
        self.packet.value(NW_PROTO) as u8
    }

    /// Whether the packet is known to be IPv4 or IPv6.
    pub fn is_ip(&self) -> bool {
        matches!(self.dl_type(), ethertype::IP | ethertype::IPV6)
    }

    /// Whether the packet starts with an Ethernet header.
    pub fn is_ethernet(&self) -> bool {
        !self.unknown && self.packet.word(word::PACKET_TYPE).0 == 0
    }

    /// Whether the packet is known to start with a network service header, or to carry one.
    pub fn is_nsh(&self) -> bool {
        self.dl_type() == ethertype::NSH
    }

    /// A word of what is known.
    pub fn word(&self, id: crate::field::slot::WordId) -> (u32, u32) {
        self.packet.word(id)
    }

    /// Whether a need is met.
    pub fn meets(&self, needs: Needs) -> bool {
        match needs {
            Needs::None => true,
            Needs::Vlan => self.tags[0],
            Needs::Ethernet => self.is_ethernet(),
            Needs::Ct => self.has_valid_connection(),
            _ => !self.unknown && self.packet.meets(needs),
        }
    }

    /// Whether the match says that connection tracking knows the packet (`is_ct_valid` for matches).
    fn has_valid_connection(&self) -> bool {
        const SAYS_SO: u64 = 0xcf;
        let (value, mask) = self.packet.slot(proto::CT_STATE);
        let (value, mask) = (value.to_u64(), mask.to_u64());
        value & SAYS_SO != 0 || (value & 0x20 != 0 && mask & 0x10 != 0 && value & 0x10 == 0)
    }

    /// Requires a field's prerequisite.
    pub fn require(&self, field: &Field) -> Result<(), Refusal> {
        if self.meets(field.needs) {
            return Ok(());
        }
        Err(Refusal::Prerequisite { what: field.name.to_owned(), needs: field.needs })
    }

    /// Requires that bits may be read.
    pub fn require_source(&self, source: &Subfield) -> Result<(), Refusal> {
        self.require(&source.field)
    }

    /// Requires that bits may be written.
    pub fn require_destination(&self, destination: &Subfield) -> Result<(), Refusal> {
        self.require(&destination.field)?;
        if destination.field.writable { Ok(()) } else { Err(Refusal::ReadOnly(destination.field.name)) }
    }

    /// Notes that only OpenFlow 1.0, which never looked at the match, takes the action here (`inconsistent_match`).
    pub fn inconsistent(&mut self) {
        self.formats &= Formats::OF10_ANY;
    }

    /// Notes that the outer VLAN tag is there.
    pub fn tag(&mut self) {
        self.tags[0] = true;
    }

    /// Notes whether the outer VLAN tag is there.
    pub fn set_tag(&mut self, tagged: bool) {
        self.tags[0] = tagged;
    }

    /// Notes a new outer VLAN tag; false if there are two already.
    pub fn push_tag(&mut self) -> bool {
        let room = !self.tags[1];
        self.tags = [true, self.tags[0]];
        room
    }

    /// Notes that the outer VLAN tag is gone.
    pub fn pop_tag(&mut self) {
        self.tags = [self.tags[1], false];
    }

    /// Notes a new Ethernet type.
    pub fn set_dl_type(&mut self, dl_type: u16) {
        self.packet.set_exact(DL_TYPE, dl_type.into());
    }

    /// Notes that the IP protocol is not known any more.
    pub fn forget_nw_proto(&mut self) {
        self.packet.clear(&table::NW_PROTO);
    }

    /// Notes that the packet now starts with another header.
    pub fn set_packet_type(&mut self, packet_type: u32) {
        self.unknown = false;
        let mask = if packet_type == 0 { 0 } else { u32::MAX };
        self.packet.set_word(word::PACKET_TYPE, u32::MAX, packet_type, mask);
        if packet_type >> 16 == 1 {
            self.set_dl_type(packet_type as u16);
        }
    }

    /// Notes that nothing is known of the packet any more.
    pub fn forget_headers(&mut self) {
        self.unknown = true;
    }

    /// A copy for nested actions: what they do stays with them, but not which formats can carry them.
    pub fn nested(&self) -> Walk {
        Walk { formats: Formats::ANY, ..self.clone() }
    }
}

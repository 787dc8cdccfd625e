//! What can be asked of a switch about its flows, and which flows that is about.
//!
//! OpenFlow 1.5.1, sections 6.4 and 7.3.4.3; `handle_flow_mod` in ofproto/ofproto.c of Open vSwitch for what a switch
//! makes of it. What becomes of the tables is worked out in [`super::change`].

use super::flow::{Flags, Flow, Style};
use super::store::FlowRef;
use crate::action::{Action, Actions};
use crate::base::paint::{Painter, Role};
use crate::field::bits::Bits;
use crate::field::matches::{DEFAULT_PRIORITY, Plan};
use crate::field::names::{paint_port, port};
use crate::field::proto::{VLAN_PCP, VLAN_PRESENT, VLAN_VID};
use crate::field::{FieldId, Match, Names, Version};

/// What is done with flows (ovs-ofctl(8) "Flow Table Commands").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Command {
    /// Adds the flow, or replaces the one with the same table, priority and match.
    #[default]
    Add,
    /// Changes the actions of every flow the match covers.
    Modify,
    /// Changes the actions of the one flow with this match and priority.
    ModifyStrict,
    /// Deletes every flow the match covers.
    Delete,
    /// Deletes the one flow with this match and priority.
    DeleteStrict,
}

impl Command {
    /// The commands with their words. Open vSwitch takes any beginning of a word, and tries them in this order.
    pub const NAMES: [(Command, &'static str); 5] = [
        (Command::Add, "add"),
        (Command::Delete, "delete"),
        (Command::DeleteStrict, "delete_strict"),
        (Command::Modify, "modify"),
        (Command::ModifyStrict, "modify_strict"),
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(command, _)| *command == self).map_or("", |(_, name)| name)
    }

    /// Whether the line has actions.
    pub fn has_actions(self) -> bool {
        !matches!(self, Command::Delete | Command::DeleteStrict)
    }

    /// Whether it is about the one flow with the same match and priority.
    pub fn is_strict(self) -> bool {
        matches!(self, Command::ModifyStrict | Command::DeleteStrict)
    }
}

/// Which flows a command is about by their cookies: those whose cookie has these bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CookieFilter {
    /// The wanted bits.
    pub value: u64,
    /// The bits that count; 0 for flows with any cookie.
    pub mask: u64,
}

impl CookieFilter {
    /// Whether a cookie passes.
    pub fn admits(self, cookie: u64) -> bool {
        (cookie ^ self.value) & self.mask == 0
    }
}

/// A flow with what a line may say beyond it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowMod {
    /// What to do with it.
    pub command: Command,
    /// The flow. Its table is 0 if the line names none; its flags say whether overlaps are refused and counters start
    /// again; its cookie is the one that is set.
    pub flow: Flow,
    /// Whether the line says which cookie is set.
    pub sets_cookie: bool,
    /// Only flows with such cookies.
    pub cookie: CookieFilter,
    /// The table that the line names; none means table 0 for adding and every table otherwise.
    pub table: Option<u8>,
    /// Only flows that send packets to this port.
    pub out_port: Option<u32>,
    /// Only flows that send packets to this group.
    pub out_group: Option<u32>,
    /// The version of OpenFlow in which it is sent: they differ in what modifying does.
    pub version: Version,
}

impl Default for FlowMod {
    /// Adds the default flow, in the version that Neutron's agents use.
    fn default() -> FlowMod {
        FlowMod {
            command: Command::default(),
            flow: Flow::default(),
            sets_cookie: false,
            cookie: CookieFilter::default(),
            table: None,
            out_port: None,
            out_group: None,
            version: Version::V13,
        }
    }
}

impl FlowMod {
    /// Adds a flow, or puts it in the place of the one with its table, priority and match.
    pub fn add(flow: Flow, version: Version) -> FlowMod {
        FlowMod { sets_cookie: true, ..FlowMod::of(Command::Add, flow, version) }
    }

    /// Deletes exactly this flow.
    pub fn delete_strict(flow: Flow, version: Version) -> FlowMod {
        let flow = Flow { actions: Actions::default(), cookie: 0, ..flow };
        FlowMod::of(Command::DeleteStrict, flow, version)
    }

    fn of(command: Command, flow: Flow, version: Version) -> FlowMod {
        FlowMod { command, table: Some(flow.table), flow, version, ..FlowMod::default() }
    }

    /// Whether adding is refused if another flow of the same priority overlaps.
    pub fn check_overlap(&self) -> bool {
        self.flow.flags.contains(Flags::CHECK_OVERLAP)
    }

    /// Whether the counters of a flow that is there already start again: adding did so in the first two versions, and
    /// since then the flag says.
    pub fn reset_counts(&self) -> bool {
        match self.version {
            Version::V10 | Version::V11 => self.command == Command::Add,
            _ => self.flow.flags.contains(Flags::RESET_COUNTS),
        }
    }

    /// Whether modifying adds the flow if there is none to modify.
    pub fn may_add(&self) -> bool {
        match self.command {
            Command::Add => true,
            Command::Modify | Command::ModifyStrict => {
                self.version <= Version::V11 && self.cookie.mask == 0 && self.flow.cookie != NO_COOKIE
            }
            Command::Delete | Command::DeleteStrict => false,
        }
    }

    /// Whether modifying gives flows the cookie of the request. OpenFlow 1.0 always tells one: 0 if the line has none.
    pub fn changes_cookie(&self) -> bool {
        match self.command {
            Command::Add => true,
            _ => {
                let is_said = self.sets_cookie || self.cookie.mask == 0;
                self.version == Version::V10 && is_said && self.flow.cookie != NO_COOKIE
            }
        }
    }

    /// The table it is about; `None` for every table. Versions differ in where "every table" can be said.
    pub fn scope(&self) -> Option<u8> {
        let says_every = match self.command {
            Command::Add => false,
            Command::Modify | Command::ModifyStrict => self.version == Version::V10,
            Command::Delete | Command::DeleteStrict => self.version != Version::V11,
        };
        if says_every { self.table } else { Some(self.table.unwrap_or(0)) }
    }

    /// Whether a flow is one that it modifies or deletes, its table aside.
    pub fn selects(&self, flow: FlowRef<'_>) -> bool {
        self.cookie.admits(flow.head().cookie)
            && (!self.command.is_strict() || flow.priority() == self.flow.priority && flow.residue().is_empty())
            && self.is_about(&flow.matches())
            && self.is_way_out(flow.actions())
    }

    /// The same of a flow that is no row of a store.
    pub fn selects_flow(&self, flow: &Flow) -> bool {
        self.cookie.admits(flow.cookie)
            && (!self.command.is_strict() || flow.priority == self.flow.priority && flow.residue.is_empty())
            && self.is_about(&flow.matches)
            && self.is_way_out(&flow.actions)
    }

    fn is_about(&self, matches: &Match) -> bool {
        match self.command.is_strict() {
            true => self.flow.matches == *matches,
            false => self.flow.matches.covers(matches),
        }
    }

    /// Whether actions send packets where the request wants it. Only outputs that name the port count
    /// (`ofpacts_output_to_port`).
    fn is_way_out(&self, actions: &Actions) -> bool {
        let port = self.out_port.filter(|port| *port != port::NONE && !self.command.has_actions());
        let group = self.out_group.filter(|group| *group != ANY_GROUP && !self.command.has_actions());
        if port.is_none() && group.is_none() {
            return true;
        }
        let (mut to_port, mut to_group) = (port.is_none(), group.is_none());
        actions.each(&mut |action| match action {
            Action::Output(a) => to_port |= port == Some(a.port),
            Action::Enqueue(a) => to_port |= port == Some(a.port),
            Action::Controller(_) => to_port |= port == Some(port::CONTROLLER),
            Action::Group(a) => to_group |= group == Some(a.0),
            _ => {}
        });
        to_port && to_group
    }

    /// Prints it as a line of a flow file that means the same: the command unless it adds, what selects the flow, and
    /// its actions.
    pub fn paint(&self, names: &Names, p: &mut impl Painter) {
        let flow = &self.flow;
        if self.command != Command::Add {
            p.put(Role::Accent, self.command.name());
            p.text(" ");
        }
        if self.cookie.mask != 0 {
            p.dim("cookie=");
            p.hex(Role::Text, self.cookie.value);
            p.dim("/");
            p.hex(Role::Text, self.cookie.mask);
            p.dim(", ");
        }
        if let Some(port) = self.out_port {
            p.dim("out_port=");
            paint_port(port, names, p);
            p.dim(", ");
        }
        if let Some(group) = self.out_group {
            p.dim("out_group=");
            p.decimal(Role::Output, group.into());
            p.dim(", ");
        }
        if self.sets_cookie && flow.cookie == 0 && self.command != Command::Add {
            p.dim("cookie=0, ");
        }
        if self.table == Some(0) && self.command != Command::Add {
            // Without a table these commands mean every table.
            p.dim("table=0, ");
        }
        let mut shown = Flow { cookie: if self.sets_cookie { flow.cookie } else { 0 }, ..flow.clone() };
        // What the command has no word for is not said.
        if self.command != Command::Add {
            shown.importance = 0;
        }
        if !self.command.has_actions() {
            (shown.idle_timeout, shown.hard_timeout, shown.flags) = (0, 0, Flags::default());
        }
        let mut head = String::new();
        shown.paint_head(Style::NoStats, names, &mut head);
        p.text(head.trim_start());
        let plan = Plan::of(flow.matches.masks());
        if self.command.has_actions() {
            shown.paint_match(&plan, Style::NoStats, names, p);
            p.dim("actions=");
            flow.actions.paint(names, p);
        } else {
            let priority = if self.command.is_strict() { flow.priority } else { DEFAULT_PRIORITY };
            flow.matches.paint_by(&plan, priority, names, p);
        }
    }
}

/// The priority that every flow has whose match is exact in the message of OpenFlow 1.0: the message's own does not count
/// (OpenFlow 1.0.0, section 3.4; `ofputil_decode_flow_mod`).
pub const EXACT_PRIORITY: u32 = 65_535;

/// Whether a match leaves no field of OpenFlow 1.0's message open: `ofp_match` has twelve, and whatever the protocol has
/// no field for has to be said all the same. Asked of a match as it is sent, before the switch takes away what has no
/// prerequisite.
pub fn is_exact_in_openflow10(matches: &Match) -> bool {
    let has = |name: &str| FieldId::by_name(name).is_some_and(|field| matches.has(field.slot));
    let is_whole = |name: &str| FieldId::by_name(name).is_some_and(|f| matches.slot(f.slot).1 == Bits::ones(32));
    // A packet without a tag has no priority in it.
    let is_untagged = matches.has(VLAN_PRESENT) && matches.value(VLAN_PRESENT) == 0;
    ["in_port", "dl_src", "dl_dst", "dl_type", "nw_proto", "nw_tos", "tp_src", "tp_dst"].into_iter().all(has)
        && is_whole("nw_src")
        && is_whole("nw_dst")
        && (is_untagged || matches.has(VLAN_VID) && matches.has(VLAN_PCP))
}

/// The cookie that says that none is said (`OVS_BE64_MAX`).
pub(super) const NO_COOKIE: u64 = u64::MAX;

/// The number that stands for any group (`OFPG_ANY`).
const ANY_GROUP: u32 = u32::MAX;

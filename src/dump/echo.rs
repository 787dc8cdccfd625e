//! What a switch prints back of a flow that was added to it.
//!
//! Adding a flow with `ovs-ofctl -O VERSION` and dumping it again is a journey: the client turns text into a message, the
//! switch turns the message into a flow and drops what the match has no prerequisite for, and the dump goes the whole
//! way back. Each leg of the journey loses what its message cannot carry. [`echo`] makes that journey without a switch.
//!
//! Sources: lib/ofp-flow.c, lib/ofp-match.c (`ofputil_normalize_match`), lib/nx-match.c (`nx_put_raw`) of Open vSwitch.

use super::flow_line::Reading;
use std::collections::BTreeSet;

use crate::action::{Action, Actions, Refusal, Walk, carry};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::field::matches::DEFAULT_PRIORITY;
use crate::field::proto::{self, Needs};
use crate::field::slot::{Slot, word};
use crate::field::table::{self, FieldId, Quirk};
use crate::field::{Formats, Match, Names, Version};
use crate::model::flow::{Flags, Flow};

/// The flow as the switch holds and prints it, and what became of it on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echo {
    /// The flow.
    pub flow: Flow,
    /// What was dropped.
    pub lost: Vec<Diagnostic>,
}

/// What the switch has, as far as that is known: it refuses flows that refer to what it does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Its groups; `None` if nobody knows.
    pub groups: Option<BTreeSet<u32>>,
    /// Its meters; `None` if nobody knows.
    pub meters: Option<BTreeSet<u32>>,
}

impl Known {
    /// Refuses actions that refer to a group or meter that is not there (`OFPBAC_BAD_OUT_GROUP`,
    /// `OFPMMFC_INVALID_METER`).
    fn refuse_missing(&self, actions: &Actions, at: Span) -> Result<(), Diagnostic> {
        let mut missing = None;
        let lacks = |known: &Option<BTreeSet<u32>>, id: u32| known.as_ref().is_some_and(|known| !known.contains(&id));
        actions.each(&mut |action| match action {
            Action::Group(a) if lacks(&self.groups, a.0) => missing = Some(("group", a.0)),
            Action::Meter(a) if lacks(&self.meters, a.0) => missing = Some(("meter", a.0)),
            _ => {}
        });
        let Some((what, id)) = missing else { return Ok(()) };
        let d = Diagnostic::error("missing-reference", at, format!("the switch has no {what} {id}"));
        Err(d.hint(format!("add the {what} first")))
    }
}

/// Sends a flow that was read from `line` to a switch in `version` and prints it back.
pub fn echo(reading: &Reading, line: &str, version: Version, known: &Known) -> Result<Echo, Diagnostic> {
    let flow = &reading.flow_mod.flow;
    let whole = Span::new(0, line.len());
    let actions_at = super::flow_line::split_actions(line).1.map_or(whole, |text| Span::of(line, text));
    known.refuse_missing(&flow.actions, actions_at)?;
    let refused = |refusal: Refusal| {
        let code = if matches!(refusal, Refusal::Version(_)) { "version" } else { "inconsistent" };
        Diagnostic::error(code, actions_at, refusal.to_string()).hint(refusal.hint())
    };

    // The client checks the actions against the match as it was typed.
    let mut walk = Walk::new(&flow.matches, reading.flow_mod.table.unwrap_or(255));
    flow.actions.0.iter().try_for_each(|a| a.check(&mut walk)).map_err(refused)?;
    let usable = reading.formats & walk.formats;
    let format = choose(usable, version).ok_or_else(|| no_format(reading, walk.formats, version, whole, actions_at))?;

    // The switch checks them again, against what came through of the match.
    refuse_on_wire(&flow.matches, whole)?;
    let stored = normalise(&through(&flow.matches, format, whole)?);
    let before = Walk::new(&flow.matches, flow.table);
    let sent = carry(&flow.actions, version, &before).map_err(refused)?;
    let mut walk = Walk::new(&stored, flow.table);
    sent.0.iter().try_for_each(|a| a.check(&mut walk)).map_err(refused)?;
    if (walk.formats & version.formats()).is_empty() {
        return Err(no_format(reading, walk.formats, version, whole, actions_at));
    }
    let printed = carry(&sent, version, &Walk::new(&stored, flow.table)).map_err(refused)?;

    // A dump in OpenFlow 1.0 uses the extended match whatever the flow was added with.
    let dumped = through(&stored, if version == Version::V10 { Formats::NXM } else { format }, whole)?;
    let lost = lost(reading, line, &dumped);
    Ok(Echo { flow: Flow { matches: dumped, actions: printed, ..kept(flow, version) }, lost })
}

/// The flow format that the client uses: the plainest one that the version has and the flow fits into.
fn choose(usable: Formats, version: Version) -> Option<Formats> {
    let candidates = match version {
        Version::V10 => vec![Formats::OF10, Formats::NXM],
        _ => vec![version.formats()],
    };
    candidates.into_iter().find(|f| usable.contains(*f))
}

fn no_format(reading: &Reading, actions: Formats, version: Version, whole: Span, actions_at: Span) -> Diagnostic {
    let usable = reading.formats & actions;
    let message = format!("{version} cannot carry this flow");
    if (reading.formats & version.formats()).is_empty() {
        return Diagnostic::error("version", whole, message).hint(format!("formats that can: {usable}"));
    }
    let hint = if (actions & Formats::OF11_UP).is_empty() {
        "an action needs something that the match does not say: ip, tcp, dl_vlan, mpls ..".to_owned()
    } else {
        format!("formats that can: {usable}")
    };
    Diagnostic::error("version", actions_at, message).hint(hint)
}

/// What of a flow's head a version keeps.
fn kept(flow: &Flow, version: Version) -> Flow {
    let mut flow = flow.clone();
    if version < Version::V14 {
        flow.importance = 0;
    }
    if version == Version::V10 {
        flow.flags = Flags::default();
    } else if version < Version::V13 {
        flow.flags = flow.flags.without(Flags::NO_PACKET_COUNTS.with(Flags::NO_BYTE_COUNTS));
    }
    flow.stats = None;
    flow.residue.clear();
    flow
}

/// A match as it comes through a message in the given format.
fn through(matches: &Match, format: Formats, whole: Span) -> Result<Match, Diagnostic> {
    let mut out = matches.clone();
    match format {
        Formats::OF10 => of10_vlan(&mut out),
        Formats::NXM => {}
        _ => oxm_vlan(&mut out, whole)?,
    }
    drop_uncarried(&mut out);
    Ok(out)
}

/// OpenFlow 1.0 matches "no tag" with all 16 bits.
fn of10_vlan(matches: &mut Match) {
    let (tci, mask) = vlan(matches);
    if mask & 0x0fff != 0 && tci & 0x1000 == 0 && mask & 0x1000 != 0 {
        set_vlan(matches, 0, 0xffff);
    }
}

/// OXM has a field for the VLAN id with its presence bit, and one for the priority of a tagged packet; it cannot say
/// that the priority of an untagged packet is 0.
fn oxm_vlan(matches: &mut Match, whole: Span) -> Result<(), Diagnostic> {
    let (tci, mask) = vlan(matches);
    let (vid, vid_mask) = (tci & 0x1fff, mask & 0x1fff);
    let has_pcp = vid != 0 && mask & 0xe000 != 0;
    let (mut new, mut new_mask) = (vid, vid_mask);
    if has_pcp && vid & 0x1000 == 0 {
        let d = Diagnostic::error("missing-prerequisite", whole, "a VLAN priority needs a VLAN tag in the match");
        return Err(d.hint("match bit 0x1000 of vlan_tci as well"));
    }
    if has_pcp {
        // The priority is matched whole, and says that there is a tag.
        new |= tci & 0xe000 | 0x1000;
        new_mask |= 0xe000 | 0x1000;
    }
    set_vlan(matches, new, new_mask);
    Ok(())
}

fn vlan(matches: &Match) -> (u32, u32) {
    matches.word(word::VLAN)
}

fn set_vlan(matches: &mut Match, tci: u32, mask: u32) {
    matches.set_word(word::VLAN, 0xffff, tci & mask, mask);
}

/// Fields that no message has room for in this match.
fn drop_uncarried(matches: &mut Match) {
    for field in FieldId::all().filter(|f| f.quirk == Quirk::MaskIsValue) {
        let (value, _) = matches.get(&field);
        matches.set_slot(field.slot, &value, &value);
    }
    // Types and codes of ICMP are sent as a byte without a mask.
    for field in FieldId::all().filter(|f| matches!(f.needs, Needs::Icmpv4 | Needs::Icmpv6) && f.bits == 8) {
        if matches.has(field.slot) && matches.meets(field.needs) {
            matches.set_exact(field.slot, matches.value(field.slot) & 0xff);
        }
    }
    if matches.value(table::CT_NW_PROTO.slot) == 0 {
        for field in [table::CT_NW_PROTO, table::CT_TP_SRC, table::CT_TP_DST] {
            matches.clear(&field);
        }
    }
}

/// What the switch refuses of a match: fields that travel whatever the match says, without their prerequisite.
fn refuse_on_wire(matches: &Match, whole: Span) -> Result<(), Diagnostic> {
    let lacks = |field: &FieldId| {
        let travels = field.needs == Needs::Nsh
            || field.needs == Needs::Ct && field.name != "ct_tp_src" && field.name != "ct_tp_dst";
        let is_matched =
            if field.id == table::CT_NW_PROTO { matches.value(field.slot) != 0 } else { matches.has(field.slot) };
        travels && is_matched && !Walk::new(matches, 255).meets(field.needs)
    };
    let wrong = FieldId::all().find(lacks);
    if let Some(field) = wrong {
        let d =
            Diagnostic::error("missing-prerequisite", whole, format!("{} needs {}", field.name, field.needs.hint()));
        return Err(d.hint(format!("add {}", field.needs.hint())));
    }
    if matches.has(Slot::new(word::PACKET_TYPE, 0, 32)) {
        let ethernet =
            FieldId::all().find(|f| f.needs == Needs::Ethernet && matches.has(f.slot) && f.id != table::ETH_TYPE);
        if let Some(field) = ethernet.or_else(|| matches.has(proto::DL_TYPE).then_some(table::ETH_TYPE)) {
            let message = format!("{} needs an Ethernet packet, and packet_type says otherwise", field.name);
            return Err(Diagnostic::error("missing-prerequisite", whole, message).hint("leave one of them out"));
        }
    }
    Ok(())
}

/// Drops what a match has no prerequisite for, as a switch does without a word (`ofputil_normalize_match`).
pub fn normalise(matches: &Match) -> Match {
    let mut out = matches.clone();
    let keeps = |needs: &[Needs]| needs.iter().any(|n| matches.meets(*n));
    // Ports and ICMP types stay for every transport that has them; whether the packet is a fragment does not count.
    let nw_proto = matches.value(proto::NW_PROTO) as u8;
    let transport = [Needs::Tcp, Needs::Udp, Needs::Sctp, Needs::Icmpv4, Needs::Icmpv6];
    let has_ports = keeps(&transport) || keeps(&[Needs::IpAny]) && matches!(nw_proto, 6 | 17 | 132);
    // The code of a neighbour message does not count either.
    let icmpv6_type = if keeps(&[Needs::Icmpv6]) { matches.value(proto::TP_SRC) } else { 0 };
    let rows: [(bool, &[FieldId]); 10] = [
        (keeps(&[Needs::Ethernet]), &[table::ETH_SRC, table::ETH_DST]),
        (keeps(&[Needs::Ipv4, Needs::Arp]), &[table::IP_SRC, table::IP_DST]),
        (has_ports, &[table::TCP_SRC, table::TCP_DST]),
        (keeps(&[Needs::IpAny, Needs::Arp]), &[table::NW_PROTO]),
        (keeps(&[Needs::IpAny]), &[table::NW_TOS, table::NW_ECN, table::NW_TTL, table::IP_FRAG]),
        (keeps(&[Needs::Arp]) || icmpv6_type == 135, &[table::ARP_SHA]),
        (keeps(&[Needs::Arp]) || icmpv6_type == 136, &[table::ARP_THA]),
        (keeps(&[Needs::Ipv6]), &[table::IPV6_SRC, table::IPV6_DST, table::IPV6_LABEL]),
        (matches!(icmpv6_type, 135 | 136), &[table::ND_TARGET]),
        (keeps(&[Needs::Mpls]), &[table::MPLS_LABEL, table::MPLS_TC, table::MPLS_TTL, table::MPLS_BOS]),
    ];
    for (keep, fields) in rows {
        if !keep {
            fields.iter().for_each(|f| out.clear(f));
        }
    }
    if !keeps(&[Needs::Tcp]) {
        out.clear(&table::TCP_FLAGS);
    }
    if !keeps(&[Needs::Nd]) {
        out.clear(&table::ND_RESERVED);
        out.clear(&table::ND_OPTIONS_TYPE);
    }
    out
}

/// Says what of the match the switch does not hold.
fn lost(reading: &Reading, line: &str, held: &Match) -> Vec<Diagnostic> {
    let typed = &reading.flow_mod.flow.matches;
    let is_lost = |slot: Slot| slot.words().any(|(id, part)| typed.word(id).1 & part & !held.word(id).1 != 0);
    let mut text = String::new();
    held.paint(DEFAULT_PRIORITY, Names::none(), &mut text);
    let became =
        if text.is_empty() { "the flow matches everything".to_owned() } else { format!("the flow matches {text}") };
    let words = reading.words.iter().filter(|(field, _)| is_lost(field.slot));
    words
        .map(|&(field, span)| {
            let message = format!("{} is dropped: {became}", span.slice(line));
            let d = Diagnostic::warning("missing-prerequisite", span, message);
            if field.needs == Needs::None { d } else { d.hint(format!("add {}", field.needs.hint())) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Mode;
    use crate::dump::flow_line::parse;
    use crate::model::flow::Style;

    fn echoed(line: &str, version: Version) -> Result<String, String> {
        let reading = parse(line, Names::none(), Mode::Typed, false).map_err(|d| d.message)?;
        let echo = echo(&reading, line, version, &Known::default()).map_err(|d| d.message)?;
        Ok(echo.flow.text(Style::NoStats, Names::none()))
    }

    #[test]
    fn flows_come_back_in_the_words_of_the_version() {
        let line = "table=5,dl_vlan=0xffff,actions=mod_vlan_vid:10,goto_table:7";
        assert_eq!(
            echoed(line, Version::V10),
            Ok(" table=5, vlan_tci=0x0000 actions=mod_vlan_vid:10,resubmit(,7)".into())
        );
        assert_eq!(
            echoed(line, Version::V13),
            Ok(" table=5, vlan_tci=0x0000/0x1fff actions=push_vlan:0x8100,set_field:4106->vlan_vid,goto_table:7"
                .into())
        );
    }

    #[test]
    fn a_type_of_icmp_loses_its_mask_and_its_upper_byte() {
        // What Open vSwitch 3.1 dumped of each.
        for (line, print) in [
            ("icmp,tp_src=0x2/0x3,actions=1", " icmp,icmp_type=2 actions=output:1"),
            ("icmp,tp_src=0x100/0x100,actions=1", " icmp,icmp_type=0 actions=output:1"),
            ("icmp6,tp_dst=0x1/0x1,actions=1", " icmp6,icmp_code=1 actions=output:1"),
        ] {
            for version in [Version::V10, Version::V13] {
                assert_eq!(echoed(line, version), Ok(print.into()), "{version}");
            }
        }
    }

    #[test]
    fn what_has_no_prerequisite_is_dropped_and_told() {
        let line = "nw_src=1.2.3.4,actions=drop";
        let reading = parse(line, Names::none(), Mode::Typed, false).unwrap();
        let echo = echo(&reading, line, Version::V15, &Known::default()).unwrap();
        assert_eq!(echo.flow.text(Style::NoStats, Names::none()), " actions=drop");
        assert_eq!(echo.lost.len(), 1);
        assert_eq!(echo.lost[0].to_string(), "nw_src is dropped: the flow matches everything; add ip");
    }

    #[test]
    fn what_a_version_cannot_carry_is_refused() {
        assert_eq!(echoed("actions=push_vlan:0x8100", Version::V10), Err("OpenFlow10 cannot carry this flow".into()));
        assert_eq!(echoed("actions=dec_ttl", Version::V15), Err("OpenFlow15 cannot carry this flow".into()));
        assert_eq!(echoed("actions=ct(commit)", Version::V15), Err("ct needs ip or ipv6 in the match".into()));
        assert_eq!(echoed("nsh_spi=5,actions=drop", Version::V15), Err("nsh_spi needs dl_type=0x894f".into()));
    }
}

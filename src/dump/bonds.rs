//! `ovs-appctl bond/show`: how bonds are, and which of their members carry packets.
//!
//! Open vSwitch up to 2.14 says *slave* where later ones say *member*.

use crate::model::bond::{Bond, BondMember, BondMode, Lacp};

/// Bonds are looked for in so many bytes from the beginning.
const HEADING: (&str, &str) = ("---- ", " ----");

/// The bond that a heading names.
fn heading(line: &str) -> Option<&str> {
    line.strip_prefix(HEADING.0)?.strip_suffix(HEADING.1)
}

/// Whether a text is what `bond/show` printed.
pub fn is_bonds(head: &str) -> bool {
    let mut lines = head.lines().filter(|line| !line.trim().is_empty());
    lines.next().is_some_and(|line| heading(line.trim_end()).is_some())
        && lines.next().is_some_and(|line| line.starts_with("bond_mode: "))
}

/// Reads it. What is not known is left out.
pub fn read_bonds(text: &str) -> Vec<Bond> {
    let mut bonds: Vec<Bond> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if let Some(name) = heading(line) {
            bonds.push(Bond { name: name.into(), ..Bond::default() });
            continue;
        }
        let Some(bond) = bonds.last_mut() else { continue };
        let (key, value) = line.trim_start().split_once(": ").unwrap_or((line.trim_start(), ""));
        let member = ["member ", "slave "].iter().find_map(|word| key.strip_prefix(word));
        match (key, bond.members.last_mut()) {
            ("may_enable", Some(member)) => member.may_enable = value == "true",
            ("active member" | "active slave", Some(member)) => member.is_active = true,
            ("bond_mode", _) => bond.mode = BondMode::by_name(value).unwrap_or_default(),
            ("bond may use recirculation", _) => {
                let number = value.strip_prefix("yes, Recirc-ID : ");
                bond.recirculation = number.and_then(|n| n.trim().parse().ok());
            }
            ("bond-hash-basis", _) => bond.basis = value.parse().unwrap_or_default(),
            ("all members active" | "all_slaves_active" | "all slaves active", _) => bond.all_active = value == "true",
            ("lacp_status", _) => {
                bond.lacp = match value {
                    "negotiated" => Lacp::Negotiated,
                    "configured" => Lacp::Configured,
                    _ => Lacp::Off,
                };
            }
            ("lacp_fallback_ab", _) => bond.falls_back = value == "true",
            _ => {
                if let Some(name) = member.filter(|name| !name.is_empty() && !value.is_empty()) {
                    let is_enabled = value == "enabled";
                    bond.members.push(BondMember { name: name.into(), is_enabled, ..BondMember::default() });
                }
            }
        }
    }
    bonds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bonds_of_old_and_new_switches_are_read() {
        let new = "---- bond0 ----\nbond_mode: balance-slb\nbond may use recirculation: no, Recirc-ID : -1\n\
                   bond-hash-basis: 7\nall members active: true\nlacp_status: off\nlacp_fallback_ab: false\n\
                   active member mac: aa:55:aa:55:00:06(s6)\n\nmember s5: disabled\n  may_enable: true\n\n\
                   member s6: enabled\n  active member\n  may_enable: true\n  hash 3: 12 kB load\n\n";
        let old = "---- tcp ----\nbond_mode: balance-tcp\nbond may use recirculation: yes, Recirc-ID : 4\n\
                   lacp_status: negotiated\n\nslave t7: enabled\n  active slave\n  may_enable: true\n\n";
        assert!(is_bonds(new) && is_bonds(old) && !is_bonds("---- bond0 ----\nother\n"));
        let bonds = read_bonds(&format!("{new}{old}"));
        assert_eq!(bonds.len(), 2);
        let [slb, tcp] = &bonds[..] else { unreachable!("there are two") };
        assert_eq!((slb.mode, slb.basis, slb.all_active, slb.lacp), (BondMode::BalanceSlb, 7, true, Lacp::Off));
        let members: Vec<_> = slb.members.iter().map(|m| (&*m.name, m.is_enabled, m.is_active, m.may_enable)).collect();
        assert_eq!(members, [("s5", false, false, true), ("s6", true, true, true)]);
        assert_eq!((tcp.mode, tcp.recirculation, tcp.lacp), (BondMode::BalanceTcp, Some(4), Lacp::Negotiated));
        assert!(tcp.members[0].is_active && tcp.members[0].is_enabled);
    }
}

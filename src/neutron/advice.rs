//! What a person can do so that a packet gets through: a sentence, and the command that does it.
//!
//! Pure functions on plain values. Nothing here is run, and nothing here says that it should be: whether a packet ought to
//! pass is for the person to judge, so each sentence says what the command would allow.

use std::net::IpAddr;

use super::names::short_id;
use super::security_group::words;
use crate::field::format::mac_text;
use crate::field::proto::ipproto;
use crate::model::neutron_facts::NeutronFacts;
use crate::model::security::{Direction, Ethertype, Prefix, Remote, SecurityGroupRule, protocol_name};

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Advice {
    /// What it does, in a sentence without full stop.
    pub sentence: String,
    /// The command that does it.
    pub command: String,
}

/// What a packet is, as far as rules of security groups ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// To or from the port.
    pub direction: Direction,
    /// The address of the other side; `None` for anybody.
    pub remote: Option<IpAddr>,
    /// IPv4 or IPv6.
    pub ethertype: Ethertype,
    /// Its IP protocol; `None` for any.
    pub protocol: Option<u8>,
    /// Its destination port; of ICMP, the type.
    pub port: Option<u16>,
    /// The code of ICMP.
    pub code: Option<u16>,
}

impl Wanted {
    /// The rule that allows it and nothing else.
    pub fn rule(&self, group: &str) -> SecurityGroupRule {
        let mut rule = SecurityGroupRule {
            group: group.into(),
            direction: self.direction,
            ethertype: self.ethertype,
            protocol: self.protocol,
            remote: self.remote.map_or(Remote::Any, |a| Remote::Prefix(Prefix::host(a))),
            ..SecurityGroupRule::default()
        };
        if rule.has_ports() {
            rule.ports = (self.port, self.port);
        } else if rule.is_icmp() {
            rule.ports = (self.port, self.port.and(self.code));
        }
        rule
    }
}

/// A word as a shell takes it.
pub fn shell_word(text: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:/=,@+%".contains(&b);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// What commands call a thing: its name if nothing else of the kind has it, or else its UUID.
fn handle<'a>(id: &'a str, names: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut own = "";
    let mut of_name: Vec<(&str, &str)> = Vec::new();
    for (other, name) in names {
        if other == id {
            own = name;
        }
        of_name.push((other, name));
    }
    let is_only = of_name.iter().filter(|(_, name)| *name == own).count() == 1;
    shell_word(if !own.is_empty() && is_only { own } else { id })
}

fn group_handle(facts: &NeutronFacts, id: &str) -> String {
    handle(id, facts.security_groups.iter().map(|(id, name)| (&**id, &**name)))
}

fn port_handle(facts: &NeutronFacts, id: &str) -> String {
    handle(id, facts.ports.values().map(|p| (&*p.id, &*p.name)))
}

fn port_title(facts: &NeutronFacts, id: &str) -> String {
    super::names::title(facts, id).map_or_else(|| format!("port {}", short_id(id)), |name| format!("port {name}"))
}

/// The command that creates a rule.
pub fn create_rule(facts: &NeutronFacts, rule: &SecurityGroupRule) -> String {
    let mut command = format!(
        "openstack security group rule create --{} --ethertype {}",
        rule.direction.name(),
        rule.ethertype.name()
    );
    let mut option = |name: &str, value: String| {
        command.push_str(&format!(" --{name} {value}"));
    };
    if let Some(protocol) = rule.protocol {
        let is_icmp6 = rule.ethertype == Ethertype::Ipv6 && protocol == ipproto::ICMP;
        option("protocol", protocol_name(if is_icmp6 { ipproto::ICMPV6 } else { protocol }));
    }
    match rule.ports {
        (Some(kind), code) if rule.is_icmp() => {
            option("icmp-type", kind.to_string());
            code.into_iter().for_each(|code| option("icmp-code", code.to_string()));
        }
        (Some(first), Some(last)) if first == last => option("dst-port", first.to_string()),
        (Some(first), Some(last)) => option("dst-port", format!("{first}:{last}")),
        _ => {}
    }
    match &rule.remote {
        Remote::Any => {}
        Remote::Prefix(prefix) => option("remote-ip", format!("{}/{}", prefix.address, prefix.length)),
        Remote::Group(id) => option("remote-group", group_handle(facts, id)),
        Remote::AddressGroup(id) => option("remote-address-group", shell_word(id)),
    }
    format!("{command} {}", group_handle(facts, &rule.group))
}

/// The rule that would let a packet through, in the port's own group if it has one beside `default`. `None` if the port
/// is not known, or if it has no group, because then no rule can help.
pub fn rule_for(facts: &NeutronFacts, port: &str, packet: &Wanted) -> Option<Advice> {
    let groups = &facts.ports.get(port)?.security_groups;
    let is_own = |id: &&std::sync::Arc<str>| facts.security_groups.get(*id).is_some_and(|name| &**name != "default");
    let group = groups.iter().find(is_own).or_else(|| groups.first())?;
    let rule = packet.rule(group);
    let sentence = format!(
        "allow {} {} {} in security group {}, which {} has",
        words::service(&rule),
        rule.direction.preposition(),
        words::remote(facts, &rule),
        words::group_name(facts, group),
        port_title(facts, port)
    );
    Some(Advice { sentence, command: create_rule(facts, &rule) })
}

/// Gives a port without a group one.
pub fn give_group(facts: &NeutronFacts, port: &str) -> Advice {
    Advice {
        sentence: format!("give {} a security group: it has none, so nothing may pass", port_title(facts, port)),
        command: format!("openstack port set --security-group GROUP {}", port_handle(facts, port)),
    }
}

/// Makes a port a member of the group that a rule lets through.
pub fn join_group(facts: &NeutronFacts, port: &str, group: &str) -> Advice {
    let name = words::group_name(facts, group);
    Advice {
        sentence: format!("make {} a member of security group {name}", port_title(facts, port)),
        command: format!(
            "openstack port set --security-group {} {}",
            group_handle(facts, group),
            port_handle(facts, port)
        ),
    }
}

/// Lets a port use an address that is not its own.
pub fn allow_address(facts: &NeutronFacts, port: &str, address: IpAddr, mac: Option<u64>) -> Advice {
    let own = facts.ports.get(port).and_then(|p| p.mac);
    let mac = mac.filter(|mac| Some(*mac) != own).map(mac_text);
    let with = mac.as_ref().map_or_else(String::new, |mac| format!(" with MAC address {mac}"));
    let option = mac.map_or_else(String::new, |mac| format!(",mac-address={mac}"));
    Advice {
        sentence: format!("let {} use {address}{with}", port_title(facts, port)),
        command: format!(
            "openstack port set --allowed-address ip-address={address}{option} {}",
            port_handle(facts, port)
        ),
    }
}

/// Makes the agent of a node write all flows of its ports anew.
pub fn resync(host: &str) -> Advice {
    Advice {
        sentence: format!("make the agent on {host} write its flows anew"),
        command: "systemctl restart neutron-openvswitch-agent".to_owned(),
    }
}

/// An ACL of OVN's Northbound, as far as a command needs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AclWords<'a> {
    /// The logical switch or port group that has it.
    pub entity: &'a str,
    /// Whether that is a port group.
    pub is_port_group: bool,
    /// `to-lport` or `from-lport`.
    pub direction: &'a str,
    /// Its priority.
    pub priority: i64,
    /// What it matches.
    pub matches: &'a str,
    /// What it does, such as `drop`.
    pub action: &'a str,
}

/// Removes an ACL that somebody made by hand.
pub fn remove_acl(acl: &AclWords<'_>) -> Advice {
    let kind = if acl.is_port_group { "port-group" } else { "switch" };
    Advice {
        sentence: format!(
            "remove the ACL of {} {} that does {} at priority {}",
            kind.replace('-', " "),
            acl.entity,
            acl.action,
            acl.priority
        ),
        command: format!(
            "ovn-nbctl --type={kind} acl-del {} {} {} {}",
            shell_word(acl.entity),
            acl.direction,
            acl.priority,
            shell_word(acl.matches)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::neutron_facts::NeutronPort;

    fn facts() -> NeutronFacts {
        let mut facts = NeutronFacts::default();
        let groups = [("g1", "default"), ("g2", "my db"), ("g3", "web"), ("g4", "web")];
        facts.security_groups = groups.into_iter().map(|(id, name)| (id.into(), name.into())).collect();
        let port = |id: &str, name: &str, groups: &[&str]| NeutronPort {
            id: id.into(),
            name: name.into(),
            mac: Some(0xfa16_3e00_0001),
            security_groups: groups.iter().map(|g| (*g).into()).collect(),
            ..NeutronPort::default()
        };
        for port in [port("p1", "shop1", &["g1", "g2"]), port("p2", "", &["g1"]), port("p3", "lone", &[])] {
            facts.ports.insert(port.id.clone(), port);
        }
        facts
    }

    fn tcp(port: u16) -> Wanted {
        Wanted {
            direction: Direction::Ingress,
            remote: "10.0.0.5".parse().ok(),
            ethertype: Ethertype::Ipv4,
            protocol: Some(6),
            port: Some(port),
            code: None,
        }
    }

    #[test]
    fn a_rule_for_a_packet_goes_into_the_ports_own_group() {
        let advice = rule_for(&facts(), "p1", &tcp(443)).unwrap();
        assert_eq!(advice.sentence, "allow tcp 443 from 10.0.0.5 in security group my db, which port shop1 has");
        assert_eq!(
            advice.command,
            "openstack security group rule create --ingress --ethertype IPv4 --protocol tcp --dst-port 443 \
             --remote-ip 10.0.0.5/32 'my db'"
        );
        assert!(rule_for(&facts(), "p2", &tcp(443)).unwrap().command.ends_with(" default"));
        assert_eq!((rule_for(&facts(), "p3", &tcp(443)), rule_for(&facts(), "p9", &tcp(443))), (None, None));
    }

    #[test]
    fn rules_for_other_protocols() {
        let ping = Wanted {
            direction: Direction::Egress,
            ethertype: Ethertype::Ipv6,
            remote: None,
            protocol: Some(58),
            port: Some(128),
            code: Some(0),
        };
        let command = rule_for(&facts(), "p1", &ping).unwrap().command;
        assert_eq!(
            command,
            "openstack security group rule create --egress --ethertype IPv6 --protocol ipv6-icmp --icmp-type 128 \
             --icmp-code 0 'my db'"
        );
        let vrrp = Wanted { protocol: Some(112), port: None, ..tcp(1) };
        assert!(rule_for(&facts(), "p1", &vrrp).unwrap().command.contains("--protocol vrrp --remote-ip"));
    }

    #[test]
    fn a_name_that_two_groups_have_is_not_used_in_a_command() {
        assert_eq!(join_group(&facts(), "p1", "g3").command, "openstack port set --security-group g3 shop1");
        assert_eq!(join_group(&facts(), "p1", "g2").command, "openstack port set --security-group 'my db' shop1");
    }

    #[test]
    fn an_address_is_allowed_with_its_mac_address_if_that_is_not_the_ports_own() {
        let address = "10.0.0.9".parse().unwrap();
        let own = allow_address(&facts(), "p1", address, Some(0xfa16_3e00_0001));
        assert_eq!(own.command, "openstack port set --allowed-address ip-address=10.0.0.9 shop1");
        let other = allow_address(&facts(), "p1", address, Some(0x0000_5e00_010a));
        assert_eq!(
            other.command,
            "openstack port set --allowed-address ip-address=10.0.0.9,mac-address=00:00:5e:00:01:0a shop1"
        );
        assert_eq!(other.sentence, "let port shop1 use 10.0.0.9 with MAC address 00:00:5e:00:01:0a");
    }

    #[test]
    fn an_acl_is_removed_by_what_it_matches() {
        let acl = AclWords {
            entity: "neutron-1",
            is_port_group: false,
            direction: "to-lport",
            priority: 2000,
            matches: "outport == \"x\" && tcp",
            action: "drop",
        };
        assert_eq!(
            remove_acl(&acl).command,
            "ovn-nbctl --type=switch acl-del neutron-1 to-lport 2000 'outport == \"x\" && tcp'"
        );
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}

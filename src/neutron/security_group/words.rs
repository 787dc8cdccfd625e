//! What people call a rule of a security group.

use crate::model::neutron_facts::NeutronFacts;
use crate::model::security::{Direction, Ethertype, Remote, SecurityGroupRule, protocol_name};
use crate::neutron::names::short_id;

/// The name of a security group, or the beginning of its UUID.
pub fn group_name(facts: &NeutronFacts, id: &str) -> String {
    let named = facts.security_groups.get(id).filter(|name| !name.is_empty());
    named.map_or_else(|| short_id(id), ToString::to_string)
}

fn address_group_name(facts: &NeutronFacts, id: &str) -> String {
    let named = facts.address_groups.get(id).map(|g| &g.name).filter(|name| !name.is_empty());
    named.map_or_else(|| short_id(id), ToString::to_string)
}

/// What a rule allows, without addresses: `tcp 5432`, `icmp type 8`, `ipv6`, `any`.
pub fn service(rule: &SecurityGroupRule) -> String {
    let mut text = match (rule.protocol, rule.ethertype) {
        (None, Ethertype::Ipv4) => "ip".to_owned(),
        (None, Ethertype::Ipv6) => "ipv6".to_owned(),
        (Some(1), Ethertype::Ipv6) => "ipv6-icmp".to_owned(),
        (Some(n), Ethertype::Ipv6) if rule.has_ports() => format!("{}6", protocol_name(n)),
        (Some(n), _) if protocol_name(n).bytes().all(|b| b.is_ascii_digit()) => format!("protocol {n}"),
        (Some(n), _) => protocol_name(n),
    };
    match rule.ports {
        (Some(kind), code) if rule.is_icmp() => {
            text.push_str(&format!(" type {kind}"));
            if let Some(code) = code {
                text.push_str(&format!(" code {code}"));
            }
        }
        (Some(first), Some(last)) if first == last => text.push_str(&format!(" {first}")),
        (Some(first), Some(last)) => text.push_str(&format!(" {first}-{last}")),
        _ => {}
    }
    text
}

/// The other side of a rule: `group web`, `10.0.0.0/8`, `anywhere`.
pub fn remote(facts: &NeutronFacts, rule: &SecurityGroupRule) -> String {
    match &rule.remote {
        Remote::Any => "anywhere".to_owned(),
        Remote::Prefix(prefix) => prefix.to_string(),
        Remote::Group(id) => format!("group {}", group_name(facts, id)),
        Remote::AddressGroup(id) => format!("address group {}", address_group_name(facts, id)),
    }
}

/// A rule in few words: `sg db: tcp 5432 <- group web`.
pub fn short(facts: &NeutronFacts, rule: &SecurityGroupRule) -> String {
    let arrow = if rule.direction == Direction::Ingress { "<-" } else { "->" };
    format!("sg {}: {} {arrow} {}", group_name(facts, &rule.group), service(rule), remote(facts, rule))
}

/// A rule in a sentence: `security group db: ingress tcp 5432 from group web`.
pub fn sentence(facts: &NeutronFacts, rule: &SecurityGroupRule) -> String {
    format!(
        "security group {}: {} {} {} {}",
        group_name(facts, &rule.group),
        rule.direction.name(),
        service(rule),
        rule.direction.preposition(),
        remote(facts, rule)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::security::Prefix;

    #[test]
    fn rules_are_called_by_what_they_allow() {
        let mut facts = NeutronFacts::default();
        facts.security_groups.insert("g".into(), "db".into());
        facts.security_groups.insert("h".into(), "web".into());
        let rule = |protocol, ports, remote| SecurityGroupRule {
            group: "g".into(),
            protocol,
            ports,
            remote,
            ..SecurityGroupRule::default()
        };
        let web = rule(Some(6), (Some(5432), Some(5432)), Remote::Group("h".into()));
        assert_eq!(short(&facts, &web), "sg db: tcp 5432 <- group web");
        assert_eq!(sentence(&facts, &web), "security group db: ingress tcp 5432 from group web");
        let prefix = Remote::Prefix(Prefix::parse("10.0.0.0/8").unwrap());
        let ping = SecurityGroupRule { direction: Direction::Egress, ..rule(Some(1), (Some(8), Some(0)), prefix) };
        assert_eq!(short(&facts, &ping), "sg db: icmp type 8 code 0 -> 10.0.0.0/8");
        assert_eq!(
            sentence(&facts, &rule(None, (None, None), Remote::Any)),
            "security group db: ingress ip from anywhere"
        );
        assert_eq!(service(&rule(Some(99), (None, None), Remote::Any)), "protocol 99");
        let v6 = SecurityGroupRule { ethertype: Ethertype::Ipv6, ..web };
        assert_eq!(service(&v6), "tcp6 5432");
    }
}

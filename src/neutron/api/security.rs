//! Security groups and firewalls: rules, groups of addresses, policies, floating IP addresses.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{id, text};
use crate::model::security::{
    AddressGroup, AddressPair, Direction, Ethertype, FirewallGroup, FirewallPolicy, FirewallRule, FloatingIp, Prefix,
    Remote, SecurityGroupRule, SecurityLog, Verdict, parse_protocol,
};
use crate::neutron::names::mac_address;

type Object = Map<String, Value>;

/// A number that may be written as text.
fn number(object: &Object, key: &str) -> Option<u16> {
    let value = object.get(key)?;
    value.as_u64().and_then(|n| u16::try_from(n).ok()).or_else(|| value.as_str()?.parse().ok())
}

fn ids(object: &Object, key: &str) -> Vec<Arc<str>> {
    let list = object.get(key).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|v| v.as_str().map(Arc::from)).collect()
}

fn direction(object: &Object) -> Result<Direction, String> {
    match text(object, &["direction", "Direction"]).to_ascii_lowercase().as_str() {
        "ingress" => Ok(Direction::Ingress),
        "egress" => Ok(Direction::Egress),
        other => Err(format!("`{other}` is no direction")),
    }
}

fn ethertype(object: &Object) -> Result<Ethertype, String> {
    match &*text(object, &["ethertype", "Ethertype"]) {
        "IPv4" | "" => Ok(Ethertype::Ipv4),
        "IPv6" => Ok(Ethertype::Ipv6),
        other => Err(format!("`{other}` is no ethertype")),
    }
}

fn protocol(object: &Object) -> Result<Option<u8>, String> {
    let name = match object.get("protocol").and_then(Value::as_u64) {
        Some(n) => n.to_string().into(),
        None => text(object, &["protocol", "IP Protocol"]),
    };
    parse_protocol(&name).ok_or_else(|| format!("`{name}` is no protocol"))
}

fn prefix(object: &Object, keys: &[&str]) -> Result<Option<Prefix>, String> {
    let written = text(object, keys);
    if written.is_empty() {
        return Ok(None);
    }
    Prefix::parse(&written).map(Some).ok_or_else(|| format!("`{written}` is no prefix"))
}

/// The first and last number of `80`, `80:90`; `type=8:code=0` as the client prints it for ICMP.
fn range(written: &str) -> (Option<u16>, Option<u16>) {
    let number = |part: &str| part.rsplit('=').next().unwrap_or(part).trim().parse().ok();
    match written.split_once(':') {
        Some((first, last)) => (number(first), number(last)),
        None => (number(written), if written.contains('=') { None } else { number(written) }),
    }
}

pub(super) fn rule(object: &Object) -> Result<SecurityGroupRule, String> {
    let ethertype = ethertype(object)?;
    let groups = [
        (&["remote_group_id", "Remote Security Group"], Remote::Group as fn(Arc<str>) -> Remote),
        (&["remote_address_group_id", "Remote Address Group"], Remote::AddressGroup),
    ];
    let group = groups.into_iter().map(|(keys, make)| (text(object, keys), make)).find(|(id, _)| !id.is_empty());
    let remote = match group {
        Some((id, make)) => make(id),
        None => prefix(object, &["remote_ip_prefix", "IP Range"])?.map_or(Remote::Any, Remote::Prefix),
    };
    // Every address of the family is anybody.
    let remote = match remote {
        Remote::Prefix(p) if p.length == 0 => Remote::Any,
        Remote::Prefix(p) if p.ethertype() != ethertype => {
            return Err(format!("`{p}` is no prefix of {}", ethertype.name()));
        }
        remote => remote,
    };
    let printed = text(object, &["Port Range"]);
    let ports = match printed.is_empty() {
        true => (number(object, "port_range_min"), number(object, "port_range_max")),
        false => range(&printed),
    };
    Ok(SecurityGroupRule {
        id: id(object)?,
        group: text(object, &["security_group_id", "Security Group"]),
        direction: direction(object)?,
        ethertype,
        protocol: protocol(object)?,
        ports,
        remote,
    })
}

/// The rules that stand inside a security group.
pub(super) fn rules_inside(object: &Object) -> Vec<SecurityGroupRule> {
    let list = object.get("security_group_rules").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|r| rule(r.as_object()?).ok()).collect()
}

pub(super) fn address_pairs(object: &Object) -> Vec<AddressPair> {
    let list = object.get("allowed_address_pairs").and_then(Value::as_array).into_iter().flatten();
    let pair = |pair: &Value| {
        let pair = pair.as_object()?;
        Some(AddressPair {
            mac: mac_address(&text(pair, &["mac_address"])),
            addresses: Prefix::parse(&text(pair, &["ip_address"]))?,
        })
    };
    list.filter_map(pair).collect()
}

pub(super) fn address_group(object: &Object) -> Result<AddressGroup, String> {
    let addresses = ids(object, "addresses");
    Ok(AddressGroup {
        id: id(object)?,
        name: text(object, &["name", "Name"]),
        addresses: addresses.iter().filter_map(|a| Prefix::parse(a)).collect(),
    })
}

pub(super) fn firewall_group(object: &Object) -> Result<FirewallGroup, String> {
    Ok(FirewallGroup {
        id: id(object)?,
        name: text(object, &["name", "Name"]),
        ports: ids(object, "ports"),
        ingress_policy: text(object, &["ingress_firewall_policy_id"]),
        egress_policy: text(object, &["egress_firewall_policy_id"]),
    })
}

pub(super) fn firewall_policy(object: &Object) -> Result<FirewallPolicy, String> {
    Ok(FirewallPolicy { id: id(object)?, name: text(object, &["name", "Name"]), rules: ids(object, "firewall_rules") })
}

pub(super) fn firewall_rule(object: &Object) -> Result<FirewallRule, String> {
    let verdict = match &*text(object, &["action"]) {
        "allow" | "" => Verdict::Allow,
        "deny" => Verdict::Deny,
        "reject" => Verdict::Reject,
        other => return Err(format!("`{other}` is no action of a firewall rule")),
    };
    let ports = |key| match range(&text(object, &[key])) {
        (Some(first), Some(last)) => Some((first, last)),
        _ => None,
    };
    let version = object.get("ip_version").and_then(Value::as_u64);
    Ok(FirewallRule {
        id: id(object)?,
        name: text(object, &["name", "Name"]),
        verdict,
        ethertype: if version == Some(6) { Ethertype::Ipv6 } else { Ethertype::Ipv4 },
        protocol: protocol(object)?,
        source: prefix(object, &["source_ip_address"])?,
        destination: prefix(object, &["destination_ip_address"])?,
        source_ports: ports("source_port"),
        destination_ports: ports("destination_port"),
        is_enabled: object.get("enabled").and_then(Value::as_bool).unwrap_or(true),
    })
}

pub(super) fn floating_ip(object: &Object) -> Result<FloatingIp, String> {
    Ok(FloatingIp {
        id: id(object)?,
        address: text(object, &["floating_ip_address", "Floating IP Address"]).parse().ok(),
        fixed: text(object, &["fixed_ip_address", "Fixed IP Address"]).parse().ok(),
        port: text(object, &["port_id", "Port"]),
        router: text(object, &["router_id"]),
    })
}

pub(super) fn log(object: &Object) -> Result<SecurityLog, String> {
    let event = text(object, &["event"]);
    Ok(SecurityLog {
        id: id(object)?,
        name: text(object, &["name", "Name"]),
        group: text(object, &["resource_id"]),
        port: text(object, &["target_id"]),
        of_accepted: &*event != "DROP",
        of_dropped: &*event != "ACCEPT",
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, add};
    use super::*;
    use crate::model::neutron_facts::NeutronFacts;

    fn facts(text: &str) -> NeutronFacts {
        let mut facts = NeutronFacts::default();
        let (kind, found) = add(&mut facts, text);
        assert!(kind.is_some() && found.is_empty(), "{kind:?} {found:?}");
        facts
    }

    #[test]
    fn rules_as_the_api_and_the_client_print_them() {
        let api = facts(
            r#"{"security_group_rules": [
            {"id": "a", "security_group_id": "g", "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp",
             "port_range_min": 8000, "port_range_max": 8999, "remote_ip_prefix": null, "remote_group_id": "h"},
            {"id": "b", "security_group_id": "g", "direction": "egress", "ethertype": "IPv6", "protocol": null,
             "remote_ip_prefix": "::/0"}]}"#,
        );
        let rule = &api.security_group_rules["a"];
        assert_eq!(
            (rule.protocol, rule.ports, &rule.remote),
            (Some(6), (Some(8000), Some(8999)), &Remote::Group("h".into()))
        );
        assert_eq!(api.security_group_rules["b"].remote, Remote::Any);
        let client = facts(
            r#"[{"ID": "a", "IP Protocol": "icmp", "Ethertype": "IPv4", "IP Range": "10.0.0.0/8", "Port Range": "type=8:code=0",
            "Direction": "ingress", "Remote Security Group": null, "Security Group": "g"}]"#,
        );
        let rule = &client.security_group_rules["a"];
        assert_eq!((rule.protocol, rule.ports), (Some(1), (Some(8), Some(0))));
        assert!(matches!(rule.remote, Remote::Prefix(p) if p.length == 8));
    }

    #[test]
    fn rules_that_stand_in_their_group_are_read_too() {
        let facts = facts(
            r#"{"security_groups": [{"id": "g", "name": "web", "security_group_rules":
            [{"id": "r", "security_group_id": "g", "direction": "ingress", "protocol": "112"}, {"id": "x"}]}]}"#,
        );
        assert_eq!(facts.rules_of("g").len(), 1);
        assert_eq!(facts.security_group_rules["r"].protocol, Some(112));
    }

    #[test]
    fn a_rule_that_contradicts_itself_is_a_complaint() {
        let text = r#"{"security_group_rules": [{"id": "a", "direction": "sideways"},
            {"id": "b", "direction": "ingress", "ethertype": "IPv6", "remote_ip_prefix": "10.0.0.0/8"},
            {"id": "c", "direction": "ingress", "protocol": "nonsense"}]}"#;
        let (kind, found) = add(&mut NeutronFacts::default(), text);
        assert_eq!((kind, found.len()), (Some(Kind::SecurityGroupRules), 3));
        assert!(found[1].message.ends_with("`10.0.0.0/8` is no prefix of IPv6"), "{}", found[1].message);
    }

    #[test]
    fn firewalls_are_read() {
        let mut facts = facts(
            r#"{"firewall_rules": [{"id": "r", "name": "no mail", "action": "deny", "protocol": "tcp", "ip_version": 4,
            "destination_port": "25", "source_port": "1024:65535", "enabled": false}]}"#,
        );
        let rule = &facts.firewall_rules["r"];
        assert_eq!((rule.verdict, rule.destination_ports), (Verdict::Deny, Some((25, 25))));
        assert_eq!((rule.source_ports, rule.is_enabled), (Some((1024, 65535)), false));
        add(&mut facts, r#"{"firewall_policies": [{"id": "p", "name": "out", "firewall_rules": ["r"]}]}"#);
        add(
            &mut facts,
            r#"{"firewall_groups": [{"id": "g", "name": "fg", "ports": ["x"], "egress_firewall_policy_id": "p",
            "ingress_firewall_policy_id": null}]}"#,
        );
        assert_eq!(facts.firewall_policies["p"].rules, ["r".into()]);
        assert_eq!(
            (&*facts.firewall_groups["g"].egress_policy, &*facts.firewall_groups["g"].ingress_policy),
            ("p", "")
        );
    }
}

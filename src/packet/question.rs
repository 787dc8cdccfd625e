//! The packet that one port sends to another: what the sender's host would find out by ARP and routing is looked up, and
//! what nobody said is chosen and told.

use std::net::IpAddr;

use super::ask::{Around, Mac};
use super::between::Protocol;
use super::book::{Endpoint, Place};
use super::expression;
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::field::{Match, Names};

/// Who gets it.
pub(super) enum Receiver<'a> {
    /// A port.
    Known(&'a Endpoint),
    /// An address that no port has.
    Address(IpAddr),
    /// A MAC address that no port has.
    Mac(u64),
}

/// What stands behind the comma.
pub(super) struct Extra {
    matches: Vec<Match>,
}

impl Extra {
    pub(super) fn of(fields: &str, bridge: &crate::model::bridge::Bridge) -> Extra {
        let names = expression::known_ports(bridge);
        // What is wrong with them is said when the whole packet is read.
        let words = expression::words(fields, &names).unwrap_or_default();
        Extra { matches: words.into_iter().filter(|w| w.field.is_some()).map(|w| w.matches).collect() }
    }

    /// Whether a word says something that is said there.
    fn says(&self, word: &str) -> bool {
        let words = expression::words(word, Names::none()).unwrap_or_default();
        let overlaps = |a: &Match, b: &Match| {
            a.words().iter().any(|x| b.words().iter().any(|y| x.word == y.word && x.mask & y.mask != 0))
        };
        words.iter().filter(|w| w.field.is_some()).any(|w| self.matches.iter().any(|m| overlaps(m, &w.matches)))
    }
}

/// A packet being put together.
pub(super) struct Question<'a> {
    pub around: &'a Around<'a>,
    pub sender: &'a Endpoint,
    pub place: &'a Place,
    pub receiver: Receiver<'a>,
    pub protocol: &'static Protocol,
    pub extra: Extra,
    /// The IP addresses by which the sender and the receiver are named, if they are.
    pub said_ips: [Option<IpAddr>; 2],
    /// Where the sender and the receiver are named.
    pub span: (Span, Span),
    pub base: Vec<String>,
    pub chosen: Vec<String>,
}

impl Question<'_> {
    /// The addresses: who asks whom, over which family, and by whom the first step goes.
    pub(super) fn addresses(&mut self) -> Result<(), Diagnostic> {
        let (from, to) = self.ips()?;
        let is_ipv6 = from.or(to).is_some_and(|ip| ip.is_ipv6()) || self.protocol.expressions[0].is_empty();
        let expression = self.protocol.expressions[usize::from(is_ipv6)];
        let is_arp = self.protocol.word == "arp";
        self.base.extend(expression.split(',').map(str::to_owned));
        let fields = match (is_arp, is_ipv6) {
            (true, _) => ["arp_spa", "arp_tpa"],
            (_, true) => ["ipv6_src", "ipv6_dst"],
            (_, false) => ["nw_src", "nw_dst"],
        };
        let zero = if is_ipv6 { "::" } else { "0.0.0.0" };
        for (field, ip, span, whose) in [(fields[0], from, self.span.0, 0), (fields[1], to, self.span.1, 1)] {
            match ip {
                Some(ip) => self.base.push(format!("{field}={ip}")),
                None if self.extra.says(&format!("{field}={zero}")) => {}
                None => {
                    let whose = if whose == 0 { self.sender.label() } else { &self.receiver_label() };
                    let message =
                        format!("no address of `{whose}` is known that a packet of {} could have", self.protocol.word);
                    let d = Diagnostic::error("no-address", span, message);
                    return Err(d.hint(format!("add it behind a comma, as {},{field}=..", self.protocol.word)));
                }
            }
        }
        if !is_arp {
            self.base.push("nw_ttl=64".to_owned());
        }
        const ANY: &str = "=00:00:00:00:00:00";
        match self.sender.mac {
            Some(mac) => {
                self.base.push(format!("dl_src={}", Mac(mac)));
                if is_arp {
                    self.base.push(format!("arp_sha={}", Mac(mac)));
                }
            }
            None if self.extra.says(&format!("dl_src{ANY}")) => {}
            None => {
                let message = format!("the MAC address of `{}` is not known", self.sender.label());
                let d = Diagnostic::error("no-address", self.span.0, message);
                return Err(d.hint(format!("add it behind a comma, as {},dl_src=..", self.protocol.word)));
            }
        }
        if is_arp {
            self.base.push("dl_dst=ff:ff:ff:ff:ff:ff".to_owned());
        } else if !self.extra.says(&format!("dl_dst{ANY}")) {
            let (mac, why) = self.next_hop(to)?;
            self.base.push(format!("dl_dst={}", Mac(mac)));
            self.chosen.push(format!("dl_dst is {}, {why}", Mac(mac)));
        }
        Ok(())
    }

    fn receiver_label(&self) -> String {
        match &self.receiver {
            Receiver::Known(endpoint) => endpoint.label().to_owned(),
            Receiver::Address(ip) => ip.to_string(),
            Receiver::Mac(mac) => Mac(*mac).to_string(),
        }
    }

    /// The IP addresses of both: of the family that the protocol needs, IPv4 if either will do.
    fn ips(&mut self) -> Result<(Option<IpAddr>, Option<IpAddr>), Diagnostic> {
        let [said_from, said_to] = self.said_ips;
        let from = said_from.map_or_else(|| self.sender.ips.clone(), |ip| vec![ip]);
        let to = match (&self.receiver, said_to) {
            (_, Some(ip)) => vec![ip],
            (Receiver::Known(endpoint), None) => endpoint.ips.clone(),
            (Receiver::Address(ip), None) => vec![*ip],
            (Receiver::Mac(_), None) => Vec::new(),
        };
        let family = |ips: &[IpAddr], is_ipv6: bool| ips.iter().copied().find(|ip| ip.is_ipv6() == is_ipv6);
        // Of several addresses, the one in the receiver's subnet.
        let nearest = |to: Option<IpAddr>| {
            let subnet = self
                .around
                .book
                .subnets
                .iter()
                .find(|s| s.network == self.sender.network && to.is_some_and(|to| s.has(to)))?;
            from.iter().copied().find(|ip| subnet.has(*ip))
        };
        let mut found = (None, None);
        for is_ipv6 in [false, true] {
            if self.protocol.expressions[usize::from(is_ipv6)].is_empty() {
                continue;
            }
            let to = family(&to, is_ipv6);
            let pair = (nearest(to).or_else(|| family(&from, is_ipv6)), to);
            if let (Some(ip), Some(_)) = pair {
                if from.iter().filter(|ip| ip.is_ipv6() == is_ipv6).count() > 1 {
                    self.chosen.push(format!("its address is {ip}, one of several"));
                }
                return Ok(pair);
            }
            if found == (None, None) {
                found = pair;
            }
        }
        // Of two families that have nothing in common, one half would be wrong.
        if let (Some(from), None) | (None, Some(from)) = found
            && !to.is_empty()
            && !self.sender.ips.is_empty()
        {
            let other = if from.is_ipv6() { "IPv6" } else { "IPv4" };
            let message = format!(
                "`{}` and `{}` do not both have an {other} address",
                self.sender.label(),
                self.receiver_label()
            );
            return Err(
                Diagnostic::error("no-address", self.span.1, message).hint("choose another protocol or receiver")
            );
        }
        Ok(found)
    }

    /// The MAC address that a packet to an address is sent to, and why.
    fn next_hop(&self, to: Option<IpAddr>) -> Result<(u64, String), Diagnostic> {
        let network = &self.sender.network;
        let network_label = self.around.book.network_label(network);
        if let Some(mac) = to.and_then(group_address) {
            return Ok((mac, "which is that of the group".to_owned()));
        }
        match &self.receiver {
            Receiver::Mac(mac) => return Ok((*mac, "as it was said".to_owned())),
            Receiver::Known(endpoint) if endpoint.network == *network || network.is_empty() => {
                let message = format!("the MAC address of `{}` is not known", endpoint.label());
                let unknown = || self.no_next_hop(message);
                let mac = endpoint.mac.ok_or_else(unknown)?;
                let on =
                    if network.is_empty() { String::new() } else { format!(" on the same network {network_label}") };
                return Ok((mac, format!("that of {}{on}", endpoint.label())));
            }
            _ => {}
        }
        let subnets = || self.around.book.subnets.iter().filter(|subnet| subnet.network == *network);
        let label = self.receiver_label();
        if let Some(to) = to
            && subnets().any(|subnet| subnet.has(to))
        {
            return Err(
                self.no_next_hop(format!("nobody on network {network_label} is known to have the address `{label}`"))
            );
        }
        let is_same_family = |ip: &IpAddr| to.is_none_or(|to| to.is_ipv6() == ip.is_ipv6());
        let gateways: Vec<IpAddr> = subnets()
            .filter(|subnet| is_same_family(&subnet.base))
            .filter(|subnet| self.sender.ips.iter().any(|ip| subnet.has(*ip)))
            .filter_map(|subnet| subnet.gateway)
            .collect();
        let near = || self.around.book.endpoints.iter().filter(|e| e.network == *network && e.mac.is_some());
        let by_gateway = near().find(|e| gateways.iter().any(|gateway| e.ips.contains(gateway)));
        let router = by_gateway.or_else(|| near().find(|e| e.is_router && e.ips.iter().any(is_same_family)));
        match (router, gateways.first()) {
            (Some(router), _) => {
                let mac = router.mac.unwrap_or_default();
                Ok((mac, format!("that of the router's port {}: {label} is on another network", router.described())))
            }
            (None, Some(gateway)) => {
                let message = format!(
                    "`{label}` is beyond network {network_label}, and the MAC address of its gateway {gateway} is not known"
                );
                Err(self.no_next_hop(message))
            }
            (None, None) => Err(self.no_next_hop(format!(
                "`{label}` is beyond network {network_label}, which has no gateway that is known"
            ))),
        }
    }

    fn no_next_hop(&self, message: String) -> Diagnostic {
        let d = Diagnostic::error("no-next-hop", self.span.1, message);
        d.hint(format!("add the MAC address behind a comma, as {},dl_dst=..", self.protocol.word))
    }

    /// The ports, and what nobody said of them.
    pub(super) fn transport(&mut self, port: Option<u16>, is_default: bool) {
        if is_default {
            self.chosen.push("it is an echo request, since no protocol was named".to_owned());
        }
        if let Some((field, usual)) = self.protocol.port {
            let word = format!("{field}={}", port.unwrap_or(usual));
            if port.is_none() && !self.extra.says(&word) {
                self.chosen.push(format!("{field} is {usual}, since no port was named"));
            }
            self.base.push(word);
        }
        let free = [("_src=40000", "the source port is 40000"), ("nw_ttl=64", "the TTL is 64")];
        for (ending, words) in free {
            if self.base.iter().any(|word| word.ends_with(ending) && !self.extra.says(word)) {
                self.chosen.push(words.to_owned());
            }
        }
    }

    /// The packet, with what stands behind the comma in place of what was looked up.
    pub(super) fn packet(self, text: &str, fields: &str) -> Result<(crate::trace::Packet, Vec<String>), Diagnostic> {
        let kept: Vec<String> = self.base.into_iter().filter(|word| !self.extra.says(word)).collect();
        let base = kept.join(",");
        let whole = format!("{base},{fields}");
        let packet =
            expression::parse(&whole, self.around.bridge(self.place.node, self.place.bridge)).map_err(|d| {
                // What was looked up is right by itself, so that what is wrong was typed.
                let behind = (text.len() - fields.len()) as u32;
                let offset = base.len() as u32 + 1;
                let at = |n: u32| n.checked_sub(offset).map_or(behind, |n| n + behind);
                Diagnostic { span: Span { start: at(d.span.start), end: at(d.span.end) }, ..d }
            })?;
        Ok((packet, self.chosen))
    }
}

/// The MAC address of a broadcast or a multicast group (RFC 1112, section 6.4; RFC 2464, section 7).
fn group_address(ip: IpAddr) -> Option<u64> {
    match ip {
        IpAddr::V4(ip) if ip.is_broadcast() => Some(0xffff_ffff_ffff),
        IpAddr::V4(ip) if ip.is_multicast() => Some(0x0100_5e00_0000 | u64::from(ip.to_bits() & 0x007f_ffff)),
        IpAddr::V6(ip) if ip.is_multicast() => Some(0x3333_0000_0000 | u64::from(ip.to_bits() as u32)),
        _ => None,
    }
}

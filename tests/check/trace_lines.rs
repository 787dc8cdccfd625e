//! Which lines of two traces must be the same.

use std::collections::HashMap;

/// The first line in which our trace is not the switch's, in words.
pub fn difference(switch: &str, ours: &str) -> Option<String> {
    let (want, got) = (lines(switch), lines(ours));
    match want.iter().zip(&got).find(|(want, got)| want != got && !is_same_but_for_masks(want, got)) {
        None if want.len() == got.len() => None,
        None => Some(format!("{} lines, not {}", got.len(), want.len())),
        Some((want, got)) => Some(format!("\n  switch {want}\n  ours   {got}")),
    }
}

/// The lines that must agree. Numbers of recirculations are a switch's own, the megaflow depends on its release, and
/// the clauses of conjunctions are told by releases after 3.1 only.
pub fn lines(text: &str) -> Vec<String> {
    let mut ids: HashMap<String, usize> = HashMap::new();
    let kept = text.lines().filter(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("Megaflow:") && !line.starts_with("-> conj.")
    });
    kept.map(|line| {
        let line = line.replace("selection method in use: dp_hash, recirculating", "no live bucket");
        renumbered(line.trim_end(), &mut ids)
    })
    .collect()
}

/// Whether two lines of datapath actions set the same fields to the same values as far as both masks go. Which of the
/// bits that stay as they are stand in a mask depends, like the megaflow, on the order in which the switch looks flows up.
fn is_same_but_for_masks(want: &str, got: &str) -> bool {
    let is_actions = |line: &str| line.starts_with("Datapath actions:") && line.contains("set(");
    if !is_actions(want) || !is_actions(got) {
        return false;
    }
    let ((want, have), (got, with)) = (without_set_again(want), without_set_again(got));
    if want.matches(',').count() != got.matches(',').count() || have.len() != with.len() {
        return false;
    }
    let agree = |have: &Fields<'_>, with: &Fields<'_>| {
        let both = have.iter().filter_map(|field| Some((field, with.iter().find(|(name, _)| *name == field.0)?)));
        both.into_iter().all(|(a, b)| a == b || is_same_under_masks(&format!("={}", a.1), &format!("={}", b.1)))
    };
    have.iter().zip(&with).all(|(have, with)| agree(have, with))
        && want.split(',').zip(got.split(',')).all(|(want, got)| want == got || is_same_under_masks(want, got))
}

/// Fields of a header, and what each is set to.
type Fields<'a> = Vec<(&'a str, &'a str)>;

/// The headers whose fields are set again behind one that was put in front.
const HEADERS: [&str; 8] = ["eth(", "nsh(", "ipv4(", "ipv6(", "arp(", "tcp(", "udp(", "sctp("];

/// The line without the fields of headers that are set after one was put in front, and those fields. The new header's
/// values, and those of what lay there before, are nobody's, so whether such a field is set again depends on whether
/// some table on the way read it, which is a matter of masks.
fn without_set_again(line: &str) -> (String, Vec<Fields<'_>>) {
    let pushed = ["push_eth(", "push_nsh("].iter().filter_map(|word| line.find(word)).min().unwrap_or(usize::MAX);
    let mut rest = line;
    let (mut out, mut fields) = (String::new(), Vec::new());
    while let Some(at) = rest.find("set(").map(|at| at + "set(".len()) {
        // Of a network service header the switch names every field that it looked at, changed or not.
        let is_behind = line.len() - rest.len() + at > pushed;
        let mut names = HEADERS.iter().filter(|name| is_behind || **name == "nsh(");
        let name = names.find(|name| rest[at..].starts_with(**name));
        let (kept, after) = rest.split_at(at + name.map_or(0, |name| name.len()));
        out.push_str(kept);
        rest = after;
        if name.is_none() {
            continue;
        }
        let end = rest.find(')').unwrap_or(rest.len());
        fields.push(rest[..end].split(',').filter_map(|field| field.split_once('=')).collect());
        rest = &rest[end..];
    }
    (out + rest, fields)
}

/// Whether `name=value/mask` says the same twice; either mask may be left out.
fn is_same_under_masks(want: &str, got: &str) -> bool {
    let part = |text: &str| -> Option<(String, u64, u64)> {
        let (name, rest) = text.rsplit_once('=')?;
        let end = rest.find(')').unwrap_or(rest.len());
        let (value, mask) = match rest[..end].split_once('/') {
            Some((value, mask)) => (value, number(mask)?),
            None => (&rest[..end], u64::MAX),
        };
        Some((format!("{name}{}", &rest[end..]), number(value)?, mask))
    };
    let (Some((name, value, mask)), Some((other, with, under))) = (part(want), part(got)) else { return false };
    name == other && (value ^ with) & mask & under == 0
}

/// A number, an IPv4 address or a MAC address.
fn number(text: &str) -> Option<u64> {
    if text.contains(':') {
        return u64::from_str_radix(&text.replace(':', ""), 16).ok().filter(|_| text.len() == 17);
    }
    if let Ok(address) = text.parse::<std::net::Ipv4Addr>() {
        return Some(u32::from(address).into());
    }
    text.strip_prefix("0x").map_or_else(|| text.parse().ok(), |hex| u64::from_str_radix(hex, 16).ok())
}

/// The line with recirculations numbered as they come.
fn renumbered(line: &str, ids: &mut HashMap<String, usize>) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((at, key)) =
        ["recirc_id=", "recirc("].iter().filter_map(|key| Some((rest.find(key)?, *key))).min_by_key(|(at, _)| *at)
    {
        let (before, after) = rest.split_at(at + key.len());
        let end = after.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after.len());
        let (id, after) = after.split_at(end);
        let number = id.strip_prefix("0x").map_or(id.parse().ok(), |hex| u64::from_str_radix(hex, 16).ok());
        out.push_str(before);
        match number {
            Some(n) if n > 0 => {
                let next = ids.len() + 1;
                out.push_str(&format!("#{}", ids.entry(n.to_string()).or_insert(next)));
            }
            _ => out.push_str(id),
        }
        rest = after;
    }
    out + rest
}

#[test]
fn a_field_that_a_new_header_left_behind_may_be_set_again_or_not_but_never_to_another_value() {
    let line = |set: &str| format!("Datapath actions: push_eth(src=00:00:00:00:00:00,dst=00:00:00:00:00:00),1,{set},2");
    let both = line("set(eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02))");
    assert!(is_same_but_for_masks(&line("set(eth(dst=00:00:00:00:00:02))"), &both));
    assert!(is_same_but_for_masks(&line("set(eth())"), &both));
    assert!(is_same_but_for_masks(&line("set(udp())"), &line("set(udp(src=1,dst=2))")));
    assert!(!is_same_but_for_masks(&line("set(skb_priority(1))"), &line("set(skb_priority(2))")));
    assert!(!is_same_but_for_masks(&line("set(eth(dst=00:00:00:00:00:03))"), &both));
    assert!(!is_same_but_for_masks(&line("set(eth(dst=00:00:00:00:00:02)),3"), &both));
    assert!(!is_same_but_for_masks(&line("set(ipv4(ttl=1))"), &both));
    let below = "Datapath actions: set(eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02)),2";
    assert!(!is_same_but_for_masks("Datapath actions: set(eth(dst=00:00:00:00:00:02)),2", below));
}

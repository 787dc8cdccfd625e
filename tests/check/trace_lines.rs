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
    if !is_actions(want) || !is_actions(got) || want.matches(',').count() != got.matches(',').count() {
        return false;
    }
    want.split(',').zip(got.split(',')).all(|(want, got)| want == got || is_same_under_masks(want, got))
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

//! What a match lacks before its fields may be matched: the words that would add it.

use super::complaint::{Complaint, Fix};
use super::{Around, protocol};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::dump::flow_line::{Survey, Unmet, Word, survey};
use crate::field::FieldId;
use crate::field::proto::Needs;

/// The words that meet a need, the likeliest first.
const WORDS: [(Needs, &[&str]); 15] = [
    (Needs::Arp, &["arp", "rarp"]),
    (Needs::Ipv4, &["ip"]),
    (Needs::Ipv6, &["ipv6"]),
    (Needs::IpAny, &["ip", "ipv6"]),
    (Needs::Vlan, &["vlan_tci=0x1000/0x1000"]),
    (Needs::Mpls, &["mpls", "mplsm"]),
    (Needs::Tcp, &["tcp", "tcp6"]),
    (Needs::Udp, &["udp", "udp6"]),
    (Needs::Sctp, &["sctp", "sctp6"]),
    (Needs::Icmpv4, &["icmp"]),
    (Needs::Icmpv6, &["icmp6"]),
    (Needs::Nd, &["icmp6,icmpv6_type=135", "icmp6,icmpv6_type=136"]),
    (Needs::NdSolicit, &["icmp6,icmpv6_type=135"]),
    (Needs::NdAdvert, &["icmp6,icmpv6_type=136"]),
    (Needs::Nsh, &["dl_type=0x894f"]),
];

/// What connection tracking must have said before it names addresses and ports.
const TRACKED: &str = "ct_state=+trk+est";

/// The words that meet a need.
fn words(needs: Needs) -> &'static [&'static str] {
    WORDS.iter().find(|(n, _)| *n == needs).map_or(&[], |(_, words)| words)
}

/// The fields that a word may mean: `tp_dst` is the port of TCP, UDP and SCTP.
fn meant(field: FieldId, name: &str) -> impl Iterator<Item = FieldId> {
    FieldId::all().filter(move |f| *f == field || f.slot == field.slot && f.dump_name == name)
}

/// What a word needs, in words: that of every field it may mean.
fn needs(unmet: &Unmet, name: &str) -> String {
    let fields = meant(unmet.field, name);
    let mut words: Vec<&str> = Vec::new();
    for field in fields {
        let hint = if field.needs == Needs::Ct { TRACKED } else { field.needs.hint() };
        let first = hint.split(" or ").next().unwrap_or(hint);
        if !words.contains(&first) && !hint.is_empty() {
            words.push(if words.is_empty() && unmet.field.needs == field.needs { hint } else { first });
        }
    }
    // `tcp or tcp6, udp, sctp` reads worse than `tcp, udp or sctp`.
    if words.len() > 1 {
        words.iter_mut().for_each(|w| *w = w.split(" or ").next().unwrap_or(w));
    }
    match &words[..] {
        [] => "another protocol".to_owned(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}

/// Complaints about fields without their prerequisite; the first has the fix for all of them.
pub(super) fn complaints(text: &str, read: &Survey, around: &Around<'_>) -> Vec<Complaint> {
    let unmet = read.unmet(text);
    let Some(first) = unmet.first() else { return Vec::new() };
    let mut fix = best(text, read, &unmet, around);
    let added = fix.as_ref().map(|fix| fix.text.trim_end_matches(',').to_owned());
    let mut complaints = Vec::new();
    for one in &unmet {
        let name = one.name.slice(text);
        let message = format!("`{name}` needs {}", needs(one, name));
        let mut diagnostic = Diagnostic::error("missing-prerequisite", one.name, message);
        if let (Some(added), true) = (&added, one == first) {
            let verb = if fix.as_ref().is_some_and(|f| f.span.start < f.span.end) { "puts" } else { "adds" };
            diagnostic = diagnostic.hint(format!("Ctrl-f {verb} {added}"));
        } else if added.is_none() {
            diagnostic = diagnostic.hint("a switch would drop it from the match");
        }
        complaints.push(Complaint { diagnostic, fix: if one == first { fix.take() } else { None } });
    }
    complaints
}

/// The words that meet the most needs and do no harm; nothing if none helps.
fn best(text: &str, read: &Survey, unmet: &[Unmet], around: &Around<'_>) -> Option<Fix> {
    let names = &around.bridge.names;
    let errors = |read: &Survey| read.found.iter().filter(|d| d.is_error()).count();
    let before = (unmet.len(), errors(read));
    let mut best: Option<((usize, usize), Fix)> = None;
    for fix in candidates(text, read, unmet) {
        let (fixed, _) = fix.apply(text, 0);
        let after = survey(&fixed, names);
        let left = after.unmet(&fixed).len();
        let rank = (left, after.found.len());
        let helps = left < before.0 && errors(&after) <= before.1;
        if helps && best.as_ref().is_none_or(|(least, _)| rank < *least) {
            best = Some((rank, fix));
        }
    }
    best.map(|(_, fix)| fix)
}

/// Every way to meet one of the needs: in the place of a word that says less, else in front of the field.
fn candidates(line: &str, read: &Survey, unmet: &[Unmet]) -> Vec<Fix> {
    let said = read.words.iter().find(|w| protocol(w.name.slice(line)).is_some());
    let state = read.words.iter().find(|w| w.name.slice(line) == "ct_state");
    let at = unmet.iter().map(|u| u.name.start).min().unwrap_or(0) as usize;
    let mut all = Vec::new();
    for one in unmet {
        let name = one.name.slice(line);
        let fields = meant(one.field, name);
        let own = words(one.field.needs).iter();
        for text in own.chain(fields.flat_map(|f| words(f.needs))) {
            let word = protocol(text.split(',').next().unwrap_or(text));
            // What was said stays true: more can be said of IPv6, but it does not become IPv4.
            let is_other = |said: &Word| protocol(said.name.slice(line)).map(|p| p.dl_type) != word.map(|p| p.dl_type);
            if said.is_some_and(is_other) {
                continue;
            }
            all.push(match said {
                Some(word) => Fix { span: word.span, text: (*text).to_owned(), adds: true },
                None => Fix { span: Span::new(at, at), text: format!("{text},"), adds: true },
            });
        }
        if one.field.needs == Needs::Vlan {
            all.push(Fix { span: Span::new(at, at), text: format!("{},", words(Needs::Vlan)[0]), adds: true });
        }
        if one.field.needs == Needs::Ct {
            all.push(match state {
                Some(word) => Fix { span: word.span, text: TRACKED.to_owned(), adds: true },
                None => Fix { span: Span::new(at, at), text: format!("{TRACKED},"), adds: true },
            });
        }
    }
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Names;

    #[test]
    fn every_need_of_a_field_has_words_that_meet_it() {
        for field in FieldId::all().filter(|f| !matches!(f.needs, Needs::None | Needs::Ethernet | Needs::Ct)) {
            for word in words(field.needs) {
                let line = format!("{word},actions=drop");
                let read = survey(&line, Names::none());
                assert!(read.flow_mod.flow.matches.meets(field.needs), "{}: {word}", field.name);
                assert!(read.unmet(&line).is_empty(), "{word}");
            }
            assert!(!words(field.needs).is_empty(), "{}", field.name);
        }
        let tracked = format!("{TRACKED},actions=drop");
        assert!(survey(&tracked, Names::none()).flow_mod.flow.matches.meets(Needs::Ct));
    }
}

//! Answers to questions: compared by what they mean, not by how they are written.

use std::net::IpAddr;

use super::edits::{Place, place};
use super::lesson::{Kind, Question};
use crate::action::Mode;
use crate::base::progress::Progress;
use crate::dump::flow_line;
use crate::model::bridge::FlowId;
use crate::model::id::Prefix;
use crate::model::port::parse_mac;
use crate::query::Filter;
use crate::session::Scene;

/// Whether an answer is right.
pub fn is_right(question: &Question, given: &str, scene: &Scene, default: Option<Place>) -> bool {
    let given = given.trim();
    if given.is_empty() {
        return false;
    }
    let any = |same: &dyn Fn(&str) -> bool| question.answers.iter().any(|answer| same(answer.value.trim()));
    match question.kind {
        Kind::Number => number(given).is_some_and(|n| any(&|answer| number(answer) == Some(n))),
        Kind::Address => address(given).is_some_and(|a| any(&|answer| address(answer) == Some(a))),
        Kind::Word => any(&|answer| answer.eq_ignore_ascii_case(given)),
        Kind::Flow => {
            let Ok(at) = place(&question.at.value, scene.snapshot(), default) else { return false };
            let (wanted, said) = (flows(&question.evidence.value, scene, at), flows(given, scene, at));
            said.len() == 1 && wanted.contains(&said[0])
        }
    }
}

/// A number as people write it: `82`, `0x52`, `T82`, `table=82`, `1,180`.
fn number(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_prefix("table").map_or(&*text, |rest| rest.trim_start_matches(['=', ' ']));
    let text = text.strip_prefix('t').unwrap_or(text);
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.replace(',', "").parse().ok(),
    }
}

/// An address, as a number with its kind.
fn address(text: &str) -> Option<(u8, u128)> {
    match (text.parse::<IpAddr>(), parse_mac(text)) {
        (Ok(IpAddr::V4(ip)), _) => Some((4, u32::from(ip).into())),
        (Ok(IpAddr::V6(ip)), _) => Some((6, ip.into())),
        (Err(_), Some(mac)) => Some((0, mac.into())),
        (Err(_), None) => None,
    }
}

/// The flows that a text means: by id, as a line, or as a filter.
pub fn flows(text: &str, scene: &Scene, (node, at): Place) -> Vec<FlowId> {
    let text = text.trim();
    let node = &scene.nodes()[node];
    let bridge = node.bridges()[at].bridge();
    if let Some(prefix) = Prefix::parse(text).filter(|_| text.len() >= 2) {
        let found: Vec<FlowId> = bridge.ids().find(prefix).collect();
        if !found.is_empty() {
            return found;
        }
    }
    let line = if text.contains("actions=") { text.to_owned() } else { format!("{text} actions=drop") };
    let mode = if flow_line::is_typed(text) { Mode::Typed } else { Mode::Dumped };
    if text.contains("table=")
        && let Ok(reading) = flow_line::parse(&line, &bridge.names, mode, false)
        && reading.flow_mod.flow.residue.is_empty()
    {
        let wanted = reading.flow_mod.flow;
        let is_it = |id: &FlowId| {
            let row = bridge.flow(*id);
            (row.table(), row.priority()) == (wanted.table, wanted.priority) && row.matches() == wanted.matches
        };
        let found: Vec<FlowId> = (0..bridge.flows.len() as FlowId).filter(is_it).collect();
        if !found.is_empty() {
            return found;
        }
    }
    let scope = node.scope(at);
    match Filter::parse(text, &scope) {
        Ok(filter) if !filter.is_any() => filter.rows(&node.scope_of(at, &filter), None, &Progress::default()),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Progress;
    use crate::session::{Source, open};

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        for text in ["82", "0x52", "T82", "table=82", "table 82", " 82 "] {
            assert_eq!(number(text), Some(82), "{text}");
        }
        assert_eq!(number("1,180"), Some(1180));
        assert_eq!(number("eighty"), None);
        assert_ne!(address("10.0.0.1"), address("::ffff:10.0.0.1"));
        assert_eq!(address("FA:16:3E:00:00:01"), address("fa:16:3e:00:00:01"));
    }

    #[test]
    fn a_flow_is_named_by_its_match_its_line_its_id_or_a_filter() {
        let snapshot = open(&Source::named("demo:vxlan-two-hosts"), true, &Progress::default(), &mut |_| {}).unwrap();
        let scene = Scene::new(snapshot);
        let at = place("compute1 br-tun", scene.snapshot(), None).unwrap();
        let by_match = flows("table=4,priority=1,tun_id=0x49c", &scene, at);
        assert_eq!(by_match.len(), 1);
        let bridge = scene.nodes()[at.0].bridges()[at.1].bridge();
        let row = bridge.flow(by_match[0]);
        let id = bridge.ids().short(crate::model::id::FlowHash::of(row)).to_string();
        for text in [id, row.line_text(&bridge.names), "table=4 and tun_id=0x49c".to_owned()] {
            assert_eq!(flows(&text, &scene, at), by_match, "{text}");
        }
        assert!(flows("table=4", &scene, at).len() > 1);
        assert!(flows("", &scene, at).is_empty());
    }
}

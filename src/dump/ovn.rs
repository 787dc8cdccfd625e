//! What ovn-controller says of its numbers, and what else of OVN is recognised.
//!
//! ovn-controller(8): `ovn-appctl ct-zone-list` prints `NAME NUMBER` a line, `group-table-list` and `meter-table-list`
//! print `DESCRIPTION: NUMBER`. The outputs of `ovn-sbctl lflow-list`, `ovn-nbctl show` and `ovn-sbctl show` are only
//! recognised here, not read.

use super::Source;
use super::ovsdb_text::is_uuid;
use crate::base::diag::Diagnostic;
use crate::base::span::Span;

/// A number that ovn-controller gave to something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Numbered {
    /// What has the number: the name of a logical port or router for a zone, the description of a group or a meter.
    pub text: Box<str>,
    /// The number of the zone, group or meter.
    pub number: u32,
}

/// Whether a text begins like `ct-zone-list`: every line is a name and a number. Little tells it from other lists, so
/// this should be asked last.
pub fn is_ct_zones(head: &str) -> bool {
    let is_zone = |zone: Numbered| zone.number <= u32::from(u16::MAX) && !zone.text.ends_with(':');
    all_lines(head, |line| zone(line).is_some_and(is_zone))
}

/// Whether a text begins like `group-table-list`: every line describes a group.
pub fn is_group_table(head: &str) -> bool {
    all_lines(head, is_group)
}

/// Whether a text begins like `meter-table-list`: every line is a description, a colon and a number. Little tells it
/// from other lists, so this should be asked last.
pub fn is_meter_table(head: &str) -> bool {
    all_lines(head, |line| !line.starts_with([' ', '\t']) && !is_group(line) && described(line).is_some())
}

fn is_group(line: &str) -> bool {
    line.starts_with("type=") && line.contains("bucket=")
}

/// Whether a text begins like `ovn-sbctl lflow-list`.
pub fn is_lflow_list(head: &str) -> bool {
    first_line(head).is_some_and(|line| line.starts_with("Datapath: ") && line.contains("Pipeline: "))
}

/// Whether a text begins like `ovn-nbctl show`.
pub fn is_nbctl_show(head: &str) -> bool {
    let id = |line: &str| {
        let id = line.strip_prefix("switch ").or_else(|| line.strip_prefix("router "))?;
        id.split(' ').next().map(is_uuid)
    };
    first_line(head).and_then(id).unwrap_or(false)
}

/// Whether a text begins like `ovn-sbctl show`.
pub fn is_sbctl_show(head: &str) -> bool {
    let mut lines = head.lines().filter(|line| !line.trim().is_empty());
    lines.next().is_some_and(|line| line.starts_with("Chassis "))
        && lines.next().is_none_or(|line| line.starts_with("    hostname: ") || line.starts_with("    Encap "))
}

fn first_line(head: &str) -> Option<&str> {
    head.lines().find(|line| !line.trim().is_empty())
}

/// Whether a condition holds for every line of a beginning that is there to its end, and for one at least.
fn all_lines(head: &str, holds: impl Fn(&str) -> bool) -> bool {
    let whole = if head.ends_with('\n') { head } else { head.rsplit_once('\n').map_or(head, |(lines, _)| lines) };
    let mut lines = whole.lines().filter(|line| !line.trim().is_empty()).peekable();
    lines.peek().is_some() && lines.all(holds)
}

/// Reads `ct-zone-list`: conntrack zones by the name of their owner.
pub fn read_ct_zones(text: &str, source: &mut Source<'_>) -> Vec<Numbered> {
    read(text, source, zone, "expected a name and the number of a zone")
}

/// Reads `group-table-list`: OpenFlow groups by their description.
pub fn read_group_table(text: &str, source: &mut Source<'_>) -> Vec<Numbered> {
    read(text, source, described, "expected a group, a colon and its number")
}

/// Reads `meter-table-list`: OpenFlow meters by their name or description.
pub fn read_meter_table(text: &str, source: &mut Source<'_>) -> Vec<Numbered> {
    read(text, source, described, "expected a meter, a colon and its number")
}

fn read(text: &str, source: &mut Source<'_>, entry: fn(&str) -> Option<Numbered>, hint: &str) -> Vec<Numbered> {
    let mut entries = Vec::new();
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match entry(line) {
            Some(entry) => entries.push(entry),
            None => {
                let d = Diagnostic::error("unknown-line", Span::new(0, line.len()), "no number at the end of the line");
                source.complain(i + 1, line, d.hint(hint));
            }
        }
    }
    entries
}

/// `NAME NUMBER`.
fn zone(line: &str) -> Option<Numbered> {
    let (text, number) = line.trim_end().rsplit_once(' ')?;
    let is_name = !text.is_empty() && !text.contains([' ', '\t']);
    Some(Numbered { text: text.into(), number: digits(number)? }).filter(|_| is_name)
}

/// `DESCRIPTION: NUMBER`.
fn described(line: &str) -> Option<Numbered> {
    let (text, number) = line.trim_end().rsplit_once(": ")?;
    Some(Numbered { text: text.into(), number: digits(number)? }).filter(|_| !text.is_empty())
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::diag::Report;
    use crate::field::Names;

    fn told(text: &str, read: fn(&str, &mut Source<'_>) -> Vec<Numbered>) -> (Vec<(String, u32)>, usize) {
        let mut report = Report::default();
        let file: Arc<str> = "f".into();
        let entries = read(text, &mut Source { file: &file, names: Names::none(), report: &mut report });
        (entries.into_iter().map(|e| (e.text.into(), e.number)).collect(), report.len())
    }

    #[test]
    fn zones_groups_and_meters() {
        let zones = "53b5fe82-e8f5-4ddd-b27b-8f7043ba43c7_snat 9\nsw0-port1 65535\n";
        assert_eq!(told(zones, read_ct_zones).0[1], ("sw0-port1".into(), 65535));
        assert!(is_ct_zones(zones) && is_ct_zones("a 1\nb") && !is_ct_zones("a 70000\n") && !is_ct_zones("a b 1\n"));
        assert!(!is_meter_table(zones) && !is_ct_zones("flows: 19\n") && !is_ct_zones("") && !is_ct_zones("\n"));

        let groups = "type=select,bucket=bucket_id=0,weight:100,actions=ct(nat(dst=10.40.1.148:53)): 4\n";
        assert_eq!(told(groups, read_group_table).0[0].1, 4);
        assert!(is_group_table(groups) && !is_meter_table(groups) && is_group_table(&groups[..60]));

        let meters = "__string: uuid 4459b5ac kbps burst stats bands=type=drop rate=10000: 2\nacl_log_meter: 10\n";
        let (entries, complaints) = told(&format!("{meters}odd\nodd: x\n"), read_meter_table);
        assert_eq!((entries[1].clone(), complaints), (("acl_log_meter".into(), 10), 2));
        assert!(is_meter_table(meters) && !is_meter_table("  flows: 19\n") && !is_group_table(meters));
    }

    #[test]
    fn other_outputs_are_recognised() {
        assert!(is_lflow_list("Datapath: \"sw0\" (53b5fe82-e8f5-4ddd-b27b-8f7043ba43c7)  Pipeline: ingress\n"));
        assert!(is_nbctl_show("switch 18afbbcc-5ce6-484c-bf7e-d815dffed876 (sw0) (aka public)\n    port a\n"));
        assert!(is_nbctl_show("router 18afbbcc-5ce6-484c-bf7e-d815dffed876 (r)\n"));
        assert!(is_sbctl_show("Chassis \"f16c4bb9\"\n    hostname: compute2\n"));
        for is in [is_lflow_list, is_nbctl_show, is_sbctl_show] {
            assert!(!is("") && !is("switch it off\n") && !is("Datapath: x\n"));
        }
    }
}

//! The page about fields, `docs/fields.md`, made of the rows.

use std::fmt::Write;

use super::proto::Needs;
use super::table::{Field, FieldId};

/// Every field in Markdown: names, width, how its value is written, whether parts of it can be matched, what must be
/// matched before, and its NXM and OXM headers. Numbered fields of one family share an entry.
pub fn reference() -> String {
    let mut page = String::from(
        "# Fields\n\n\
         <!-- Made of the rows in src/field/table; run `OFSCOPE_WRITE=1 cargo test docs` after changing one. -->\n\n\
         The fields stand in the order in which Open vSwitch prints them. A field is matched as `NAME=VALUE`, in part \
         as `NAME=VALUE/MASK` where that is possible. *Needs* says what the flow must match besides: a switch refuses \
         or drops the field otherwise. A header is named with the Open vSwitch release that brought it and, if it is \
         a standard one, with the version of OpenFlow.\n",
    );
    let fields: Vec<FieldId> = FieldId::all().collect();
    let mut rest = &fields[..];
    while let Some(first) = rest.first() {
        let header = |f: &FieldId| f.headers.first().map(|h| base(h.name));
        let is_numbered = base(first.name) != first.name;
        let same = |f: &FieldId| is_numbered && base(f.name) == base(first.name) && header(f) == header(first);
        let count = 1 + rest[1..].iter().take_while(|f| same(f)).count();
        entry(first, rest[count - 1], &mut page);
        rest = &rest[count..];
    }
    page
}

/// The name without its number.
fn base(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// The names of a family by their first and last.
fn range(first: &str, last: &str) -> String {
    if first == last { format!("`{first}`") } else { format!("`{first}` to `{last}`") }
}

fn entry(first: &Field, last: FieldId, page: &mut String) {
    let _ = write!(page, "\n## {}\n\n{}.\n\n", range(first.name, last.name), sentence(first.doc));
    let names = |of: &[&'static str], to: &[&'static str]| -> Vec<String> {
        of.iter().zip(to).map(|(of, to)| range(of, to)).collect()
    };
    let aliases = names(&first.aliases, &last.aliases);
    if !aliases.is_empty() {
        let _ = writeln!(page, "- also read as {}", aliases.join(", "));
    }
    let plain = [first.name, ""].contains(&first.dump_name);
    if !plain {
        let _ = writeln!(page, "- printed as {}", range(first.dump_name, last.dump_name));
    }
    let bits = if first.bits == 1 { "1 bit".to_owned() } else { format!("{} bits", first.bits) };
    let _ = writeln!(page, "- {bits}, written as {}", first.format.doc());
    let masked = if first.maskable { "may be matched in part" } else { "is matched as a whole or not at all" };
    let written = if first.writable { "actions can write it" } else { "actions cannot write it" };
    let _ = writeln!(page, "- {masked}; {written}");
    if first.needs != Needs::None {
        let _ = writeln!(page, "- needs {}", first.needs.hint());
    }
    let headers = first.headers.iter().zip(&last.headers).map(|(of, to)| {
        let openflow = if of.openflow.is_empty() { String::new() } else { format!(", OpenFlow {}", of.openflow) };
        let number =
            if of.number == to.number { of.number.to_string() } else { format!("{} to {}", of.number, to.number) };
        format!("{} (number {number}; Open vSwitch {}{openflow})", range(of.name, to.name), of.since)
    });
    let headers: Vec<String> = headers.collect();
    match &headers[..] {
        [] => page.push_str("- no header: only words of older OpenFlow versions, or the switch itself, carry it\n"),
        headers => {
            let _ = writeln!(page, "- {}", headers.join("; "));
        }
    }
}

/// The words with a capital.
pub(crate) fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_an_entry_or_is_in_that_of_its_family() {
        let page = reference();
        for field in FieldId::all().filter(|f| base(f.name) == f.name) {
            assert!(page.contains(&format!("\n## `{}`\n", field.name)), "{field:?}");
        }
        for family in ["reg0` to `reg15", "reg16` to `reg31", "xxreg4` to `xxreg7", "tun_metadata0` to `tun_metadata63"]
        {
            assert!(page.contains(&format!("\n## `{family}`\n")), "{family}");
        }
        assert!(page.contains("`NXM_NX_REG0` to `NXM_NX_REG15` (number 0 to 15; Open vSwitch 1.1)"));
        assert!(FieldId::all().all(|f| !f.doc.ends_with('.')));
    }
}

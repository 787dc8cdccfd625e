//! How a bridge deals with fragments: the word that `ovs-ofctl get-frags` prints, and that stands in `ovs-ofctl show`.

use super::Part;
use super::ports::Shown;
use crate::model::bridge::Fragments;

/// Whether a text is what `ovs-ofctl get-frags` printed.
pub fn is_get_frags(head: &str) -> bool {
    Fragments::by_name(head.trim()).is_some()
}

/// Reads it.
pub fn read_get_frags(text: &str) -> Option<Fragments> {
    Fragments::by_name(text.trim())
}

/// What `ovs-ofctl show` says of it: `OFPT_GET_CONFIG_REPLY (xid=0x4): frags=normal miss_send_len=0`.
pub fn in_show(parts: &[Part<Shown>]) -> Option<Fragments> {
    let settings = parts.iter().find_map(|part| match part {
        Part::Text(line) if line.starts_with("OFPT_GET_CONFIG_REPLY") => line.split_once(" frags="),
        _ => None,
    });
    let (_, rest) = settings?;
    Fragments::by_name(rest.split_whitespace().next()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::diag::Report;
    use crate::dump::{Source, ports};
    use crate::field::Names;

    #[test]
    fn the_mode_is_read_from_either_command() {
        assert_eq!(read_get_frags("nx-match\n"), Some(Fragments::NxMatch));
        assert!(is_get_frags("drop\n") && !is_get_frags("drop it\n") && !is_get_frags(""));
        let text = "OFPT_FEATURES_REPLY (xid=0x2): dpid:0000000000000001\nn_tables:254, n_buffers:0\n\
                    OFPT_GET_CONFIG_REPLY (xid=0x4): frags=drop miss_send_len=0\n";
        let (file, mut report) = (std::sync::Arc::from("show"), Report::default());
        let mut source = Source { file: &file, names: Names::none(), report: &mut report };
        assert_eq!(in_show(&ports::read_show(text, &mut source)), Some(Fragments::Drop));
    }
}

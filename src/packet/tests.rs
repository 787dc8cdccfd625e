//! Frames against what a real switch read in them: `fixtures/packets/frames.txt`.

use super::*;
use crate::field::Names;
use crate::trace::spec;

/// What stands in the fixture: how many tags the switch looks at, what the frame is, its bytes, the flow.
fn frames() -> Vec<(VlanLimit, &'static str, Vec<u8>, &'static str)> {
    let text = include_str!("../../fixtures/packets/frames.txt");
    let frame = |block: &'static str| {
        let mut lines = block.lines();
        let (limit, name) = lines.next()?.split_once(' ')?;
        let bytes = hex::parse(lines.next()?).ok()?;
        Some((VlanLimit::of(Some(limit)), name, bytes, lines.next()?))
    };
    text.split("\n\n").map(|block| frame(block).unwrap_or_else(|| panic!("no frame: {block}"))).collect()
}

#[test]
fn a_frame_is_read_as_a_switch_reads_it() {
    let metadata = spec::parse("in_port=1", Names::none()).unwrap();
    let wrong: Vec<String> = frames()
        .into_iter()
        .filter_map(|(limit, name, bytes, flow)| {
            let ours = frame(&bytes, &metadata, limit).packet.text();
            (ours != flow).then(|| format!("{name}\n  switch {flow}\n  ours   {ours}"))
        })
        .collect();
    assert!(frames().len() > 400);
    assert!(wrong.is_empty(), "{} frames\n{}", wrong.len(), wrong.join("\n"));
}

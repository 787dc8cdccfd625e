use super::*;

#[test]
fn flows_come_out_of_a_store_as_they_went_in() {
    let interner = Interner::default();
    let mut builder = SegmentBuilder::new(&interner);
    let mut flows = Vec::new();
    for n in 0..1000u32 {
        let mut flow = Flow { table: (n % 7) as u8, priority: n, cookie: u64::from(n % 3), ..Flow::default() };
        flow.matches.set_exact(crate::field::table::IN_PORT.slot, u64::from(n));
        if n % 2 == 0 {
            flow.matches.set_exact(crate::field::table::METADATA.slot, u64::from(n) << 33);
            flow.stats =
                Some(Stats { n_packets: Some(n.into()), idle_age: (n > 500).then_some(n), ..Stats::default() });
        }
        let actions = interner.keep_actions("drop", Actions::default(), Vec::new());
        let verbatim = (n == 8).then_some("odd line");
        let line = Line { number: n + 1 + n / 100, verbatim, style: Style::Stats, names: false };
        let shape = builder.shape(&flow.matches);
        builder.push(&flow, shape, &actions, line);
        flows.push(flow);
    }
    let store = FlowStore::new([Arc::new(builder.finish()), Arc::new(SegmentBuilder::new(&interner).finish())]);
    assert_eq!(store.len(), 1000);
    for (n, flow) in store.iter() {
        assert_eq!(flow.to_flow(), flows[n as usize]);
        assert_eq!(flow.line(), n + 1 + n / 100);
    }
    assert_eq!(store.get(8).line_text(Names::none()), "odd line");
    let (_, segment) = store.segments().next().unwrap();
    assert_eq!((segment.shapes().len(), segment.heads().len(), segment.action_lists().len()), (2, 6, 1));
}

//! Where everything stands on the screen, from its size and what is shown. Drawing and paging both ask here.

use ratatui::layout::Rect;

use super::state::State;
use super::views::{NodeView, Pane, Screen};

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The line of places.
    pub crumbs: Rect,
    /// The tabs of the screens.
    pub tabs: Option<Rect>,
    /// The filter line.
    pub filter: Option<Rect>,
    /// What the screen itself shows.
    pub body: Rect,
    /// The status line.
    pub status: Rect,
    /// The keys that work here.
    pub hints: Option<Rect>,
}

/// From this width on, boxes are drawn, and there is room for a second pane.
pub const WIDE: u16 = 100;

/// The parts of the screen.
pub fn frame(state: &State) -> Frame {
    let (width, height) = size(state);
    let is_tiny = width < 40 || height < 10;
    let line = |y| Rect::new(0, y, width, 1);
    let mut top = 1.min(height);
    let tabs = (height >= 14 && !is_tiny).then(|| line(1));
    top += u16::from(tabs.is_some());
    let has_filter = matches!(state.screen(), Screen::Flows(_) | Screen::Trace(_)) && !is_tiny;
    let filter = has_filter.then(|| line(top));
    top += u16::from(has_filter);
    let bottom = if is_tiny { 1 } else { 2 };
    let body_height = height.saturating_sub(top + bottom);
    let status = line(height.saturating_sub(bottom).max(top.min(height.saturating_sub(1))));
    let hints = (!is_tiny).then(|| line(height - 1));
    Frame { crumbs: line(0), tabs, filter, body: Rect::new(0, top, width, body_height), status, hints }
}

/// The size of the terminal; one that does not know its size counts as 80x24.
pub fn size(state: &State) -> (u16, u16) {
    match state.size {
        (0, _) | (_, 0) => (80, 24),
        (width, height) => (width.min(1000), height.min(500)),
    }
}

/// What is left on the right for words about the bridge under the cursor.
pub fn about_bridge(panes: &[PaneAt]) -> Option<Rect> {
    let at = |pane| panes.iter().find(|p| p.pane == pane).map(|p| p.outer);
    let (health, bridges) = (at(Pane::Health)?, at(Pane::Bridges)?);
    let end = at(Pane::Tunnels).map(|t| t.y).or_else(|| at(Pane::Ports).map(Rect::bottom))?;
    let is_beside = health.x > bridges.x;
    let rect = Rect { y: health.bottom(), height: end.saturating_sub(health.bottom()), ..health };
    (is_beside && rect.height > 4).then_some(rect)
}

/// A pane with what of it is for rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaneAt {
    /// Which one.
    pub pane: Pane,
    /// All of it.
    pub outer: Rect,
    /// Where its rows are, below the headings.
    pub rows: Rect,
}

/// The panes of the Node screen.
pub fn node_panes(state: &State, view: &NodeView, body: Rect) -> Vec<PaneAt> {
    let Some(node) = state.scene.nodes().iter().find(|n| n.node().name == view.node) else { return Vec::new() };
    let nodes = state.scene.nodes().len();
    let len = |pane| super::panes::len(state, node, view, pane).min(1000) as u16;
    if view.is_full {
        return vec![place(view.pane, body, body.width >= WIDE)];
    }
    let mut at = Vec::new();
    let mut y = body.y;
    let end = body.bottom();
    if nodes > 1 && body.height > 6 {
        at.push(PaneAt {
            pane: Pane::Nodes,
            outer: Rect::new(body.x, y, body.width, 1),
            rows: Rect::new(body.x, y, body.width, 1),
        });
        y += 1;
    }
    if body.width < WIDE {
        // One below the other: a title, a heading, and as many rows as there is room for, the radar first.
        let panes = [Pane::Bridges, Pane::Drops, Pane::Ports, Pane::Tunnels, Pane::Health];
        let mut panes: Vec<Pane> = panes.into_iter().filter(|p| len(*p) > 0 || *p == Pane::Drops).collect();
        // Where not every pane gets a row, the last ones wait for Tab.
        let height = |panes: &[Pane]| panes.iter().map(|p| if *p == Pane::Health { 2 } else { 3 }).sum::<u16>();
        while panes.len() > 1 && height(&panes) > end - y {
            let Some(at) = panes.iter().rposition(|p| *p != view.pane) else { break };
            panes.remove(at);
        }
        let heads = |p: Pane| if p == Pane::Health { 1 } else { 2 };
        let room = (end - y).saturating_sub(panes.iter().map(|p| heads(*p)).sum::<u16>());
        let wanted: Vec<u16> = panes.iter().map(|p| len(*p).max(1)).collect();
        // Where packets were lost is what people come for.
        let first = panes.iter().position(|p| *p == Pane::Drops).unwrap_or(0);
        let given = share(room, &wanted, first);
        for (pane, rows) in panes.into_iter().zip(given) {
            let height = heads(pane) + rows;
            if rows == 0 || y + height > end {
                continue;
            }
            let outer = Rect::new(body.x, y, body.width, height);
            at.push(PaneAt { pane, outer, rows: Rect::new(body.x, y + heads(pane), body.width, rows) });
            y += height;
        }
        return at;
    }
    // Two columns: what to look at on the left, what is known on the right.
    let left = (body.width * 3 / 5).min(body.width - 40);
    let height = end - y;
    // On a low screen a pane gets no more than there is, and those that would have no row are left out below.
    let bridges = (len(Pane::Bridges) + 3).min((height / 3).max(5)).max(5).min(height);
    let tunnels =
        if len(Pane::Tunnels) > 0 { (len(Pane::Tunnels) + 3).min((height / 2).max(5)).max(5).min(height) } else { 0 };
    let rest = height - bridges;
    let drops = (len(Pane::Drops) + 3).min((rest * 3 / 5).max(5)).max(5).min(rest);
    let health = (len(Pane::Health) + 2).min((height - tunnels) / 2).max(4).min(height - tunnels);
    let (x, width) = (body.x, body.width);
    let cells = [
        (Pane::Bridges, Rect::new(x, y, left, bridges)),
        (Pane::Drops, Rect::new(x, y + bridges, left, drops)),
        (Pane::Ports, Rect::new(x, y + bridges + drops, left, height - bridges - drops)),
        (Pane::Health, Rect::new(x + left, y, width - left, health)),
        (Pane::Tunnels, Rect::new(x + left, end - tunnels, width - left, tunnels)),
    ];
    at.extend(cells.into_iter().filter(|(_, r)| r.height > 2).map(|(pane, rect)| place(pane, rect, true)));
    at
}

fn place(pane: Pane, outer: Rect, has_box: bool) -> PaneAt {
    let heading = u16::from(pane != Pane::Health && pane != Pane::Nodes);
    let border = u16::from(has_box);
    let rows = Rect::new(
        outer.x + border,
        outer.y + 1 + heading,
        outer.width.saturating_sub(2 * border),
        outer.height.saturating_sub(1 + heading + border),
    );
    PaneAt { pane, outer, rows }
}

/// Shares rows out in rounds: everyone gets one, then `first` gets four, then the others come up to it, and so on.
fn share(room: u16, wanted: &[u16], first: usize) -> Vec<u16> {
    let mut given = vec![0; wanted.len()];
    let mut left = room;
    let order = || std::iter::once(first).chain((0..wanted.len()).filter(move |n| *n != first));
    for at_most in [1, 4, 6, u16::MAX] {
        for n in order().filter(|n| *n < wanted.len()) {
            let more = wanted[n].min(at_most).saturating_sub(given[n]).min(left);
            given[n] += more;
            left -= more;
        }
    }
    given
}

/// The list of flows, and the pane about the flow under the cursor.
pub fn flows(body: Rect, has_inspector: bool) -> (Rect, Option<Rect>) {
    // One row of headings stands above the list.
    let list = |height: u16| Rect::new(body.x, body.y + 1.min(height), body.width, height.saturating_sub(1));
    let inspector = 8.min(body.height / 3);
    if !has_inspector || body.width < WIDE || inspector < 5 {
        return (list(body.height), None);
    }
    let height = body.height - inspector;
    (list(height), Some(Rect::new(body.x, body.y + height, body.width, inspector)))
}

/// The tables, and the pane about the table under the cursor.
pub fn pipeline(body: Rect, has_inspector: bool) -> (Rect, Option<Rect>) {
    if !has_inspector {
        return (body, None);
    }
    if body.width >= WIDE {
        let side = (body.width * 3 / 10).clamp(36, 60);
        let main = Rect::new(body.x, body.y, body.width - side, body.height);
        return (main, Some(Rect::new(main.right(), body.y, side, body.height)));
    }
    let below = (body.height / 3).min(7);
    if below < 3 {
        return (body, None);
    }
    let main = Rect::new(body.x, body.y, body.width, body.height - below);
    (main, Some(Rect::new(body.x, main.bottom(), body.width, below)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_shared_out_and_never_more_than_there_are() {
        assert_eq!(share(0, &[3, 4], 0), [0, 0]);
        assert_eq!(share(2, &[3, 4], 1), [1, 1]);
        assert_eq!(share(9, &[3, 20, 20], 1), [3, 4, 2]);
        assert_eq!(share(100, &[3, 20, 20], 1), [3, 20, 20]);
    }
}

//! A cursor over a long list of which only a window is on the screen.

/// Where the cursor is and what is shown. It knows nothing of the rows but how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The row under the cursor.
    pub at: usize,
    /// The first row on the screen.
    pub top: usize,
}

impl Cursor {
    /// Moves by `by` rows and stays inside.
    pub fn step(&mut self, by: isize, len: usize) {
        self.at = self.at.saturating_add_signed(by).min(len.saturating_sub(1));
    }

    /// Goes to a row.
    pub fn go(&mut self, at: usize, len: usize) {
        self.at = at.min(len.saturating_sub(1));
    }

    /// Moves the window so that the cursor is inside, with a row of context where there is one.
    pub fn show(&mut self, len: usize, height: usize) {
        self.at = self.at.min(len.saturating_sub(1));
        let margin = usize::from(height > 4);
        let highest = self.at.saturating_sub(margin);
        let lowest = (self.at + margin + 1).saturating_sub(height);
        self.top = self.top.clamp(lowest.min(highest), highest).min(len.saturating_sub(height));
    }

    /// Moves the window so that the cursor is in its middle.
    pub fn centre(&mut self, len: usize, height: usize) {
        self.top = self.at.saturating_sub(height / 2).min(len.saturating_sub(height));
    }

    /// The rows on the screen.
    pub fn window(&self, len: usize, height: usize) -> std::ops::Range<usize> {
        self.top.min(len)..self.top.saturating_add(height).min(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_inside_and_in_sight() {
        let mut cursor = Cursor::default();
        cursor.step(-3, 100);
        assert_eq!(cursor.at, 0);
        cursor.step(30, 100);
        cursor.show(100, 10);
        assert_eq!(cursor.window(100, 10), 22..32);
        cursor.step(-5, 100);
        cursor.show(100, 10);
        assert_eq!(cursor.window(100, 10), 22..32, "the window stays while the cursor is inside");
        cursor.go(usize::MAX, 100);
        cursor.show(100, 10);
        assert_eq!((cursor.at, cursor.window(100, 10)), (99, 90..100));
        cursor.show(3, 10);
        assert_eq!((cursor.at, cursor.window(3, 10)), (2, 0..3));
        cursor.show(0, 10);
        assert_eq!((cursor.at, cursor.window(0, 10)), (0, 0..0));
        cursor.show(100, 0);
        cursor.show(100, 1);
        assert_eq!(cursor.window(100, 1), 0..1);
    }
}

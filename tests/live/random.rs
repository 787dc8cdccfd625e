//! Random tables and packets. Values are few, and the same for flows and packets, so that they meet; some of them lie at
//! the edges.

/// Numbers that look random (splitmix64).
pub struct Random(u64);

impl Random {
    /// Begins with a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of several.
    pub fn of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    pub fn mac(&mut self) -> String {
        match self.below(12) {
            0 => "ff:ff:ff:ff:ff:ff".to_owned(),
            1 => self
                .of(&[
                    "01:00:5e:00:00:05",
                    "33:33:00:00:00:01",
                    "01:80:c2:00:00:0e",
                    "01:00:0c:cc:cc:cd",
                    "01:00:0c:cc:cc:c5",
                ])
                .to_owned(),
            2 => "00:00:00:00:00:00".to_owned(),
            _ => format!("fa:16:3e:00:00:{:02x}", self.below(6)),
        }
    }

    pub fn ipv4(&mut self) -> String {
        match self.below(12) {
            0 => "255.255.255.255".to_owned(),
            1 => self.of(&["0.0.0.0", "224.0.0.5", "127.0.0.1"]).to_owned(),
            _ => format!("10.0.{}.{}", self.below(2), self.below(6)),
        }
    }

    pub fn ipv6(&mut self) -> String {
        match self.below(8) {
            0 => "ff02::1".to_owned(),
            1 => "fe80::1".to_owned(),
            2 => "::".to_owned(),
            _ => format!("fd00::{:x}", self.below(6)),
        }
    }

    pub fn port_number(&mut self) -> u64 {
        let port = self.below(0x1_0000);
        self.of(&[0, 1, 22, 53, 67, 80, 443, 4789, 8080, 40000, 65535, port])
    }

    pub fn vid(&mut self) -> u64 {
        self.of(&[0, 1, 10, 10, 20, 20, 30, 30, 4094, 4095])
    }

    pub fn byte(&mut self) -> u64 {
        let any = self.below(256);
        self.of(&[0, 1, 2, 63, 64, 128, 254, 255, any])
    }
}

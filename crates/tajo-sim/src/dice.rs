//! Chance that can be repeated: SplitMix64, which needs eight bytes and no dependency.

/// A stream of numbers that follows from its seed alone.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// A stream of its own for one record: profiles are derived, not stored.
    pub(crate) fn of(seed: u64, kind: u64, serial: u32) -> Dice {
        let mut dice = Dice(seed ^ kind.wrapping_mul(0xA076_1D64_78BD_642F));
        let salt = dice.next();
        Dice(salt ^ u64::from(serial).wrapping_mul(0xE703_7ED1_A0B4_28DB))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..limit`; 0 when the limit is 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.next() % limit }
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from((high - low).max(0)).unwrap_or(0) + 1;
        low + i64::try_from(self.below(span)).unwrap_or(0)
    }

    pub(crate) fn per_mille(&mut self, chance: u32) -> bool {
        self.below(1000) < u64::from(chance)
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let len = u64::try_from(from.len()).unwrap_or(0);
        &from[usize::try_from(self.below(len)).unwrap_or(0)]
    }

    /// A serial number in `0..count`.
    pub(crate) fn serial(&mut self, count: usize) -> u32 {
        u32::try_from(self.below(u64::try_from(count).unwrap_or(0))).unwrap_or(0)
    }

    /// 32 hex digits in the form of a UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            (b >> 48) & 0xfff,
            b & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_streams() {
        let (mut a, mut b) = (Dice::of(7, 1, 3), Dice::of(7, 1, 3));
        assert_eq!((a.next(), a.uuid()), (b.next(), b.uuid()));
        assert_ne!(Dice::of(7, 1, 3).next(), Dice::of(7, 1, 4).next());
    }
}

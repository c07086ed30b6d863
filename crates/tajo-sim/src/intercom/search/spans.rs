//! Sets of whole seconds, as sorted closed ranges. A query's bounds on `updated_at` become one such
//! set, so that a window query reads its window and nothing else.

/// Sorted, disjoint, closed ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spans(Vec<(i64, i64)>);

impl Spans {
    pub(crate) fn all() -> Spans {
        Spans(vec![(i64::MIN, i64::MAX)])
    }

    pub(crate) fn none() -> Spans {
        Spans(Vec::new())
    }

    /// `low..=high`; empty if `low` is greater.
    pub(crate) fn range(low: i64, high: i64) -> Spans {
        if low <= high { Spans(vec![(low, high)]) } else { Spans::none() }
    }

    pub(crate) fn ranges(&self) -> &[(i64, i64)] {
        &self.0
    }

    pub(crate) fn holds(&self, value: i64) -> bool {
        self.0.iter().any(|(low, high)| (*low..=*high).contains(&value))
    }

    pub(crate) fn or(&self, other: &Spans) -> Spans {
        let mut all: Vec<(i64, i64)> = self.0.iter().chain(&other.0).copied().collect();
        all.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::with_capacity(all.len());
        for (low, high) in all {
            match merged.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        Spans(merged)
    }

    pub(crate) fn and(&self, other: &Spans) -> Spans {
        let mut common = Vec::new();
        for (a, b) in &self.0 {
            for (c, d) in &other.0 {
                if a.max(c) <= b.min(d) {
                    common.push((*a.max(c), *b.min(d)));
                }
            }
        }
        Spans(common)
    }

    pub(crate) fn not(&self) -> Spans {
        let mut from = Some(i64::MIN);
        let mut gaps = Vec::new();
        for (low, high) in &self.0 {
            if let Some(start) = from
                && start < *low
            {
                gaps.push((start, low - 1));
            }
            from = high.checked_add(1);
        }
        gaps.extend(from.map(|start| (start, i64::MAX)));
        Spans(gaps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_seconds() {
        let (a, b) = (Spans::range(1, 5), Spans::range(6, 9));
        assert_eq!(a.or(&b), Spans::range(1, 9));
        assert_eq!(Spans::range(1, 6).and(&Spans::range(4, 9)), Spans::range(4, 6));
        assert_eq!(a.and(&b), Spans::none());
        assert_eq!(a.not().not(), a);
        assert_eq!(Spans::all().not(), Spans::none());
        assert!(a.not().holds(0) && !a.not().holds(5));
    }
}

//! Medians with their range, and ratios of what was measured in the same round.

use std::collections::BTreeMap;

/// What a figure was in each round.
pub type Rounds = BTreeMap<u32, f64>;

/// A median, and between what the rounds lay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The middle one, or the mean of the two in the middle.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
}

impl Spread {
    /// Of some figures; nothing where there are none.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = figures.into_iter().filter(|it| !it.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let upper = sorted.len() / 2;
        let lower = (sorted.len() - 1) / 2;
        let median = f64::midpoint(sorted[lower], sorted[upper]);
        Some(Self { median, min, max })
    }

    /// As a cell of a table.
    pub fn cell(&self) -> String {
        let (min, max) = (number(self.min), number(self.max));
        if min == max {
            return number(self.median);
        }
        format!("{} [{min}..{max}]", number(self.median))
    }
}

/// The ratio of two figures, round by round: what disturbed a round disturbed both. Rounds that
/// only one of them has, or in which the other did nothing, are left out.
pub fn ratio(own: &Rounds, other: &Rounds) -> Option<Spread> {
    Spread::of(own.iter().filter_map(|(round, own)| {
        let other = other.get(round)?;
        (*other > 0.0 && other.is_finite()).then(|| own / other)
    }))
}

/// A figure with three significant digits, or whole, with commas, where it is large.
pub fn number(value: f64) -> String {
    if value == f64::INFINITY {
        return "∞".to_owned();
    }
    // What arithmetic has left of a round figure is round.
    let value = (value * 1e9).round() / 1e9;
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        let left = whole.len() - at;
        if at > 0 && left.is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle_of_any_order() {
        let of = |figures: &[f64]| Spread::of(figures.iter().copied()).expect("some");
        assert_eq!(of(&[9.0, 1.0, 5.0]), Spread { median: 5.0, min: 1.0, max: 9.0 });
        assert_eq!(of(&[4.0, 1.0, 9.0, 2.0]).median, 3.0);
        assert_eq!(Spread::of([f64::NAN]), None);
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let own = Rounds::from([(1, 10.0), (2, 400.0), (3, 30.0), (4, 5.0)]);
        let other = Rounds::from([(1, 5.0), (2, 100.0), (3, 10.0), (5, 1.0)]);
        let expected = Spread { median: 3.0, min: 2.0, max: 4.0 };
        assert_eq!(ratio(&own, &other), Some(expected));
        assert_eq!(ratio(&own, &Rounds::from([(1, 0.0), (2, f64::INFINITY)])), None);
    }

    #[test]
    fn a_round_without_end_is_worse_than_all_others() {
        let own = Rounds::from([(1, 10.0), (2, f64::INFINITY), (3, f64::INFINITY)]);
        let other = Rounds::from([(1, 5.0), (2, 5.0), (3, 5.0)]);
        let spread = ratio(&own, &other).expect("some");
        assert_eq!(spread.cell(), "∞ [2.00..∞]");
    }

    #[test]
    fn figures_are_short() {
        let cases = [
            (0.0, "0"),
            (0.0567, "0.057"),
            (1.234, "1.23"),
            (45.67, "45.7"),
            (345.6, "346"),
            (1_234_567.0, "1,234,567"),
            (-1_000.0, "-1,000"),
            (-100.0, "-100"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}

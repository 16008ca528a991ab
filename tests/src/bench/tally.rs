//! Latencies: recorded as they come, written as pairs, merged over rounds.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The longest that is told apart: a minute, in microseconds.
const MOST_US: u64 = 60_000_000;

/// Latencies in microseconds, with three significant digits.
#[derive(Debug, Clone)]
pub struct Recorder(Histogram<u64>);

/// Latencies as they are written: pairs of a value and how often it came, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Latency(pub Vec<(u64, u64)>);

impl Default for Recorder {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, MOST_US, 3).expect("the bounds are in order"))
    }
}

impl Recorder {
    /// Notes one, in nanoseconds.
    pub fn note_ns(&mut self, ns: u64) {
        self.0.saturating_record((ns / 1_000).max(1));
    }

    /// Takes in what another run has written.
    pub fn merge(&mut self, other: &Latency) {
        for (value, count) in &other.0 {
            self.0.saturating_record_n((*value).max(1), *count);
        }
    }

    /// The value below which a share of all lies, in milliseconds; nothing where none was noted.
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.value_at_quantile(share) as f64 / 1_000.0)
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// As it is written.
    pub fn latency(&self) -> Latency {
        let pairs = self.0.iter_recorded();
        Latency(pairs.map(|it| (it.value_iterated_to(), it.count_at_value())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values_us: impl IntoIterator<Item = u64>) -> Recorder {
        let mut recorder = Recorder::default();
        for value in values_us {
            recorder.note_ns(value * 1_000);
        }
        recorder
    }

    #[test]
    fn what_rounds_wrote_is_merged_as_if_it_were_one() {
        let (odd, even) = (of((1..=999).step_by(2)), of((2..=1_000).step_by(2)));
        let mut merged = Recorder::default();
        merged.merge(&odd.latency());
        merged.merge(&even.latency());
        let whole = of(1..=1_000);
        assert_eq!(merged.count(), 1_000);
        assert_eq!(merged.latency(), whole.latency());
        let p50 = merged.quantile_ms(0.5).expect("some");
        assert!((p50 - 0.5).abs() < 0.002, "{p50}");
        let p99 = merged.quantile_ms(0.99).expect("some");
        assert!((p99 - 0.99).abs() < 0.002, "{p99}");
    }

    #[test]
    fn what_takes_more_than_a_minute_counts_as_a_minute() {
        let most = of([600_000_000]).quantile_ms(1.0).expect("one");
        assert!((59_900.0..=60_100.0).contains(&most), "{most}");
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(Recorder::default().quantile_ms(0.5), None);
        assert_eq!(Recorder::default().latency(), Latency::default());
    }

    #[test]
    fn pairs_survive_json() {
        let latency = of([5, 5, 7]).latency();
        let text = serde_json::to_string(&latency).expect("numbers");
        assert_eq!(text, "[[5,2],[7,1]]");
        assert_eq!(serde_json::from_str::<Latency>(&text).expect("the same"), latency);
    }
}

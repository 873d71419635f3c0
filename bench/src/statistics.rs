//! Percentiles and medians.

/// The value below which the share `p` (0.0 to 1.0) of `sorted` lies: nearest rank. `None` of nothing.
pub(crate) fn percentile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index of a slice"
    )]
    let rank = (sorted.len() as f64 * p).ceil() as usize;
    sorted.get(rank.saturating_sub(1).min(last)).copied()
}

/// The middle of `values`, the mean of the two middle ones where their number is even. `NaN` of nothing.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// What a set of measured times looks like, in the unit they were given in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Of `values`, in any order. All `NaN` of nothing.
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |p| percentile(&values, p).unwrap_or(f64::NAN);
        Self { least: at(0.0), p50: at(0.5), p99: at(0.99), most: at(1.0) }
    }

    /// The median of each figure over several runs.
    pub(crate) fn medians(runs: &[Self]) -> Self {
        let of = |pick: fn(&Self) -> f64| median(&runs.iter().map(pick).collect::<Vec<_>>());
        Self { least: of(|s| s.least), p50: of(|s| s.p50), p99: of(|s| s.p99), most: of(|s| s.most) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(percentile(&values, 0.0), Some(1.0));
        assert_eq!(percentile(&values, 0.5), Some(100.0));
        assert_eq!(percentile(&values, 0.99), Some(198.0));
        assert_eq!(percentile(&values, 1.0), Some(200.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn the_median_does_not_care_for_order_or_outliers() {
        assert!((median(&[9.0, 1.0, 5.0]) - 5.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 1e9, 2.0]) - 3.0).abs() < f64::EPSILON);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn spreads_of_runs_are_joined_figure_by_figure() {
        let run = |x| Spread::of(vec![x, x + 1.0, x + 2.0]);
        assert_eq!(Spread::medians(&[run(10.0), run(0.0), run(100.0)]), run(10.0));
    }
}

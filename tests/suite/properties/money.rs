//! M1: what is split adds up, exactly and fairly (design M-4).

use dealproof::money::{Money, SplitError, split};
use proptest::prelude::*;

use super::config;

/// Weights from nothing to enormous, and a total they can take. Eight of the largest stay below `AMOUNT_MAX`.
fn splits() -> impl Strategy<Value = (i64, Vec<i64>)> {
    let weight = prop_oneof![0..4_i64, 0..100_000_i64, 0..100_000_000_000_000_000_i64];
    let weights = prop::collection::vec(weight, 1..=8);
    weights.prop_flat_map(|weights| (0..=weights.iter().sum::<i64>(), Just(weights)))
}

fn parts(total: i64, weights: &[i64]) -> Result<Vec<i64>, SplitError> {
    let weights: Vec<Money> = weights.iter().copied().map(Money::from_minor).collect();
    let parts = split(Money::from_minor(total), &weights)?;
    Ok(parts.iter().map(|part| part.minor()).collect())
}

/// `total * upto / sum`, halves up, in arithmetic wide enough to need no care.
fn exact_prefix(total: i64, upto: i64, sum: i64) -> i128 {
    let (total, upto, sum) = (i128::from(total), i128::from(upto), i128::from(sum));
    (2 * total * upto + sum) / (2 * sum)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn m1_split_parts_sum_to_total((total, weights) in splits()) {
        let parts = parts(total, &weights).unwrap();
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(parts.iter().sum::<i64>(), total);
        for (part, weight) in parts.iter().zip(&weights) {
            prop_assert!((0..=*weight).contains(part), "{} of {}", part, weight);
        }
    }

    #[test]
    fn m1_every_prefix_of_a_split_is_the_exact_prefix_rounded((total, weights) in splits()) {
        let parts = parts(total, &weights).unwrap();
        let sum: i64 = weights.iter().sum();
        let (mut given, mut upto) = (0_i128, 0_i64);
        for (part, weight) in parts.iter().zip(&weights) {
            given += i128::from(*part);
            upto += weight;
            prop_assert_eq!(given, if sum == 0 { 0 } else { exact_prefix(total, upto, sum) });
        }
    }

    #[test]
    fn m1_cutting_a_weight_in_two_moves_nothing_between_the_others(
        (total, weights) in splits(),
        at in any::<prop::sample::Index>(),
        front in any::<prop::sample::Index>(),
    ) {
        let at = at.index(weights.len());
        let front = i64::try_from(front.index(usize::try_from(weights[at]).unwrap() + 1)).unwrap();
        let mut cut = weights.clone();
        cut.splice(at..=at, [front, weights[at] - front]);
        let (whole, mut in_two) = (parts(total, &weights).unwrap(), parts(total, &cut).unwrap());
        let joined = in_two.remove(at) + in_two[at];
        in_two[at] = joined;
        prop_assert_eq!(whole, in_two);
    }
}

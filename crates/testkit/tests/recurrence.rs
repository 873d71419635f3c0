//! Our occurrences beside those of python-dateutil, as far as its answers are kept here. `scripts/recurrence-oracle.sh` asks
//! it anew, for twenty times as many.

use testkit::oracle::Case;

const ANSWERS: &str = include_str!("recurrence.tsv");

fn different(answers: &str) -> Vec<String> {
    let compare = |line: &str| {
        let (case, theirs) = Case::read(line).expect("a case");
        let ours = case.answer().expect("an answer").text;
        (ours != theirs).then(|| format!("{}\n  ours    {ours}\n  theirs  {theirs}", case.line()))
    };
    answers.lines().filter_map(compare).collect()
}

#[test]
fn a_thousand_recurrences_agree_with_dateutil() {
    assert!(ANSWERS.lines().count() >= 1_000);
    let different = different(ANSWERS);
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn the_kept_answers_reach_into_gaps_and_folds() {
    let answers: Vec<_> = ANSWERS.lines().filter_map(|line| Case::read(line)?.0.answer().ok()).collect();
    assert!(answers.iter().map(|answer| answer.skipped).sum::<usize>() >= 20);
    assert!(answers.iter().map(|answer| answer.repeated).sum::<usize>() >= 20);
}

#[test]
fn a_wrong_answer_is_seen() {
    // One instant an hour off, one occurrence too few, one wall time another.
    let line = "Europe/Berlin\t2026-03-28T02:30:00\tFREQ=DAILY\t\t\t2026-03-28T00:00:00Z\t2026-03-30T00:00:00Z\t0\t";
    let right = "2026-03-28T02:30:00=1774661400,2026-03-29T02:30:00=1774747800";
    assert_eq!(different(&format!("{line}{right}")), Vec::<String>::new());
    for wrong in [
        "2026-03-28T02:30:00=1774661400,2026-03-29T02:30:00=1774744200",
        "2026-03-28T02:30:00=1774661400",
        "2026-03-28T02:30:00=1774661400,2026-03-29T03:30:00=1774747800",
    ] {
        assert_eq!(different(&format!("{line}{wrong}")).len(), 1, "{wrong}");
    }
}

//! # search: what is found by which words
//!
//! Both engines keep for each schedule and each task the tokens that are made here, and are asked for tokens that are made here, so both find the
//! same; neither ever sees what somebody typed.
//!
//! ```text
//!   text ─► fold: one spelling for what reads the same ─► pieces
//!     a word, "Résumés"                 ─► resumes            found by its beginning
//!     a run without spaces, "주간회의"  ─► 주간 간회 회의 의   found by any characters that stand side by side in it
//! ```
//!
//! Korean has spaces, but words change their endings (회의, 회의를, 주간회의): it is cut like the scripts that have none.

mod fold;
mod hits;
mod pieces;
mod query;

pub use hits::Reading;
pub use query::{MAX_QUERY, MAX_TERMS, Query, QueryError, Term};

use std::collections::HashSet;

use super::RecurrenceSet;
use crate::tasks::Task;

/// Bytes of the tokens of one schedule or task, with a little for each token. What goes beyond is not searched: the end of a series with very
/// many and very long texts.
const MAX_TOKEN_BYTES: usize = 400_000;

/// What each token costs beside its own bytes: the mark of its owner, and what the engines put around it.
const TOKEN_COST: usize = 20;

/// Bytes of text of one schedule or task that are read for them. Words that come again and again cost nothing to keep, but to read.
const MAX_TEXT_BYTES: usize = 400_000;

/// The tokens of everything that a schedule says, also of single occurrences, each once.
pub fn tokens(set: &RecurrenceSet) -> Vec<String> {
    tokens_of(texts(set))
}

/// Whether two states of a schedule are found by the same words and tags: then nothing has to be read again.
pub fn are_alike(one: &RecurrenceSet, other: &RecurrenceSet) -> bool {
    one.schedule.labels.tags == other.schedule.labels.tags && texts(one).eq(texts(other))
}

fn texts(set: &RecurrenceSet) -> impl Iterator<Item = &str> {
    let text = &set.schedule.text;
    let own = set.overrides.values().flat_map(|own| [&own.title, &own.description, &own.location]).flatten();
    [&text.title, &text.location, &text.description].into_iter().chain(own).map(String::as_str)
}

/// The tokens of everything that a task says, each once.
pub fn tokens_of_task(task: &Task) -> Vec<String> {
    tokens_of([task.title.as_str(), &task.description])
}

fn tokens_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    let (mut read, mut bytes) = (0, 0);
    for text in texts {
        read += text.len();
        if read > MAX_TEXT_BYTES {
            return kept;
        }
        for token in pieces::tokens(text) {
            bytes += if seen.contains(&token) { 0 } else { token.len() + TOKEN_COST };
            if bytes > MAX_TOKEN_BYTES {
                return kept;
            }
            if seen.insert(token.clone()) {
                kept.push(token);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_and_again_is_not_read_for_ever() {
        let again = "a ".repeat(5_000);
        let found = |times: usize| {
            let texts = std::iter::repeat_n(again.as_str(), times).chain(["last"]);
            tokens_of(texts).contains(&"last".to_owned())
        };
        assert!(found(39) && !found(40));
    }

    #[test]
    fn many_different_words_are_kept_up_to_a_limit() {
        let words: Vec<String> = (0..100_000).map(|number| format!("w{number}")).collect();
        let kept = tokens_of(words.iter().map(String::as_str));
        let bytes: usize = kept.iter().map(|token| token.len() + TOKEN_COST).sum();
        assert!((MAX_TOKEN_BYTES - 100..=MAX_TOKEN_BYTES).contains(&bytes), "{bytes}");
    }
}

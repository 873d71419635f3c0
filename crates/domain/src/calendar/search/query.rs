//! What somebody looks for.

use std::collections::BTreeSet;

use super::pieces::{Piece, pieces, tokens};

/// Characters of a query.
pub const MAX_QUERY: usize = 200;

/// Words and runs of a query.
pub const MAX_TERMS: usize = 16;

/// What must be found: all of it, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    terms: Vec<Term>,
}

/// One thing that must be found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// A token that begins like this.
    Begins(String),
    /// This very token.
    Is(String),
}

/// Why somebody cannot look for this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Too many characters.
    #[error("at most {MAX_QUERY} characters")]
    TooLong,
    /// Too many words.
    #[error("at most {MAX_TERMS} words")]
    TooMany,
    /// Nothing that could be found.
    #[error("write at least one letter or digit")]
    Nothing,
}

impl Query {
    /// Reads what somebody typed. Nothing in it has a meaning of its own: quotes, stars and words such as AND are separators and
    /// words.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        if text.chars().count() > MAX_QUERY {
            return Err(QueryError::TooLong);
        }
        let pieces = pieces(text);
        if pieces.is_empty() {
            return Err(QueryError::Nothing);
        }
        if pieces.len() > MAX_TERMS {
            return Err(QueryError::TooMany);
        }
        let mut terms = BTreeSet::new();
        for piece in pieces {
            match piece {
                Piece::Word(word) => _ = terms.insert(Term::Begins(word)),
                Piece::Run(run) if run.len() == 1 => terms.extend(run.first().map(|c| Term::Begins(c.to_string()))),
                Piece::Run(run) => terms.extend(run.windows(2).map(|pair| Term::Is(pair.iter().collect()))),
            }
        }
        Ok(Self { terms: terms.into_iter().collect() })
    }

    /// What must be found.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Whether all of it is found in `texts` taken together.
    pub fn finds<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let tokens = texts.into_iter().flat_map(tokens).collect();
        self.terms.iter().all(|term| term.is_among(&tokens))
    }
}

impl Term {
    /// Whether it is found in a text.
    pub fn is_in(&self, text: &str) -> bool {
        self.is_among(&tokens(text).into_iter().collect())
    }

    fn is_among(&self, tokens: &BTreeSet<String>) -> bool {
        match self {
            Self::Is(token) => tokens.contains(token),
            Self::Begins(start) => tokens.range(start.clone()..).next().is_some_and(|token| token.starts_with(start)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finds(query: &str, text: &str) -> bool {
        Query::parse(query).expect("a query").finds([text])
    }

    #[test]
    fn a_word_is_found_by_its_beginning_and_a_run_by_any_part_of_it() {
        for (query, text) in [
            ("meet", "Weekly meeting"),
            ("MEETING weekly", "Weekly meeting"),
            ("회의", "주간회의록"),
            ("간회의", "주간회의록"),
            ("의", "주간회의"),
            ("회", "주간회의"),
            ("팀meet", "우리팀 meeting"),
            ("resume", "Résumé"),
            ("東京", "明日は東京へ行く"),
            ("m", "Weekly meeting"),
            ("2026", "회의2026"),
            ("\"회의\" OR *", "주간 회의 or"),
        ] {
            assert!(finds(query, text), "{query} in {text}");
        }
        for (query, text) in [
            ("eeting", "Weekly meeting"),
            ("meeting daily", "Weekly meeting"),
            ("의회", "주간회의"),
            ("회록", "회의록"),
            ("間", "主幹"),
        ] {
            assert!(!finds(query, text), "{query} in {text}");
        }
    }

    #[test]
    fn what_cannot_be_looked_for_is_refused() {
        for (text, error) in [
            ("", QueryError::Nothing),
            ("  \"*\" -- ( ) : ^ 🎉", QueryError::Nothing),
            (&"x".repeat(201), QueryError::TooLong),
            ("a b c d e f g h i j k l m n o p q", QueryError::TooMany),
        ] {
            assert_eq!(Query::parse(text), Err(error), "{text}");
        }
        assert!(Query::parse(&"회".repeat(200)).is_ok());
    }

    proptest! {
        #[test]
        fn any_word_and_any_part_of_a_run_is_found(
            text in "([a-zA-Zéß ]{0,8}|[가-힣]{0,6}|[ぁ-ん]{0,5}|[一-龥]{0,5}|[ก-๛]{0,5}|[ -~]{0,6}){1,4}",
            start in 0usize..40,
            length in 1usize..8,
        ) {
            for piece in pieces(&text) {
                let query: String = match piece {
                    Piece::Word(word) => word.chars().take(length).collect(),
                    Piece::Run(run) => run.iter().skip(start % run.len()).take(length).collect(),
                };
                // A part that begins with a mark may fold otherwise; it is found as it stands in the text.
                if let Ok(parsed) = Query::parse(&query) {
                    prop_assert!(parsed.finds([text.as_str()]), "{} in {}", query, text);
                }
            }
        }
    }
}

//! Cutting text into what is found.

use unicode_normalization::char::is_combining_mark;

use super::fold::fold;

/// Characters of a word that count. A longer one is found by its beginning like any other.
const MAX_WORD: usize = 64;

/// A stretch of text without anything between its characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Letters and digits of a script that writes words.
    Word(String),
    /// Characters of a script that does not.
    Run(Vec<char>),
}

/// The pieces of a text, folded, in order.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    // Whether the next character may go on with the last piece.
    let mut open = false;
    for c in fold(text).chars() {
        let mark = is_combining_mark(c);
        if !c.is_alphanumeric() && !mark {
            open = false;
            continue;
        }
        match (pieces.last_mut().filter(|_| open), is_unsegmented(c)) {
            (Some(Piece::Run(run)), true) => run.push(c),
            (Some(Piece::Run(run)), false) if mark => run.push(c),
            (Some(Piece::Word(word)), false) => word.push(c),
            (Some(Piece::Word(word)), true) if mark => word.push(c),
            (_, true) => pieces.push(Piece::Run(vec![c])),
            (_, false) => pieces.push(Piece::Word(c.to_string())),
        }
        open = true;
    }
    for piece in &mut pieces {
        if let Piece::Word(word) = piece
            && let Some((end, _)) = word.char_indices().nth(MAX_WORD)
        {
            word.truncate(end);
        }
    }
    pieces
}

/// The tokens of a text, in order, some perhaps twice: words, and of a run each two neighbours and the last character alone.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Word(word) => tokens.push(word),
            Piece::Run(run) => {
                tokens.extend(run.windows(2).map(|pair| pair.iter().collect()));
                tokens.extend(run.last().map(char::to_string));
            }
        }
    }
    tokens
}

/// Whether `c` is of a script without spaces between words, or of Hangul.
fn is_unsegmented(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}'           // Thai, Lao
        | '\u{1000}'..='\u{109f}'       // Myanmar
        | '\u{1100}'..='\u{11ff}'       // Hangul letters
        | '\u{1780}'..='\u{17ff}'       // Khmer
        | '\u{3005}'..='\u{3007}'       // iteration mark, zero
        | '\u{3021}'..='\u{3029}'
        | '\u{3040}'..='\u{30ff}'       // Hiragana, Katakana
        | '\u{3100}'..='\u{312f}'       // Bopomofo
        | '\u{3130}'..='\u{318f}'
        | '\u{31a0}'..='\u{31bf}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'       // Han
        | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{aa60}'..='\u{aa7f}'
        | '\u{ac00}'..='\u{d7ff}'       // Hangul syllables
        | '\u{f900}'..='\u{faff}'
        | '\u{1aff0}'..='\u{1b16f}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_runs_are_cut_into_neighbours() {
        for (text, expected) in [
            ("Weekly stand-up!", vec!["weekly", "stand", "up"]),
            ("주간회의", vec!["주간", "간회", "회의", "의"]),
            ("Q3회의록2026", vec!["q3", "회의", "의록", "록", "2026"]),
            ("東京タワー・夜", vec!["東京", "京タ", "タワ", "ワー", "ー", "夜"]),
            ("집", vec!["집"]),
            ("naïve café", vec!["naive", "cafe"]),
            ("a_b", vec!["a", "b"]),
            ("--- \u{200b} 🎉", vec![]),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
        let thai = tokens("ประชุม");
        assert!(thai.contains(&"ชุ".to_owned()), "a vowel below counts as a character: {thai:?}");
    }

    #[test]
    fn a_very_long_word_counts_by_its_beginning() {
        assert_eq!(tokens(&"x".repeat(200)), ["x".repeat(64)]);
    }
}

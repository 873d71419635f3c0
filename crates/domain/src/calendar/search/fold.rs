//! One spelling for what reads the same.

use unicode_normalization::UnicodeNormalization as _;

/// `text` in compatibility form (full-width letters, ligatures, half-width kana become plain ones), lower case, without the accents
/// of Latin, Greek and Cyrillic letters and without characters that take no room.
pub(super) fn fold(text: &str) -> String {
    let plain = text.nfkd().filter(|c| !is_accent(*c) && !takes_no_room(*c));
    plain.flat_map(char::to_lowercase).flat_map(alike).nfkd().filter(|c| !is_accent(*c)).nfc().collect()
}

/// Letters that lower case leaves apart although case folding (Unicode, CaseFolding.txt) makes them one.
fn alike(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' => ('s', Some('s')),
        'ς' => ('σ', None),
        'ı' => ('i', None),
        c => (c, None),
    };
    [Some(first), second].into_iter().flatten()
}

/// The combining marks of Latin, Greek and Cyrillic. Those of other scripts (the voicing of kana, the vowels of Thai) are letters.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}')
}

/// Soft hyphen, joiners, direction marks, the byte order mark: what is found with or without them. Not all that shows nothing
/// ([`crate::text::is_invisible`]): the zero-width space stands between words, as other space does.
fn takes_no_room(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_reads_the_same_is_spelled_the_same() {
        for (one, other) in [
            ("Résumé", "RESUME"),
            ("Ｆｕｌｌ－ｗｉｄｔｈ１２", "full-width12"),
            ("ﬁle", "FILE"),
            ("Straße", "STRASSE"),
            ("ΟΔΟΣ", "οδος"),
            ("İstanbul", "istanbul"),
            ("Ёлка", "елка"),
            ("co\u{ad}operate", "cooperate"),
            ("ｶﾞｽ", "ガス"),
            ("회의", "\u{1112}\u{116c}\u{110b}\u{1174}"),
        ] {
            assert_eq!(fold(one), fold(other));
        }
        assert_ne!(fold("か"), fold("が"), "voicing is not an accent");
        assert_ne!(fold("กา"), fold("กี"), "a vowel is not an accent");
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}

//! What people say in a room.

use std::time::Duration;

use kernel::{CommentId, FieldError, Instant, RoomId, UserId};

use super::{About, Deed, RoomError, Standing};
use crate::{identity::throttle::Limit, text::is_invisible};

/// Characters of a comment.
pub const MAX_COMMENT: usize = 4_000;
/// People named in one comment.
pub const MAX_MENTIONS: usize = 20;

const A_MINUTE: Duration = Duration::from_mins(1);
/// What one person says in a room, new or changed.
pub const COMMENTS: Limit = Limit { failures: 60, window: A_MINUTE, longest_wait: A_MINUTE };
/// How many people, each time anew, one person has told in a room that they are named.
pub const MENTIONS: Limit = Limit { failures: 60, window: A_MINUTE, longest_wait: A_MINUTE };

/// Who said something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Who.
    pub id: UserId,
    /// What they are called.
    pub name: String,
}

/// A comment: said in a room, perhaps about something there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// In which room.
    pub room: RoomId,
    /// What it is about, if not just said.
    pub about: Option<About>,
    /// Who wrote it, while they have an account.
    pub author: Option<Author>,
    /// What it says.
    pub text: String,
    /// Whom it names, lowest id first.
    pub mentions: Vec<UserId>,
    /// Grows with every change; the ETag.
    pub version: i64,
    /// When it was written.
    pub created_at: Instant,
    /// When it was last changed, if it was.
    pub edited_at: Option<Instant>,
}

/// What somebody wants to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saying {
    /// The text.
    pub text: String,
    /// Whom it names.
    pub mentions: Vec<UserId>,
}

impl Saying {
    /// Checks everything and names every field that is wrong. Whom it names twice it names once.
    pub fn check(self) -> Result<Self, RoomError> {
        let Self { text, mut mentions } = self;
        let mut wrong = Vec::new();
        let text = text.trim();
        if text.chars().count() > MAX_COMMENT {
            wrong.push(FieldError::new("/text", "at most 4,000 characters"));
        } else if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            wrong.push(FieldError::new("/text", "control characters other than line breaks and tabs are not allowed"));
        } else if text.chars().all(is_invisible) {
            wrong.push(FieldError::new("/text", "write at least one visible character"));
        }
        if mentions.len() > MAX_MENTIONS {
            wrong.push(FieldError::new("/mentions", "at most 20 people"));
        }
        mentions.sort_unstable();
        mentions.dedup();
        if wrong.is_empty() { Ok(Self { text: text.to_owned(), mentions }) } else { Err(RoomError::Invalid(wrong)) }
    }
}

impl Comment {
    fn is_of(&self, user: UserId) -> bool {
        self.author.as_ref().is_some_and(|author| author.id == user)
    }

    /// Refuses who may not change it: that is for its author, who may still speak in the room.
    pub fn may_change(&self, user: UserId, standing: Standing) -> Result<(), RoomError> {
        standing.may(Deed::Publish)?;
        if self.is_of(user) { Ok(()) } else { Err(RoomError::NotYours) }
    }

    /// Refuses who may not delete it: that is for its author, whatever they are by now, and for owners of the room.
    pub fn may_delete(&self, user: UserId, standing: Standing) -> Result<(), RoomError> {
        if self.is_of(user) || standing == Standing::Owner {
            return Ok(());
        }
        standing.may(Deed::Publish)?;
        Err(RoomError::NotYours)
    }

    /// Says something else from now on; answers whether it does.
    pub fn change(&mut self, Saying { text, mentions }: Saying, now: Instant) -> bool {
        let same = text == self.text && mentions == self.mentions;
        if !same {
            (self.text, self.mentions) = (text, mentions);
            self.version += 1;
            self.edited_at = Some(now);
        }
        !same
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn user(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    fn comment() -> Comment {
        Comment {
            id: CommentId::from_uuid(Uuid::from_u128(1)),
            room: RoomId::from_uuid(Uuid::from_u128(2)),
            about: None,
            author: Some(Author { id: user(5), name: "Ada".to_owned() }),
            text: "a".to_owned(),
            mentions: vec![user(6)],
            version: 1,
            created_at: Instant::EPOCH,
            edited_at: None,
        }
    }

    #[test]
    fn a_comment_says_something_to_a_few() {
        let saying = |text: &str, mentions: Vec<UserId>| Saying { text: text.to_owned(), mentions }.check();
        let kept = saying(" 안녕\n\t둘째 줄 ", vec![user(2), user(1), user(2)]).expect("a comment");
        assert_eq!((kept.text.as_str(), kept.mentions), ("안녕\n\t둘째 줄", vec![user(1), user(2)]));
        assert!(saying(&"가".repeat(MAX_COMMENT), (0..20).map(user).collect()).is_ok());
        for bad in ["", " \n ", "\u{200b}", "a\0", &"a".repeat(MAX_COMMENT + 1)] {
            assert!(matches!(saying(bad, vec![]), Err(RoomError::Invalid(_))), "{bad:?}");
        }
        assert!(saying("a", (0..21).map(user).collect()).is_err());
    }

    #[test]
    fn its_author_changes_it_and_an_owner_may_delete_it() {
        for (who, standing, changes, deletes) in [
            (user(5), Standing::Member, true, true),
            (user(5), Standing::Viewer, false, true),
            (user(6), Standing::Member, false, false),
            (user(6), Standing::Viewer, false, false),
            (user(6), Standing::Owner, false, true),
        ] {
            let made = comment();
            let may = (made.may_change(who, standing).is_ok(), made.may_delete(who, standing).is_ok());
            assert_eq!(may, (changes, deletes), "{who} {standing:?}");
        }
        let orphan = Comment { author: None, ..comment() };
        assert_eq!(orphan.may_change(user(5), Standing::Owner), Err(RoomError::NotYours));
    }

    #[test]
    fn the_same_again_is_no_change() {
        let (mut made, later) = (comment(), Instant::from_micros(9));
        assert!(!made.change(Saying { text: "a".to_owned(), mentions: vec![user(6)] }, later));
        assert_eq!((made.version, made.edited_at), (1, None));
        assert!(made.change(Saying { text: "a".to_owned(), mentions: vec![] }, later));
        assert_eq!((made.version, made.edited_at), (2, Some(later)));
    }
}

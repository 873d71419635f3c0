//! A word that items have in common.

use kernel::{Instant, TagId, UserId};

use super::{Colour, LabelError, LabelKind, LabelName, Wish};

/// Tags of one person.
pub const MAX_TAGS: usize = 500;

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its id.
    pub id: TagId,
    /// Whose it is.
    pub owner: UserId,
    /// What it is called; no other tag of its owner is.
    pub name: LabelName,
    /// How it looks, if its owner chose.
    pub colour: Option<Colour>,
    /// Grows with every change; the ETag.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

/// A tag that is asked for.
#[derive(Clone, Debug, Default)]
pub struct TagDraft {
    /// What it is called.
    pub name: String,
    /// How it looks.
    pub colour: Option<String>,
}

/// What shall change about a tag; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct TagChange {
    /// What it is called.
    pub name: Option<String>,
    /// How it looks.
    pub colour: Wish<String>,
}

impl TagDraft {
    /// Checks everything and names every field that is wrong.
    pub fn check(&self) -> Result<(LabelName, Option<Colour>), LabelError> {
        let name = LabelName::parse("/name", &self.name);
        let colour = self.colour.as_deref().map(|colour| Colour::parse("/colour", colour)).transpose();
        match (name, colour) {
            (Ok(name), Ok(colour)) => Ok((name, colour)),
            (name, colour) => Err(LabelError::Invalid(LabelKind::Tag, name.err().into_iter().chain(colour.err()).collect())),
        }
    }
}

impl TagChange {
    /// Applies the change to `tag`; answers whether anything is different then.
    pub fn apply(&self, tag: &mut Tag, now: Instant) -> Result<bool, LabelError> {
        let draft = TagDraft {
            name: self.name.clone().unwrap_or_else(|| tag.name.as_str().to_owned()),
            colour: self.colour.clone().over(tag.colour.as_ref().map(ToString::to_string)),
        };
        let (name, colour) = draft.check()?;
        let same = name.as_str() == tag.name.as_str() && colour == tag.colour;
        if !same {
            (tag.name, tag.colour) = (name, colour);
            tag.version += 1;
            tag.updated_at = now;
        }
        Ok(!same)
    }
}

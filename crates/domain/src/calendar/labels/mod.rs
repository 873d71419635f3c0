//! # labels: categories and tags
//!
//! A category is a place in its owner's tree, and an item has at most one. A tag is a word that items have in common, and an
//! item may have many. Both belong to their owner alone.

mod category;
mod error;
mod name;
mod tag;
mod wish;

use kernel::{CategoryId, FieldError};

pub use category::{Category, CategoryChange, CategoryDraft, Children, MAX_CATEGORIES, MAX_DEPTH, MAX_POSITION, Tree};
pub use error::{LabelError, LabelKind};
pub use name::{Colour, LabelName};
pub use tag::{MAX_TAGS, Tag, TagChange, TagDraft};
pub use wish::Wish;

/// Tags of one item.
pub const MAX_TAGS_PER_ITEM: usize = 20;

/// What an item is labelled with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Its place in the owner's tree.
    pub category: Option<CategoryId>,
    /// Its tags, in their order, none twice.
    pub tags: Vec<LabelName>,
}

/// How an item shall be labelled.
#[derive(Clone, Debug, Default)]
pub struct LabelsDraft {
    /// Its place in the owner's tree.
    pub category: Option<CategoryId>,
    /// Its tags; those that do not exist yet are made.
    pub tags: Vec<String>,
}

/// What shall change about the labels of an item.
#[derive(Clone, Debug, Default)]
pub struct LabelsPatch {
    /// Its place in the owner's tree.
    pub category: Wish<CategoryId>,
    /// Its tags, all of them; `None`: they stay.
    pub tags: Option<Vec<String>>,
}

impl LabelsDraft {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.category.is_none() && self.tags.is_empty()
    }

    /// Checks the names.
    pub fn check(&self) -> Result<Labels, Vec<FieldError>> {
        Ok(Labels { category: self.category, tags: tags(&self.tags)? })
    }
}

impl LabelsPatch {
    /// Whether nothing shall change.
    pub fn is_empty(&self) -> bool {
        self.category == Wish::Keep && self.tags.is_none()
    }

    /// What is asked for then, if there is nothing yet but something else that has these.
    pub fn beside(&self, model: &Labels) -> LabelsDraft {
        let names = || model.tags.iter().map(|tag| tag.as_str().to_owned()).collect();
        LabelsDraft { category: self.category.over(model.category), tags: self.tags.clone().unwrap_or_else(names) }
    }

    /// What the labels are then.
    pub fn apply(&self, present: &Labels) -> Result<Labels, Vec<FieldError>> {
        Ok(Labels {
            category: self.category.over(present.category),
            tags: self.tags.as_deref().map(tags).transpose()?.unwrap_or_else(|| present.tags.clone()),
        })
    }
}

fn tags(names: &[String]) -> Result<Vec<LabelName>, Vec<FieldError>> {
    if names.len() > MAX_TAGS_PER_ITEM {
        return Err(vec![FieldError::new("/tags", format!("at most {MAX_TAGS_PER_ITEM} tags"))]);
    }
    let mut errors = Vec::new();
    let read = |(index, name): (usize, &String)| LabelName::parse(&format!("/tags/{index}"), name);
    let mut tags: Vec<_> = names.iter().enumerate().map(read).filter_map(|name| name.map_err(|e| errors.push(e)).ok()).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    // Of two spellings of one tag the first is taken: the sort is stable.
    tags.sort();
    tags.dedup();
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn two_spellings_of_a_tag_are_one() {
        let draft = LabelsDraft { category: None, tags: names(&["work", " Café", "Work", "CAFE\u{301}", "업무"]) };
        let labels = draft.check().expect("labels");
        let texts: Vec<_> = labels.tags.iter().map(LabelName::as_str).collect();
        assert_eq!(texts, ["Café", "work", "업무"]);
        let patch = LabelsPatch { category: Wish::Keep, tags: Some(names(&["WORK", "café", "업무"])) };
        assert_eq!(patch.apply(&labels), Ok(labels), "nothing changes");
    }

    #[test]
    fn every_wrong_tag_is_named() {
        let draft = LabelsDraft { category: None, tags: names(&["ok", "", "a\nb", &"x".repeat(51)]) };
        let pointers: Vec<_> = draft.check().expect_err("refused").into_iter().map(|e| e.pointer).collect();
        assert_eq!(pointers, ["/tags/1", "/tags/2", "/tags/3"]);
        let many = LabelsDraft { category: None, tags: (0..21).map(|n| n.to_string()).collect() };
        assert_eq!(many.check().expect_err("refused")[0].pointer, "/tags");
    }
}

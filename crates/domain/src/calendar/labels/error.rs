//! How labels refuse.

use kernel::{Category as Status, CategoryId, Coded, FieldError};

use super::{MAX_CATEGORIES, MAX_DEPTH, MAX_TAGS};

/// Which kind of label a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelKind {
    /// A category.
    Category,
    /// A tag.
    Tag,
}

impl LabelKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Tag => "tag",
        }
    }

    const fn pick(self, category: &'static str, tag: &'static str) -> &'static str {
        match self {
            Self::Category => category,
            Self::Tag => tag,
        }
    }
}

/// A refusal about labels.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// There is no such label of this owner.
    #[error("there is no such {}", .0.word())]
    NotFound(LabelKind),
    /// Fields that make no sense.
    #[error("the {} is not valid", .0.word())]
    Invalid(LabelKind, Vec<FieldError>),
    /// Another has the name. Of a tag: both can be merged.
    #[error("another {} has this name{}", .kind.word(), .kind.pick("", ": merge them to make them one"))]
    NameTaken {
        /// A category has the name among its siblings, a tag among all tags.
        kind: LabelKind,
        /// The id of the other.
        by: String,
    },
    /// As many as there may be.
    #[error("there are as many as a person may have: {}", .0.pick(MOST_CATEGORIES, MOST_TAGS))]
    TooMany(LabelKind),
    /// `If-Match` names another version than the present one.
    #[error("the {} was changed in the meantime: it is now version {current}; read it again and repeat", .kind.word())]
    VersionMismatch {
        /// Of what.
        kind: LabelKind,
        /// The present version.
        current: i64,
    },
    /// A change came without `If-Match`.
    #[error("send If-Match with the ETag of the version you changed, or * to change whatever is there")]
    VersionRequired(LabelKind),
    /// A category would lie below itself.
    #[error("a category cannot lie below itself")]
    Cycle {
        /// From the category down to its new parent.
        path: Vec<CategoryId>,
    },
    /// The tree would become too deep.
    #[error("the tree may be {MAX_DEPTH} categories deep")]
    TooDeep,
    /// Others lie below a category that shall be deleted.
    #[error("others lie below this category: say children=lift to keep them, or children=delete")]
    HasChildren,
}

const MOST_CATEGORIES: &str = "500 categories";
const MOST_TAGS: &str = "500 tags";
// The sentences above say these numbers.
const _: () = assert!(MAX_CATEGORIES == 500 && MAX_TAGS == 500, "the sentences say 500");

impl Coded for LabelError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(kind) => kind.pick("category.not_found", "tag.not_found"),
            Self::Invalid(kind, _) => kind.pick("category.invalid", "tag.invalid"),
            Self::NameTaken { kind, .. } => kind.pick("category.name_taken", "tag.name_taken"),
            Self::TooMany(kind) => kind.pick("category.too_many", "tag.too_many"),
            Self::VersionMismatch { kind, .. } => kind.pick("category.version_mismatch", "tag.version_mismatch"),
            Self::VersionRequired(kind) => kind.pick("category.version_required", "tag.version_required"),
            Self::Cycle { .. } => "category.cycle",
            Self::TooDeep => "category.too_deep",
            Self::HasChildren => "category.has_children",
        }
    }

    fn category(&self) -> Status {
        match self {
            Self::NotFound(_) => Status::NotFound,
            Self::Invalid(..) | Self::Cycle { .. } | Self::TooDeep => Status::Invalid,
            Self::NameTaken { .. } | Self::TooMany(_) | Self::HasChildren => Status::Conflict,
            Self::VersionMismatch { .. } => Status::PreconditionFailed,
            Self::VersionRequired(_) => Status::PreconditionRequired,
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(_, fields) => fields,
            _ => &[],
        }
    }
}

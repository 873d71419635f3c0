//! The tree of categories.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{CategoryId, FieldError, Instant, UserId};

use super::{Colour, LabelError, LabelKind, LabelName, Wish};

/// Categories of one person.
pub const MAX_CATEGORIES: usize = 500;

/// How many categories lie above one another, at most.
pub const MAX_DEPTH: usize = 8;

/// The highest position.
pub const MAX_POSITION: u32 = 1_000_000;

/// A category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its id.
    pub id: CategoryId,
    /// Whose it is.
    pub owner: UserId,
    /// Below which it lies; `None`: at the top.
    pub parent: Option<CategoryId>,
    /// What it is called; none of its siblings is.
    pub name: LabelName,
    /// How it looks, if its owner chose.
    pub colour: Option<Colour>,
    /// Where it stands among its siblings: lowest first, equals by name.
    pub position: u32,
    /// Grows with every change; the ETag.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

/// A category that is asked for.
#[derive(Clone, Debug, Default)]
pub struct CategoryDraft {
    /// What it is called.
    pub name: String,
    /// Below which it lies.
    pub parent: Option<CategoryId>,
    /// How it looks.
    pub colour: Option<String>,
    /// Where it stands among its siblings.
    pub position: i64,
}

/// What shall change about a category; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct CategoryChange {
    /// What it is called.
    pub name: Option<String>,
    /// Below which it lies; nothing is the top.
    pub parent: Wish<CategoryId>,
    /// How it looks.
    pub colour: Wish<String>,
    /// Where it stands among its siblings.
    pub position: Option<i64>,
}

/// What becomes of the categories below one that is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Children {
    /// While there are any, it is not deleted.
    #[default]
    Refuse,
    /// They move up to where it lay.
    Lift,
    /// They are deleted as well, with everything below them.
    Delete,
}

impl CategoryDraft {
    /// Checks everything and names every field that is wrong.
    pub fn check(&self) -> Result<(LabelName, Option<Colour>, u32), LabelError> {
        let name = LabelName::parse("/name", &self.name);
        let colour = self.colour.as_deref().map(|colour| Colour::parse("/colour", colour)).transpose();
        let position = u32::try_from(self.position)
            .ok()
            .filter(|position| *position <= MAX_POSITION)
            .ok_or_else(|| FieldError::new("/position", format!("0 to {MAX_POSITION}")));
        match (name, colour, position) {
            (Ok(name), Ok(colour), Ok(position)) => Ok((name, colour, position)),
            (name, colour, position) => {
                let errors = name.err().into_iter().chain(colour.err()).chain(position.err()).collect();
                Err(LabelError::Invalid(LabelKind::Category, errors))
            }
        }
    }
}

impl CategoryChange {
    /// Applies the change to `category`, which lies in `tree`; answers whether anything is different then.
    pub fn apply(&self, category: &mut Category, tree: &Tree, now: Instant) -> Result<bool, LabelError> {
        let draft = CategoryDraft {
            name: self.name.clone().unwrap_or_else(|| category.name.as_str().to_owned()),
            parent: self.parent.over(category.parent),
            colour: self.colour.clone().over(category.colour.as_ref().map(ToString::to_string)),
            position: self.position.unwrap_or_else(|| category.position.into()),
        };
        let (name, colour, position) = draft.check()?;
        let renamed = name.as_str() != category.name.as_str();
        let same = !renamed
            && (colour.as_ref(), position, draft.parent) == (category.colour.as_ref(), category.position, category.parent);
        if same {
            return Ok(false);
        }
        tree.admits(Some(category.id), draft.parent, &name)?;
        (category.name, category.colour, category.position, category.parent) = (name, colour, position, draft.parent);
        category.version += 1;
        category.updated_at = now;
        Ok(true)
    }
}

/// All categories of one person.
#[derive(Clone, Debug, Default)]
pub struct Tree(BTreeMap<CategoryId, Category>);

impl Tree {
    /// Of categories in any order.
    pub fn new(categories: impl IntoIterator<Item = Category>) -> Self {
        Self(categories.into_iter().map(|category| (category.id, category)).collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One of them.
    pub fn get(&self, id: CategoryId) -> Option<&Category> {
        self.0.get(&id)
    }

    /// From `id` up to the top, itself first.
    fn upwards(&self, id: CategoryId) -> impl Iterator<Item = &Category> {
        // What the table promises is not relied on here: a circle would end too.
        std::iter::successors(self.get(id), |category| self.get(category.parent?)).take(self.len())
    }

    /// How deep it lies: 1 at the top.
    pub fn depth(&self, id: CategoryId) -> usize {
        self.upwards(id).count()
    }

    /// Those right below `parent`, in their order.
    pub fn children(&self, parent: Option<CategoryId>) -> Vec<&Category> {
        let mut children: Vec<_> = self.0.values().filter(|category| category.parent == parent).collect();
        children.sort_by(|a, b| (a.position, &a.name).cmp(&(b.position, &b.name)));
        children
    }

    /// It and everything below it.
    pub fn below(&self, id: CategoryId) -> BTreeSet<CategoryId> {
        let lies_below = |category: &&Category| self.upwards(category.id).any(|above| above.id == id);
        self.0.values().filter(lies_below).map(|category| category.id).collect()
    }

    /// Everything from the top down, each with its depth, what lies below one right behind it.
    pub fn in_order(&self) -> Vec<(&Category, usize)> {
        let mut order = Vec::with_capacity(self.len());
        let mut todo: Vec<_> = self.children(None).into_iter().rev().map(|top| (top, 1)).collect();
        while let Some((category, depth)) = todo.pop() {
            order.push((category, depth));
            todo.extend(self.children(Some(category.id)).into_iter().rev().map(|child| (child, depth + 1)));
        }
        order
    }

    /// The children of `id` as they are once they lie where it lay.
    pub fn lifted(&self, id: CategoryId, now: Instant) -> Result<Vec<Category>, LabelError> {
        let Some(parent) = self.get(id).map(|category| category.parent) else { return Ok(Vec::new()) };
        let mut left = Self(self.0.iter().filter(|(other, _)| **other != id).map(|(id, other)| (*id, other.clone())).collect());
        let mut lifted = Vec::new();
        for child in self.children(Some(id)) {
            left.admits(None, parent, &child.name)?;
            let child = Category { parent, version: child.version + 1, updated_at: now, ..child.clone() };
            left.0.insert(child.id, child.clone());
            lifted.push(child);
        }
        Ok(lifted)
    }

    /// Whether `who`, or a new category, may lie below `parent` under `name`.
    pub fn admits(&self, who: Option<CategoryId>, parent: Option<CategoryId>, name: &LabelName) -> Result<(), LabelError> {
        if let Some(parent) = parent {
            if self.get(parent).is_none() {
                let error = FieldError::new("/parent_id", "there is no such category");
                return Err(LabelError::Invalid(LabelKind::Category, vec![error]));
            }
            let mut path: Vec<_> = self.upwards(parent).map(|category| category.id).collect();
            if let Some(at) = path.iter().position(|above| Some(*above) == who) {
                path.truncate(at + 1);
                path.reverse();
                return Err(LabelError::Cycle { path });
            }
        }
        let height = who.map_or(1, |who| {
            let depths = self.below(who).into_iter().map(|id| self.depth(id));
            depths.max().unwrap_or(1) + 1 - self.depth(who)
        });
        if parent.map_or(0, |parent| self.depth(parent)) + height > MAX_DEPTH {
            return Err(LabelError::TooDeep);
        }
        let namesake = self.0.values().find(|other| other.parent == parent && other.name == *name && Some(other.id) != who);
        match namesake {
            Some(other) => Err(LabelError::NameTaken { kind: LabelKind::Category, by: other.id.to_string() }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(number: u8) -> CategoryId {
        CategoryId::from_uuid(uuid::Uuid::from_u128(number.into()))
    }

    fn category(number: u8, parent: Option<u8>, name: &str) -> Category {
        Category {
            id: id(number),
            owner: UserId::from_uuid(uuid::Uuid::nil()),
            parent: parent.map(id),
            name: LabelName::parse("/name", name).expect("a name"),
            colour: None,
            position: 0,
            version: 1,
            created_at: Instant::EPOCH,
            updated_at: Instant::EPOCH,
        }
    }

    fn name(text: &str) -> LabelName {
        LabelName::parse("/name", text).expect("a name")
    }

    #[test]
    fn a_circle_is_refused_with_its_path() {
        let tree = Tree::new([category(1, None, "a"), category(2, Some(1), "b"), category(3, Some(2), "c")]);
        let refused = tree.admits(Some(id(1)), Some(id(3)), &name("a"));
        assert_eq!(refused, Err(LabelError::Cycle { path: vec![id(1), id(2), id(3)] }));
        assert_eq!(tree.admits(Some(id(2)), Some(id(2)), &name("b")), Err(LabelError::Cycle { path: vec![id(2)] }));
        assert_eq!(tree.admits(Some(id(3)), Some(id(1)), &name("c")), Ok(()));
    }

    #[test]
    fn siblings_have_different_names_and_cousins_may_share_one() {
        let tree = Tree::new([category(1, None, "Work"), category(2, None, "Home"), category(3, Some(1), "Calls")]);
        assert!(matches!(tree.admits(None, None, &name("WORK")), Err(LabelError::NameTaken { .. })));
        assert_eq!(tree.admits(None, Some(id(2)), &name("calls")), Ok(()));
        assert_eq!(tree.admits(Some(id(1)), None, &name("work")), Ok(()), "its own name is free to it");
    }

    #[test]
    fn the_tree_is_eight_deep_at_most_whatever_is_moved() {
        let chain = (1..=8).map(|n| category(n, (n > 1).then(|| n - 1), "c"));
        let tree = Tree::new(chain.chain([category(20, None, "x"), category(21, Some(20), "y")]));
        assert_eq!(tree.admits(None, Some(id(8)), &name("n")), Err(LabelError::TooDeep));
        assert_eq!(tree.admits(Some(id(20)), Some(id(7)), &name("x")), Err(LabelError::TooDeep), "y would be the ninth");
        assert_eq!(tree.admits(Some(id(20)), Some(id(6)), &name("x")), Ok(()));
    }

    #[test]
    fn what_is_lifted_may_take_the_name_of_what_goes_but_not_of_another() {
        let tree = Tree::new([category(1, None, "a"), category(2, Some(1), "a"), category(3, Some(1), "b")]);
        let lifted = tree.lifted(id(1), Instant::EPOCH).expect("lifted");
        assert_eq!(lifted.iter().map(|c| (c.id, c.parent, c.version)).collect::<Vec<_>>(), [(id(2), None, 2), (id(3), None, 2)]);
        let tree = Tree::new([category(1, None, "a"), category(2, Some(1), "B"), category(3, None, "b")]);
        assert!(matches!(tree.lifted(id(1), Instant::EPOCH), Err(LabelError::NameTaken { .. })));
    }

    #[test]
    fn the_order_goes_from_the_top_down_by_position_and_name() {
        let mut last = category(1, None, "a");
        last.position = 9;
        let tree = Tree::new([last, category(2, None, "c"), category(3, None, "b"), category(4, Some(2), "d")]);
        let order: Vec<_> = tree.in_order().into_iter().map(|(category, depth)| (category.name.as_str(), depth)).collect();
        assert_eq!(order, [("b", 1), ("c", 1), ("d", 2), ("a", 1)]);
    }

    proptest! {
        /// Whatever is asked for, one move after the other: what was admitted leaves a tree.
        #[test]
        fn no_sequence_of_moves_makes_a_circle(moves in prop::collection::vec((1u8..20, prop::option::of(1u8..20)), 0..60)) {
            let mut tree = Tree::new((1..20).map(|n| category(n, None, &n.to_string())));
            for (who, parent) in moves {
                let mut moved = tree.get(id(who)).expect("there").clone();
                let change = CategoryChange { parent: parent.map_or(Wish::Clear, |parent| Wish::Set(id(parent))), ..CategoryChange::default() };
                if change.apply(&mut moved, &tree, Instant::EPOCH).is_ok() {
                    tree.0.insert(moved.id, moved);
                }
                prop_assert_eq!(tree.in_order().len(), 19, "everything hangs from the top");
                prop_assert!(tree.in_order().iter().all(|(_, depth)| *depth <= MAX_DEPTH));
            }
        }
    }
}

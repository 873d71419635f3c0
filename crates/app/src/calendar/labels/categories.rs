//! Categories: make, list, change, delete.

use std::sync::Arc;

use domain::{
    calendar::labels::{Category, CategoryChange, CategoryDraft, Children, LabelError, LabelKind, MAX_CATEGORIES, Tree},
    identity::Caller,
};
use kernel::{CategoryId, Entropy, Instant, UserId};
use store::{Tx, UseCase, labels::categories as rows};

use super::{
    super::{Expected, tell},
    category_fact, check, has_room, lock,
};
use crate::{Answer, App, Effects, Error, Once, once::Render};

const KIND: LabelKind = LabelKind::Category;

/// A category, and how deep it lies in its tree: 1 at the top.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The category.
    pub category: Category,
    /// Its depth.
    pub depth: usize,
}

impl Placed {
    /// A category that is not, or not as it is now, in the tree its parent is in.
    fn below_its_parent(category: Category, tree: &Tree) -> Self {
        let depth = category.parent.map_or(0, |parent| tree.depth(parent)) + 1;
        Self { category, depth }
    }
}

/// The tree of `owner`.
async fn tree(tx: &mut Tx<'_>, owner: UserId) -> Result<Tree, Error> {
    Ok(Tree::new(rows::all(tx, owner).await?))
}

fn present(tree: &Tree, id: CategoryId) -> Result<&Category, LabelError> {
    tree.get(id).ok_or(LabelError::NotFound(KIND))
}

struct Create {
    owner: UserId,
    draft: CategoryDraft,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Create {
    type Out = (Placed, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        lock(tx, self.owner).await?;
        let (name, colour, position) = self.draft.check()?;
        let tree = tree(tx, self.owner).await?;
        has_room(KIND, tree.len(), MAX_CATEGORIES)?;
        tree.admits(None, self.draft.parent, &name)?;
        let category = Category {
            id: CategoryId::mint(self.now, &*self.entropy),
            owner: self.owner,
            parent: self.draft.parent,
            name,
            colour,
            position,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        };
        rows::insert(tx, &category).await?;
        let mut effects = Effects::default();
        let facts = vec![category_fact(&category, "created", (self.now, &*self.entropy))];
        effects.append(tx, facts, self.now).await?;
        Ok((Placed::below_its_parent(category, &tree), effects))
    }
}

/// Makes a category.
pub async fn create_category(
    app: &App,
    caller: &Caller,
    draft: CategoryDraft,
    once: Option<Once>,
    render: Render<Placed>,
) -> Result<Answer, Error> {
    let case = Create { owner: caller.user, draft, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

struct Change {
    owner: UserId,
    id: CategoryId,
    wish: CategoryChange,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Change {
    type Out = (Placed, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        lock(tx, self.owner).await?;
        let tree = tree(tx, self.owner).await?;
        let mut category = present(&tree, self.id)?.clone();
        check(self.expected, KIND, category.version, true)?;
        let before = category.name.as_str().to_owned();
        let mut effects = Effects::default();
        if self.wish.apply(&mut category, &tree, self.now)? {
            rows::update(tx, &category).await?;
            let facts = vec![category_fact(&category, "updated", (self.now, &*self.entropy))];
            if category.name.as_str() == before {
                effects.append(tx, facts, self.now).await?;
            } else {
                // Feeds say what it is called.
                tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
            }
        }
        Ok((Placed::below_its_parent(category, &tree), effects))
    }
}

/// Renames, recolours or moves a category of the caller, with everything below it.
pub async fn change_category(
    app: &App,
    caller: &Caller,
    (id, expected): (CategoryId, Expected),
    change: CategoryChange,
    once: Option<Once>,
    render: Render<Placed>,
) -> Result<Answer, Error> {
    let case = Change { owner: caller.user, id, wish: change, expected, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

struct Delete {
    owner: UserId,
    id: CategoryId,
    children: Children,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Delete {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        lock(tx, self.owner).await?;
        let tree = tree(tx, self.owner).await?;
        let category = present(&tree, self.id)?;
        check(self.expected, KIND, category.version, false)?;
        let (by, mut facts) = ((self.now, &*self.entropy), Vec::new());
        let mut gone = vec![self.id];
        match (self.children, tree.children(Some(self.id)).is_empty()) {
            (_, true) => {}
            (Children::Refuse, false) => return Err(LabelError::HasChildren.into()),
            (Children::Lift, false) => {
                rows::vacate(tx, self.owner, self.id).await?;
                for lifted in tree.lifted(self.id, self.now)? {
                    rows::update(tx, &lifted).await?;
                    facts.push(category_fact(&lifted, "updated", by));
                }
            }
            (Children::Delete, false) => {
                // From below: what lies above another goes after it.
                let below = tree.below(self.id);
                let order = tree.in_order().into_iter().rev().map(|(category, _)| category.id);
                gone = order.filter(|id| below.contains(id)).collect();
            }
        }
        rows::delete(tx, self.owner, &gone, self.now).await?;
        for id in &gone {
            let mut category = present(&tree, *id)?.clone();
            category.version += 1;
            facts.push(category_fact(&category, "deleted", by));
        }
        let mut effects = Effects::default();
        tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
        Ok(((), effects))
    }
}

/// Deletes a category of the caller, for good; `children` says what becomes of those below it. Tasks and schedules that were in one
/// that is gone are in none.
pub async fn delete_category(
    app: &App,
    caller: &Caller,
    id: CategoryId,
    children: Children,
    expected: Expected,
) -> Result<(), Error> {
    app.commit(Delete { owner: caller.user, id, children, expected, now: app.now(), entropy: app.entropy() }).await
}

struct All(UserId);

impl UseCase for All {
    type Out = Tree;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        tree(tx, self.0).await
    }
}

/// The caller's tree from the top down, what lies below a category right behind it.
pub async fn categories(app: &App, caller: &Caller) -> Result<Vec<Placed>, Error> {
    let tree = app.store().read(All(caller.user)).await?;
    let placed = |(category, depth): (&Category, usize)| Placed { category: category.clone(), depth };
    Ok(tree.in_order().into_iter().map(placed).collect())
}

/// One category of the caller.
pub async fn category(app: &App, caller: &Caller, id: CategoryId) -> Result<Placed, Error> {
    let tree = app.store().read(All(caller.user)).await?;
    let category = present(&tree, id)?.clone();
    Ok(Placed { category, depth: tree.depth(id) })
}

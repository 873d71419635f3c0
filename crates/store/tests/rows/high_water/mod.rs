//! The smallest thing there is to write and to read: how far time has come.

use kernel::Instant;
use store::{StoreError, Tx, UseCase, node};

pub(crate) struct Raise(pub(crate) Instant);

impl UseCase for Raise {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        node::raise_high_water(tx, self.0).await
    }
}

pub(crate) struct Mark;

impl UseCase for Mark {
    type Out = Option<Instant>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Instant>, StoreError> {
        node::high_water(tx).await
    }
}

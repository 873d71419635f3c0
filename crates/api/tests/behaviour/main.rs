//! What the product does, over HTTP: a real server on a real socket, both engines, and a clock that is moved by hand.

mod access;
mod accounts;
mod house;
mod idempotency;
mod refresh;
mod schedules;
mod streams;
mod tokens;
mod wire;

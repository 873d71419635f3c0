//! What the product does, over HTTP: a real server on a real socket, both engines, and a clock that is moved by hand.

mod access;
mod accounts;
mod categories;
mod conflicts;
mod dependencies;
mod desk;
mod feeds;
mod follower;
mod house;
mod idempotency;
mod inbox;
mod live;
mod occurrences;
mod postman;
mod progress;
mod queries;
mod quiet_hours;
mod refresh;
mod schedules;
mod series;
mod streams;
mod tags;
mod tasks;
mod throttling;
mod tokens;
mod wire;

//! Use cases, on both engines, by a clock that is moved by hand. One program, because each takes a minute to compile and link.

mod as_far;
mod contention;
mod crowd;
mod housekeeping;
mod occurrences;
mod presence;
mod progress;
mod quiet_hours;
mod rounds;
mod schedules;
mod set_aside;
mod shifts;
mod splits;
mod world;
mod zones;

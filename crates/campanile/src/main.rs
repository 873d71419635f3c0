//! The binary: cli, config, wiring, lifecycle, telemetry.
fn main() {}

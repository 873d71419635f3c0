//! The binary from outside: started as a process, spoken to over HTTP and signals, judged by its output and exit code.

mod campaign;
mod clock;
mod cluster;
mod commands;
mod disk;
mod foreign;
mod outage;
mod person;
mod presence;
mod process;
mod serve;
mod story;
mod tls;
mod zones;

//! The binary from outside: started as a process, spoken to over HTTP and signals, judged by its output and exit code.

mod commands;
mod process;
mod serve;
mod story;

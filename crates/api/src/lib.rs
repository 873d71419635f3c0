//! Front doors: HTTP and streams.

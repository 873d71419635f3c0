//! Reading an inbox and marking what was read.

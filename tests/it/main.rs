//! The tests that drive real databases and real servers.

mod storage;

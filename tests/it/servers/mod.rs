//! The servers that other tests stand on start, are fresh, and die as they should.

mod haproxy;
mod pgbouncer;
mod postgres;

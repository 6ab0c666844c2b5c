//! The servers that other tests stand on start, are fresh, and die as they should.

mod haproxy;
mod patroni;
mod pgbouncer;
mod postgres;

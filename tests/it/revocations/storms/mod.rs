//! Many watchers, many logouts, and keys that change, at the same time.

mod healing;
mod keys;
mod latency;

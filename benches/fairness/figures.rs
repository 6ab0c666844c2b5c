//! How long calls took, and how many were refused.

use std::{fmt, time::Duration};

/// The calls of one kind.
#[derive(Default)]
pub struct Figures {
    name: &'static str,
    took: Vec<Duration>,
    refused: Vec<String>,
}

impl Figures {
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Adds a call: how long it took, or why it was refused.
    pub fn add(&mut self, outcome: Result<Duration, String>) {
        match outcome {
            Ok(took) => self.took.push(took),
            Err(refusal) => self.refused.push(refusal),
        }
    }

    /// Adds the calls of another client.
    pub fn extend(&mut self, other: Self) {
        self.took.extend(other.took);
        self.refused.extend(other.refused);
    }

    /// By how much the slowest hundredth is slower than a quiet one.
    pub fn ratio(&self, quiet: &Self) -> f64 {
        self.at(99) / quiet.at(99)
    }

    /// The milliseconds that so many percent did not exceed.
    fn at(&self, percent: usize) -> f64 {
        let mut sorted = self.took.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(index).map_or(f64::NAN, |it| it.as_secs_f64() * 1e3)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, refused) = (self.took.len(), self.refused.len());
        write!(f, "{:7.1} {:7.1} ms ({count:5}, {refused} refused", self.at(50), self.at(99))?;
        self.refused.first().map_or(Ok(()), |first| write!(f, ": {first}"))?;
        f.write_str(")")
    }
}

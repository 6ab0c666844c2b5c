//! Where a watcher has got to, in the form it travels in.

/// A place in the feed of one process: 8 random bytes that name the process, 8 bytes of the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub(super) instance: [u8; 8],
    pub(super) place: u64,
}

impl Cursor {
    /// Reads a cursor; `None` for bytes that no process of ours made.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (instance, place) = bytes.split_first_chunk()?;
        let place = u64::from_be_bytes(place.try_into().ok()?);
        Some(Self { instance: *instance, place })
    }

    /// The 16 bytes.
    pub fn to_bytes(self) -> Vec<u8> {
        [self.instance, self.place.to_be_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_journey() {
        let cursor = Cursor { instance: *b"instance", place: 0x0102_0304_0506_0708 };

        assert_eq!(Cursor::from_bytes(&cursor.to_bytes()), Some(cursor));
        assert_eq!(cursor.to_bytes().len(), 16);
    }

    #[test]
    fn bytes_of_another_length_are_no_cursor() {
        for length in [0, 1, 8, 15, 17, 32] {
            assert_eq!(Cursor::from_bytes(&vec![0; length]), None, "{length}");
        }
    }
}

//! The position that a watcher has reached, in the form in which it travels.

/// A position in the feed of one process: 8 random bytes that name the process, 8 bytes of the
/// position, big-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub(super) instance: [u8; 8],
    pub(super) position: u64,
}

impl Cursor {
    /// Reads a cursor; `None` for bytes of another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (instance, position) = bytes.split_first_chunk()?;
        let position = u64::from_be_bytes(position.try_into().ok()?);
        Some(Self { instance: *instance, position })
    }

    /// The 16 bytes, as they travel.
    pub fn to_bytes(self) -> Vec<u8> {
        [self.instance, self.position.to_be_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = Cursor { instance: *b"instance", position: 0x0102_0304_0506_0708 };

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

//! The operator's list: a file with one password a line, read once.

use std::{
    fs::File,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::forms;

/// The most bytes of a file, so that it is read in a fraction of a second.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("The file {} of the setting `passwords.blocklist_file` cannot be used: {cause}.", .path.display())]
pub struct BlocklistError {
    path: PathBuf,
    cause: String,
}

/// The passwords of a file, as hashes in order.
pub(super) struct OwnList(Vec<u64>);

impl OwnList {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, BlocklistError> {
        let refused = |cause: String| BlocklistError { path: path.to_owned(), cause };
        let text = text(path).map_err(|error| refused(error.to_string()))?;
        let Some(text) = text else {
            return Err(refused("it is larger than 4 MiB".to_owned()));
        };
        let text = String::from_utf8(text).map_err(|_| refused("it is not UTF-8".to_owned()))?;
        Ok(Self::of(&text))
    }

    fn of(text: &str) -> Self {
        let listed = text.lines().flat_map(forms::forms);
        let mut hashes: Vec<u64> = listed.map(|it| hash(&it)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }

    /// Whether a form of a password is listed.
    pub(super) fn has(&self, form: &str) -> bool {
        self.0.binary_search(&hash(form)).is_ok()
    }
}

/// The content of a file; `None` if it is too large.
fn text(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut text)?;
    Ok(Some(text).filter(|it| it.len() as u64 <= MAX_BYTES))
}

fn hash(form: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    form.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn refusal(content: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passwords.txt");
        fs::write(&path, content).unwrap();
        OwnList::read(&path).err().map(|it| it.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_line_lists_a_password_in_any_letter_case() {
        let list = OwnList::of("Acme Rocket Skates\r\n\n  \nwile.e.coyote\n");

        assert!(list.has("acmerocketskates") && list.has("wileecoyote"));
        assert!(!list.has("acme") && !list.has(""));
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named() {
        let absent = OwnList::read(Path::new("/absent.txt")).err().unwrap().to_string();

        assert!(absent.contains("/absent.txt") && absent.contains("passwords.blocklist_file"));
        assert_eq!(refusal(b"acme\n"), "");
        assert!(refusal(b"\xff\n").contains("not UTF-8"));
        assert!(refusal(&vec![b'a'; 4 * 1024 * 1024 + 1]).contains("larger than 4 MiB"));
    }
}

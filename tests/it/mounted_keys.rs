//! The key-encryption key as Kubernetes mounts it: a folder in which the file is a link to a link, with the modes
//! and the group that a volume asks for, and replaced as a whole.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink},
    path::{Path, PathBuf},
};

use crate::{
    command_line::{program, run},
    support::{Home, PASSWORD, Process},
};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
/// The group of `fsGroup`, where the tests may give files away.
const GROUP: u32 = 65_532;
const WARNING: &str =
    "Every user of this machine can read the file of `secrets.key_encryption_key_file`";

/// Mounts a secret with a `defaultMode`, as kubelet writes it, and returns the path of the key.
fn mount(volume: &Path, mode: u32) -> PathBuf {
    fs::create_dir(volume).unwrap();
    fill(volume, "..2026_11_30_01_00_00.1", mode);
    symlink("..data/key-encryption-key", volume.join("key-encryption-key")).unwrap();
    volume.join("key-encryption-key")
}

/// Puts another version of the secret in place, in one step.
fn fill(volume: &Path, version: &str, mode: u32) {
    let folder = volume.join(version);
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    let file = folder.join("key-encryption-key");
    fs::write(&file, KEY).unwrap();
    // Only root gives a file to a group of which it is no member; others keep their own.
    if fs::metadata(&file).unwrap().uid() == 0 {
        chown(&file, None, Some(GROUP)).unwrap();
    }
    fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
    symlink(version, volume.join("..data_tmp")).unwrap();
    fs::rename(volume.join("..data_tmp"), volume.join("..data")).unwrap();
}

fn flags(key: &Path) -> [String; 2] {
    ["--secrets-key-encryption-key-file".to_owned(), key.display().to_string()]
}

/// A server that is started, and stopped again. Returns its log of that start.
async fn started(home: &Home, flags: &[String], does: impl AsyncFnOnce(&Process)) -> String {
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let mut process = Process::start(home, &flags);
    does(&process).await;
    process.terminate();
    assert!(process.wait().success());
    let log = process.log();
    fs::remove_file(home.folder().join("log")).unwrap();
    log
}

#[tokio::test]
async fn a_mounted_key_is_read_at_every_start_and_what_is_too_open_is_said() {
    for (mode, is_exposed) in [(0o400, false), (0o440, false), (0o640, false), (0o644, true)] {
        let home = Home::new().await;
        let volume = home.folder().join("volume");
        let flags = flags(&mount(&volume, mode));

        let first = started(&home, &flags, async |process| {
            process.stranger().register("alice", PASSWORD).await.unwrap();
        })
        .await;
        fill(&volume, "..2026_11_30_02_00_00.2", mode);
        fs::remove_dir_all(volume.join("..2026_11_30_01_00_00.1")).unwrap();
        let second = started(&home, &flags, async |process| {
            let alice = process.stranger().login("alice", PASSWORD).await.unwrap();
            alice.refresh().await.unwrap();
        })
        .await;

        let checked = run(program(&["config", "check"]).args(home.flags()).args(&flags));
        for said in [first, second, checked.succeeded()] {
            assert_eq!(said.contains(WARNING), is_exposed, "{mode:o}: {said}");
        }
        let own = fs::read_to_string(home.data().join("key-encryption-key"));
        assert!(own.is_err() || own.unwrap() == KEY, "another key was made beside the mounted one");
    }
}

#[tokio::test]
async fn a_key_that_is_mounted_into_the_data_directory_must_not_be_open_to_all() {
    let home = Home::new().await;
    let volume = home.folder().join("volume");
    let mounted = mount(&volume, 0o440);
    fs::create_dir_all(home.data()).unwrap();
    let kept = home.data().join("key-encryption-key");
    let _ = fs::remove_file(&kept);
    symlink(&mounted, &kept).unwrap();

    for _ in 0..2 {
        started(&home, &[], async |_| ()).await;
    }
    fill(&volume, "..2026_11_30_02_00_00.2", 0o644);
    let said = run(program(&["serve"]).args(home.flags())).refused();

    let sentence = "Every user of this machine can read the key-encryption key";
    assert!(said.contains(sentence) && said.contains("defaultMode: 0440"), "{said}");
}

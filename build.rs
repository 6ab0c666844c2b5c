//! Compiles the contracts that only the server speaks, administration and Envoy's, into Rust, and all
//! contracts into a descriptor set for reflection. The public contract's code is `claviger-proto`.
//!
//! Cargo runs it again, and with it compiles the crate again, when the built page has changed: a
//! release build embeds it (`src/http/page/files.rs`). A debug build reads it from disk.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

/// The contracts that only the server speaks, relative to `proto/`. What they import is found by
/// itself.
const OWN: &[&str] = &[
    "claviger/admin/v1/service_account_service.proto",
    "envoy/service/auth/v3/external_auth.proto",
];
/// The public contract.
const PUBLIC: &[&str] = &[
    "claviger/v1/account_service.proto",
    "claviger/v1/auth_service.proto",
    "claviger/v1/error_reason.proto",
    "claviger/v1/passkey_service.proto",
    "claviger/v1/session_service.proto",
    "claviger/v1/token_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    if env::var("PROFILE")? == "release" {
        println!("cargo::rerun-if-changed=client-web/page/dist");
    }
    let all = protox::compile(OWN.iter().chain(PUBLIC), ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
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
        .skip_debug(messages)
        .compile_fds(own)?;
    Ok(())
}

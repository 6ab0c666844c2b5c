//! Compiles `proto/` into Rust and into a descriptor set for reflection. Nothing else.
//!
//! Cargo runs it again, and with it compiles the crate again, when the built page has changed: a
//! release build embeds it (`src/http/page/files.rs`). A debug build reads it from disk.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

/// Every `.proto` file of the API, relative to `proto/`. What they import is found by itself.
const FILES: &[&str] = &[
    "claviger/admin/v1/service_account_service.proto",
    "claviger/v1/account_service.proto",
    "claviger/v1/auth_service.proto",
    "claviger/v1/error_reason.proto",
    "claviger/v1/passkey_service.proto",
    "claviger/v1/session_service.proto",
    "claviger/v1/token_service.proto",
    "envoy/service/auth/v3/external_auth.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    if env::var("PROFILE")? == "release" {
        println!("cargo::rerun-if-changed=client-web/page/dist");
    }
    let descriptors = protox::compile(FILES, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("claviger.bin"), descriptors.encode_to_vec())?;
    let messages: Vec<_> = descriptors
        .file
        .iter()
        .flat_map(|file| file.message_type.iter().map(|it| (file.package(), it.name())))
        .map(|(package, name)| format!(".{package}.{name}"))
        .collect();
    tonic_prost_build::configure()
        .codec_path("crate::wire::codec::StrictCodec")
        .build_transport(false)
        .extern_path(".google.rpc", "::tonic_types::pb")
        // Messages carry passwords and tokens: what cannot be printed cannot leak into a log.
        .skip_debug(messages)
        .compile_fds(descriptors)?;
    compile_example()
}

/// The service of `examples/`, for the example in Rust and the test that runs it.
fn compile_example() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=examples/proto");
    let descriptors = protox::compile(["greeter/v1/greeter.proto"], ["examples/proto"])?;
    tonic_prost_build::configure().build_transport(false).compile_fds(descriptors)?;
    Ok(())
}

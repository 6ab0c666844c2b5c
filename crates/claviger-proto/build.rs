//! Compiles the public contract, `proto/claviger/v1`, into Rust. Nothing else.

use std::error::Error;

/// The public contract, relative to `proto/`. What they import is found by itself.
const FILES: &[&str] = &[
    "claviger/v1/account_service.proto",
    "claviger/v1/auth_service.proto",
    "claviger/v1/error_reason.proto",
    "claviger/v1/passkey_service.proto",
    "claviger/v1/session_service.proto",
    "claviger/v1/token_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../../proto/claviger/v1");
    let descriptors = protox::compile(FILES, ["../../proto"])?;
    // Messages carry passwords and tokens: what cannot be printed cannot leak into a log.
    let messages: Vec<_> = descriptors
        .file
        .iter()
        .flat_map(|file| file.message_type.iter().map(|it| (file.package(), it.name())))
        .map(|(package, name)| format!(".{package}.{name}"))
        .collect();
    tonic_prost_build::configure()
        .codec_path("crate::codec::StrictCodec")
        .build_transport(false)
        .server_mod_attribute(".", "#[cfg(feature = \"server\")]")
        .skip_debug(messages)
        .compile_fds(descriptors)?;
    Ok(())
}

//! Compiles the public contract, `proto/claviger/v1`, into Rust. Nothing else.

use std::{error::Error, fs, io, path::PathBuf};

/// The top of the contracts, and the public one.
const TOP: &str = "../../proto";
const PUBLIC: &str = "../../proto/claviger/v1";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PUBLIC}");
    let files = fs::read_dir(PUBLIC)?.map(|it| it.map(|it| it.path()));
    let mut files = files.collect::<io::Result<Vec<PathBuf>>>()?;
    files.sort_unstable();
    let descriptors = protox::compile(files, [TOP])?;
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

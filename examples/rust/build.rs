//! Compiles `../proto`. With `protoc` installed, `tonic_prost_build::compile_protos` does the same.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=../proto");
    let descriptors = protox::compile(["greeter/v1/greeter.proto"], ["../proto"])?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}

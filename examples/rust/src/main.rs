//! Starts the server with settings from the environment; `examples/README.md` lists them.

use std::{env, error::Error, process::ExitCode};

use claviger_verifier::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error + Send + Sync>> {
    let server_url = format!("http://{}", variable("CLAVIGER")?);
    let mut settings = Settings::new(server_url, variable("AUDIENCE")?);
    settings.service_key = env::var("SERVICE_KEY").ok().filter(|it| !it.is_empty()).map(Into::into);
    greeter::serve(settings, variable("LISTEN")?.parse()?).await
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}

//! Starts the server with settings from the environment; `examples/README.md` lists them.

use std::{env, error::Error};

use claviger_verifier::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let server_url = format!("http://{}", env::var("CLAVIGER")?);
    let mut settings = Settings::new(server_url, env::var("AUDIENCE")?);
    settings.service_key = env::var("SERVICE_KEY").ok().map(Into::into);
    greeter::serve(settings, env::var("LISTEN")?.parse()?).await
}

//! A gRPC server that lets in only who is signed in, and judges that by itself: a logout counts within
//! moments, though no call asks anybody. Start it like its siblings, see `examples/README.md`.

use std::{env, error::Error, net::SocketAddr, sync::Arc};

use claviger::verifier::{Claims, Settings, Verifier};
use tonic::{Request, Response, Status, service::LayerExt as _, transport::Server};

tonic::include_proto!("greeter.v1");

struct Greeter;

#[tonic::async_trait]
impl greeter_server::Greeter for Greeter {
    async fn greet(
        &self,
        request: Request<GreetRequest>,
    ) -> Result<Response<GreetResponse>, Status> {
        let claims = request.extensions().get::<Arc<Claims>>();
        let caller = claims.ok_or_else(|| Status::internal("the layer is missing"))?;
        Ok(Response::new(GreetResponse { subject: caller.account_id.to_string() }))
    }
}

pub(crate) async fn serve(
    settings: Settings,
    listen: SocketAddr,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let verifier = Verifier::start(settings)?;
    verifier.ready().await;
    let greeter = greeter_server::GreeterServer::new(Greeter);
    let greeter = verifier.layer().named_layer(greeter);
    Ok(Server::builder().add_service(greeter).serve(listen).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut settings =
        Settings::new(format!("http://{}", env::var("CLAVIGER")?), env::var("AUDIENCE")?);
    settings.service_key = env::var("SERVICE_KEY").ok().map(Into::into);
    serve(settings, env::var("LISTEN")?.parse()?).await
}

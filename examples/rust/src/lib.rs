//! A gRPC server that accepts calls of signed-in people only. It validates access tokens itself: a
//! logout takes effect within a second, without a call per request. See `examples/README.md`.

use std::{error::Error, net::SocketAddr, sync::Arc};

use claviger_verifier::{Claims, Settings, Verifier};
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

/// Serves until an error. Waits first until the verifier is ready.
///
/// # Errors
/// When the settings are wrong, the server refuses the audience, or the address cannot be listened on.
pub async fn serve(
    settings: Settings,
    listen: SocketAddr,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let verifier = Verifier::start(settings)?;
    verifier.ready().await?;
    let greeter = greeter_server::GreeterServer::new(Greeter);
    let greeter = verifier.layer().named_layer(greeter);
    Ok(Server::builder().add_service(greeter).serve(listen).await?)
}

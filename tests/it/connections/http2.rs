//! An HTTP/2 client that keeps to the protocol and answers pings, and otherwise does as little as it likes.

use bytes::Bytes;
use h2::{
    RecvStream, SendStream,
    client::{Builder, ResponseFuture, SendRequest},
};
use http::Request;
use tokio::task::JoinHandle;

use super::connect_from;

/// A connection.
pub struct Http2 {
    requests: SendRequest<Bytes>,
    task: JoinHandle<()>,
}

/// A call that is still open.
pub struct Call {
    pub answer: ResponseFuture,
    pub body: SendStream<Bytes>,
}

impl Http2 {
    /// Connects from an address of the loopback network, with this window for each answer.
    pub async fn connect_from(address: [u8; 4], port: u16, window: u32) -> Self {
        let stream = connect_from(address, port).await;
        let mut builder = Builder::new();
        builder.initial_window_size(window).max_concurrent_streams(1000);
        let (requests, connection) = builder.handshake(stream).await.unwrap();
        let task = tokio::spawn(async move {
            let _ = connection.await;
        });
        Self { requests, task }
    }

    /// Begins a gRPC call. `None` when the connection has ended.
    pub async fn begin(&mut self, path: &str) -> Option<Call> {
        let mut requests = self.requests.clone().ready().await.ok()?;
        let request = Request::post(format!("http://localhost{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        let (answer, body) = requests.send_request(request.body(()).unwrap(), false).ok()?;
        Some(Call { answer, body })
    }

    /// Calls with a whole message. `None` when the connection has ended.
    pub async fn call(&mut self, path: &str, message: &[u8]) -> Option<Call> {
        let mut call = self.begin(path).await?;
        call.body.send_data(frame(message.len(), message), true).ok()?;
        Some(call)
    }

    /// Whether the connection has ended.
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }
}

impl Drop for Http2 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Call {
    /// Sends as the flow control of the server allows it. `false` when the call has ended.
    pub async fn send(&mut self, mut data: Bytes) -> bool {
        while !data.is_empty() {
            self.body.reserve_capacity(data.len());
            let capacity = std::future::poll_fn(|context| self.body.poll_capacity(context)).await;
            let Some(Ok(capacity)) = capacity else { return false };
            let part = data.split_to(capacity.min(data.len()));
            if self.body.send_data(part, false).is_err() {
                return false;
            }
        }
        true
    }

    /// The status of the call, from the headers or the trailers of its answer. `None` when the call or the
    /// connection was cut off.
    pub async fn status(self) -> Option<tonic::Status> {
        let (parts, body) = self.answer.await.ok()?.into_parts();
        match tonic::Status::from_header_map(&parts.headers) {
            Some(status) => Some(status),
            None => trailers(body).await,
        }
    }
}

async fn trailers(mut body: RecvStream) -> Option<tonic::Status> {
    while let Some(data) = body.data().await {
        let length = data.ok()?.len();
        body.flow_control().release_capacity(length).ok()?;
    }
    tonic::Status::from_header_map(&body.trailers().await.ok()??)
}

/// A length-prefixed message of this length, or its beginning.
pub fn frame(length: usize, message: &[u8]) -> Bytes {
    let length = u32::try_from(length).unwrap().to_be_bytes();
    [&[0][..], &length, message].concat().into()
}

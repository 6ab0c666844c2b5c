//! A page in a browser: its calls carry an origin and cookies, and it sees the cookies that are set.
//!
//! Speaks raw HTTP, so that what a test sees is what a browser would get.

use claviger_proto::pb;
use prost::Message;
use reqwest::{
    Client,
    header::{HeaderMap, HeaderName},
};
use tonic::{Code, Status};

use super::{ORIGIN, TestApp};

/// How a page speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// gRPC over HTTP/2.
    Grpc,
    /// gRPC-web over HTTP/1.1.
    GrpcWeb,
}

impl Dialect {
    pub const ALL: [Self; 2] = [Self::Grpc, Self::GrpcWeb];
}

/// A page that is open in a browser.
#[derive(Clone)]
pub struct Page {
    port: u16,
    dialect: Dialect,
    headers: Vec<(&'static str, String)>,
}

/// What a page gets.
pub struct Answer<T> {
    pub result: Result<T, Status>,
    /// Every `Set-Cookie` header, as it came.
    pub set_cookies: Vec<String>,
    pub headers: HeaderMap,
}

impl Page {
    /// A page of the server's own origin in the base settings, without a cookie.
    pub fn open(app: &TestApp, dialect: Dialect) -> Self {
        Self::of(ORIGIN, app.public_port(), dialect)
    }

    /// A page of an origin that calls a port of this machine.
    pub fn of(origin: &str, port: u16, dialect: Dialect) -> Self {
        Self { port, dialect, headers: vec![("origin", origin.to_owned())] }
    }

    /// The same page with these `Origin` headers.
    pub fn from(&self, origins: &[&str]) -> Self {
        self.with("origin", origins)
    }

    /// The same page with these `Cookie` headers.
    pub fn bringing(&self, cookies: &[&str]) -> Self {
        self.with("cookie", cookies)
    }

    /// The same page with this access token.
    pub fn bearing(&self, access_token: &str) -> Self {
        self.with("authorization", &[&format!("Bearer {access_token}")])
    }

    /// The same page without an access token.
    pub fn without_bearer(&self) -> Self {
        self.with("authorization", &[])
    }

    /// The id of the page's own session.
    pub async fn current_session(&self) -> String {
        let page = self.call(pb::ListSessionsRequest::default()).await.result.unwrap();
        page.sessions.into_iter().find(|it| it.current).unwrap().id
    }

    fn with(&self, name: &'static str, values: &[&str]) -> Self {
        let mut page = self.clone();
        page.headers.retain(|it| it.0 != name);
        page.headers.extend(values.iter().map(|&it| (name, it.to_owned())));
        page
    }

    /// Makes a call.
    pub async fn call<C: Call>(&self, call: C) -> Answer<C::Answer> {
        let client = match self.dialect {
            Dialect::Grpc => Client::builder().http2_prior_knowledge(),
            Dialect::GrpcWeb => Client::builder(),
        };
        let url = format!("http://127.0.0.1:{}/claviger.v1.{}", self.port, C::METHOD);
        let mut request = client.build().unwrap().post(url);
        request = match self.dialect {
            Dialect::Grpc => request.header("content-type", "application/grpc"),
            Dialect::GrpcWeb => {
                request.header("content-type", "application/grpc-web+proto").header("x-grpc-web", 1)
            }
        };
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let length = u32::try_from(call.encoded_len()).unwrap().to_be_bytes();
        let body = [&[0][..], &length, &call.encode_to_vec()].concat();
        let answer = request.header("te", "trailers").body(body).send().await.unwrap();
        let is_http_1 = answer.version() == reqwest::Version::HTTP_11;
        assert_eq!(is_http_1, self.dialect == Dialect::GrpcWeb);
        assert_eq!(answer.status(), 200);
        let headers = answer.headers().clone();
        Answer::read(headers, &answer.bytes().await.unwrap())
    }
}

impl<T: Message + Default> Answer<T> {
    fn read(headers: HeaderMap, body: &[u8]) -> Self {
        let set_cookies = headers.get_all("set-cookie").iter();
        let set_cookies = set_cookies.map(|it| it.to_str().unwrap().to_owned()).collect();
        let result = match Status::from_header_map(&with_trailers(&headers, body)) {
            Some(status) if status.code() != Code::Ok => Err(status),
            _ => Ok(T::decode(message(body)).unwrap()),
        };
        Self { result, set_cookies, headers }
    }

    /// The name and value of the one cookie that was set, as a browser sends them back.
    pub fn cookie(&self) -> &str {
        let [cookie] = &self.set_cookies[..] else { panic!("{:?}", self.set_cookies) };
        cookie.split(';').next().unwrap()
    }
}

/// The message in the first frame of a body.
fn message(body: &[u8]) -> &[u8] {
    let (head, rest) = body.split_at(5);
    assert_eq!(head[0], 0, "no message in {body:?}");
    let length = u32::from_be_bytes(head[1..].try_into().unwrap());
    &rest[..usize::try_from(length).unwrap()]
}

/// The headers, and of gRPC-web the trailers, which are a frame of the body.
fn with_trailers(headers: &HeaderMap, mut body: &[u8]) -> HeaderMap {
    let mut found = headers.clone();
    while let Some((&kind, rest)) = body.split_first() {
        let (length, rest) = rest.split_at(4);
        let length = u32::from_be_bytes(length.try_into().unwrap());
        let (frame, rest) = rest.split_at(usize::try_from(length).unwrap());
        if kind == 0x80 {
            for line in String::from_utf8_lossy(frame).lines() {
                let (name, value) = line.split_once(':').unwrap();
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                found.insert(name, value.trim().parse().unwrap());
            }
        }
        body = rest;
    }
    found
}

/// A request that knows its method.
pub trait Call: Message {
    const METHOD: &'static str;
    type Answer: Message + Default;
}

macro_rules! calls {
    ($($method:literal: $request:ident -> $answer:ident;)*) => {
        $(impl Call for pb::$request {
            const METHOD: &'static str = $method;
            type Answer = pb::$answer;
        })*
    };
}

calls! {
    "AuthService/Register": RegisterRequest -> RegisterResponse;
    "AuthService/Login": LoginRequest -> LoginResponse;
    "AuthService/RefreshTokens": RefreshTokensRequest -> RefreshTokensResponse;
    "AuthService/Logout": LogoutRequest -> LogoutResponse;
    "PasskeyService/FinishSignUp": FinishSignUpRequest -> FinishSignUpResponse;
    "PasskeyService/FinishAuthentication":
        FinishAuthenticationRequest -> FinishAuthenticationResponse;
    "RecoveryService/RecoverWithPassword":
        RecoverWithPasswordRequest -> RecoverWithPasswordResponse;
    "RecoveryService/FinishPasskeyRecovery":
        FinishPasskeyRecoveryRequest -> FinishPasskeyRecoveryResponse;
    "AccountService/ChangePassword": ChangePasswordRequest -> ChangePasswordResponse;
    "AccountService/GetAccount": GetAccountRequest -> GetAccountResponse;
    "AccountService/DeleteAccount": DeleteAccountRequest -> DeleteAccountResponse;
    "SessionService/ListSessions": ListSessionsRequest -> ListSessionsResponse;
    "SessionService/RevokeSession": RevokeSessionRequest -> RevokeSessionResponse;
    "SessionService/RevokeOtherSessions":
        RevokeOtherSessionsRequest -> RevokeOtherSessionsResponse;
    "SessionService/RevokeAllSessions": RevokeAllSessionsRequest -> RevokeAllSessionsResponse;
}

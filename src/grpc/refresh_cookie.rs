//! The cookie in which a refresh token travels to the server's own pages and back, out of reach of
//! every script.
//!
//! Knows how the cookie looks, who may use it, and when it goes. Whether the token in it is any good
//! is for the domain to say.

use std::{mem, time::Duration};

use claviger_proto::refusal::refusal;
use cookie::{Cookie, SameSite};
use http::header::{COOKIE, ORIGIN, SET_COOKIE};
use tonic::{
    Code, Request, Response, Status,
    metadata::{AsciiMetadataValue, MetadataMap},
};
use url::Url;

use crate::{
    domain::{self, Error, world::World},
    model::{
        token::{RefreshToken, TokenPair},
        violation::FieldReason,
    },
};

use super::{
    convert::{fields::Fields, tokens::pair},
    pb::{self, ErrorReason, RefreshTokenDelivery},
    status::from_error,
};

/// The name over https. The prefix makes browsers refuse the cookie from sibling domains and from
/// plain http (RFC 6265bis §4.1.3.2).
const SECURE_NAME: &str = "__Host-claviger-refresh";

/// The cookie of this server.
pub struct RefreshCookie {
    name: String,
    is_secure: bool,
    own_origin: String,
    removal: AsciiMetadataValue,
    world: World,
}

impl RefreshCookie {
    /// The cookie of a server that browsers reach at `public_url`, an origin.
    ///
    /// # Errors
    /// When that is no URL.
    pub fn new(public_url: &str, world: World) -> domain::Result<Self> {
        let url = Url::parse(public_url).map_err(Error::internal)?;
        let is_secure = url.scheme() == "https";
        // Over http there is no prefix to be had: Safari takes Secure cookies from https alone, also
        // on localhost. Cookies ignore ports (RFC 6265 §8.5), so the name keeps two servers apart.
        let name = if is_secure {
            SECURE_NAME.to_owned()
        } else {
            format!("claviger-refresh-{}", url.port_or_known_default().unwrap_or_default())
        };
        let removal = header(&name, is_secure, "", Duration::ZERO)?;
        let own_origin = url.origin().ascii_serialization();
        Ok(Self { name, is_secure, own_origin, removal, world })
    }

    /// How the refresh token of a call is to travel. Ask this before anything else is done: a page
    /// that may not use the cookie must not have opened a session or used up a ceremony.
    ///
    /// # Errors
    /// `FIELDS_INVALID` for a value nobody knows, `ORIGIN_REFUSED` for a cookie that is not asked for
    /// by a page of the server's own origin.
    pub(super) fn delivery<T>(
        &self,
        request: &Request<T>,
        asked: i32,
    ) -> Result<Delivery<'_>, Status> {
        let Ok(asked) = RefreshTokenDelivery::try_from(asked) else {
            let mut fields = Fields::default();
            let sentence = "must be one of the values of RefreshTokenDelivery";
            fields.refuse("refresh_token_delivery", FieldReason::OutOfRange, sentence);
            return Err(fields.into_status());
        };
        match asked {
            RefreshTokenDelivery::Unspecified | RefreshTokenDelivery::Message => {
                Ok(Delivery::Message)
            }
            RefreshTokenDelivery::Cookie if self.is_own_origin(request.metadata()) => {
                let brought = self.read(request.metadata());
                Ok(Delivery::Cookie(Carrier { cookie: self, brought }))
            }
            // Without the cookie's removal: whoever asked has no say over it.
            RefreshTokenDelivery::Cookie => {
                let message = "the cookie is only for pages of the server's own origin";
                let (reason, code) = (ErrorReason::OriginRefused, Code::PermissionDenied);
                Err(refusal(reason, code, message, None))
            }
        }
    }

    /// Prepares the answer to a call that ends the caller's own session, whatever its tokens travel
    /// in: the cookie goes if it came along, from the server's own origin.
    pub(super) fn farewell<T>(&self, request: &Request<T>) -> Farewell<'_> {
        let metadata = request.metadata();
        let came_along = !matches!(self.read(metadata), Brought::Nothing);
        Farewell((came_along && self.is_own_origin(metadata)).then_some(self))
    }

    /// Whether a page of the server's own origin calls. Browsers send `Origin` with every POST, and no
    /// page can forge it (Fetch §3.2). Anything else is refused: the cookie has nothing to offer to
    /// callers that are no browsers, and a missing header is no proof of a friend.
    fn is_own_origin(&self, metadata: &MetadataMap) -> bool {
        let mut origins = metadata.get_all(ORIGIN.as_str()).iter();
        let is_own =
            origins.next().is_some_and(|it| it.as_encoded_bytes() == self.own_origin.as_bytes());
        is_own && origins.next().is_none()
    }

    /// Finds the cookie among all that came. HTTP/2 may spread them over several headers (RFC 9113
    /// §8.2.3). Those of others may hold any bytes.
    fn read(&self, metadata: &MetadataMap) -> Brought {
        let mut brought = Brought::Nothing;
        for line in metadata.get_all(COOKIE.as_str()) {
            let line = String::from_utf8_lossy(line.as_encoded_bytes());
            for cookie in Cookie::split_parse(line).flatten().filter(|it| it.name() == self.name) {
                brought = brought.and(cookie.value());
            }
        }
        brought
    }

    fn remove(&self, metadata: &mut MetadataMap) {
        metadata.insert(SET_COOKIE.as_str(), self.removal.clone());
    }
}

/// What came in the cookie.
enum Brought {
    Nothing,
    Token(String),
    /// Different values under one name. At most one of them is ours; the others were planted, by
    /// another port of the host or by a sibling domain, and nobody can tell which is which.
    Several,
}

impl Brought {
    fn and(self, value: &str) -> Self {
        match self {
            Self::Nothing => Self::Token(value.to_owned()),
            Self::Token(token) if token == value => Self::Token(token),
            Self::Token(_) | Self::Several => Self::Several,
        }
    }
}

/// How the refresh token of one call travels.
pub(super) enum Delivery<'a> {
    /// In the messages.
    Message,
    /// In the cookie, to and from a page of the server's own origin.
    Cookie(Carrier<'a>),
}

impl Delivery<'_> {
    /// The refresh token that came, `given` being the message's.
    ///
    /// # Errors
    /// `REFRESH_TOKEN_MISSING` or `REFRESH_TOKEN_INVALID` for a cookie.
    pub(super) fn refresh_token(&self, given: RefreshToken) -> Result<RefreshToken, Status> {
        match self {
            Self::Message => Ok(given),
            Self::Cookie(carrier) => match carrier.token() {
                Some(token) => token.map_err(|error| self.refuse(error)),
                None => Err(carrier.without_cookie(missing())),
            },
        }
    }

    /// The answer with a pair of tokens, the refresh token where it was asked for.
    ///
    /// # Errors
    /// Never in practice.
    pub(super) fn deliver<T>(
        &self,
        tokens: &TokenPair,
        answer: impl FnOnce(pb::TokenPair) -> T,
    ) -> Result<Response<T>, Status> {
        let mut pair = pair(tokens);
        let Self::Cookie(Carrier { cookie, .. }) = self else {
            return Ok(Response::new(answer(pair)));
        };
        let token = mem::take(&mut pair.refresh_token);
        let lifetime = tokens.refresh_token_expires_at.since(cookie.world.now());
        let value = header(&cookie.name, cookie.is_secure, &token, lifetime).map_err(from_error)?;
        let mut response = Response::new(answer(pair));
        response.metadata_mut().insert(SET_COOKIE.as_str(), value);
        Ok(response)
    }

    /// The answer to a refresh that was refused. The cookie goes when its token will never be good
    /// again, and stays when the refusal may pass.
    pub(super) fn refuse(&self, error: Error) -> Status {
        let is_spent = matches!(
            error,
            Error::RefreshTokenInvalid | Error::RefreshTokenReused | Error::SessionEnded
        );
        match self {
            Self::Cookie(carrier) if is_spent => carrier.without_cookie(from_error(error)),
            _ => from_error(error),
        }
    }
}

/// The cookie, as one call brought it.
pub(super) struct Carrier<'a> {
    cookie: &'a RefreshCookie,
    brought: Brought,
}

impl Carrier<'_> {
    /// The token in the cookie, if the call brought one.
    ///
    /// # Errors
    /// `RefreshTokenInvalid` when it cannot be told which it is.
    pub(super) fn token(&self) -> Option<domain::Result<RefreshToken>> {
        match &self.brought {
            Brought::Nothing => None,
            Brought::Token(token) => Some(Ok(RefreshToken::new(token.clone()))),
            Brought::Several => Some(Err(Error::RefreshTokenInvalid)),
        }
    }

    /// The answer to a logout, which takes the cookie away. It stays only when the server failed: the
    /// session may live on then, and the cookie is what ends it at the next try.
    pub(super) fn dismiss<T>(&self, answer: Result<T, Status>) -> Result<Response<T>, Status> {
        match answer {
            Ok(message) => Ok(Farewell(Some(self.cookie)).answer(message)),
            Err(status) => match status.code() {
                Code::Unavailable | Code::DeadlineExceeded | Code::Internal => Err(status),
                _ => Err(self.without_cookie(status)),
            },
        }
    }

    fn without_cookie(&self, mut status: Status) -> Status {
        self.cookie.remove(status.metadata_mut());
        status
    }
}

/// The end of the caller's session, and perhaps of the cookie.
pub(super) struct Farewell<'a>(Option<&'a RefreshCookie>);

impl Farewell<'_> {
    /// The answer, which takes the cookie away if it came along.
    pub(super) fn answer<T>(self, message: T) -> Response<T> {
        let mut response = Response::new(message);
        if let Some(cookie) = self.0 {
            cookie.remove(response.metadata_mut());
        }
        response
    }
}

/// The refusal of a call whose refresh token was to come in the cookie, and did not.
pub(super) fn missing() -> Status {
    let message = "there is no refresh token in a cookie; sign in";
    refusal(ErrorReason::RefreshTokenMissing, Code::Unauthenticated, message, None)
}

/// `Set-Cookie` for the host alone, since it names no domain (RFC 6265bis §4.1.2.3).
fn header(
    name: &str,
    is_secure: bool,
    token: &str,
    lifetime: Duration,
) -> domain::Result<AsciiMetadataValue> {
    let lifetime = cookie::time::Duration::try_from(lifetime).map_err(Error::internal)?;
    let cookie = Cookie::build((name, token))
        .path("/")
        .secure(is_secure)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(lifetime);
    let mut value = AsciiMetadataValue::try_from(cookie.to_string()).map_err(Error::internal)?;
    value.set_sensitive(true);
    Ok(value)
}

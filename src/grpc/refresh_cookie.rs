//! The cookie in which a refresh token travels to the server's own pages and back, out of reach of
//! every script.
//!
//! Knows the attributes of the cookie, which pages may use it, and when it is cleared. Whether the token
//! in it is valid is for the domain to say.

use std::{mem, time::Duration};

use claviger_proto::pb::{self, RefreshTokenDelivery};
use claviger_token::white_space::trim;
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
    status::EdgeRefusal,
};

/// The name over https. The prefix makes browsers refuse the cookie from sibling domains and from
/// plain http (RFC 6265bis §4.1.3.2).
const SECURE_NAME: &str = "__Host-claviger-refresh";

/// The cookie of this server: how it is named, set and cleared.
pub struct RefreshCookie {
    name: String,
    is_secure: bool,
    own_origin: String,
    clearing: AsciiMetadataValue,
    world: World,
}

impl RefreshCookie {
    /// The cookie of a server that browsers reach at `public_url`, an origin.
    ///
    /// # Errors
    /// When that is not a URL.
    pub fn new(public_url: &str, world: World) -> domain::Result<Self> {
        let url = Url::parse(public_url).map_err(Error::internal)?;
        let is_secure = url.scheme() == "https";
        // Over http there can be no prefix: Safari accepts Secure cookies over https only, also on
        // localhost. Cookies ignore ports (RFC 6265 §8.5), so the name distinguishes two servers.
        let name = if is_secure {
            SECURE_NAME.to_owned()
        } else {
            format!("claviger-refresh-{}", url.port_or_known_default().unwrap_or_default())
        };
        let clearing = header(&name, is_secure, "", Duration::ZERO)?;
        let own_origin = url.origin().ascii_serialization();
        Ok(Self { name, is_secure, own_origin, clearing, world })
    }

    /// How the refresh token of a call is to travel. Must be called before anything else: a page that
    /// may not use the cookie must not have opened a session or used up a ceremony.
    ///
    /// # Errors
    /// `FIELDS_INVALID` for an unknown value, `ORIGIN_REFUSED` for a cookie that no page of the server's
    /// own origin asks for.
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
                let value = self.read(request.metadata());
                Ok(Delivery::Cookie(RequestCookie { cookie: self, value }))
            }
            // Without clearing the cookie: a page of another origin must not sign anyone out.
            RefreshTokenDelivery::Cookie => Err(EdgeRefusal::OriginRefused.into()),
        }
    }

    /// Prepares the response to a call that ends the caller's own session, however its tokens travel: it
    /// clears the cookie if the request has it and comes from the server's own origin.
    pub(super) fn clear<T>(&self, request: &Request<T>) -> ClearCookie<'_> {
        let metadata = request.metadata();
        let has_cookie = !matches!(self.read(metadata), CookieValue::Nothing);
        ClearCookie((has_cookie && self.is_own_origin(metadata)).then_some(self))
    }

    /// Whether a page of the server's own origin calls. Browsers send `Origin` with every POST, and no
    /// page can forge it (Fetch §3.2). Anything else is refused: clients that are not browsers do not need
    /// the cookie, and a missing header proves nothing.
    fn is_own_origin(&self, metadata: &MetadataMap) -> bool {
        let mut origins = metadata.get_all(ORIGIN.as_str()).iter();
        let is_own =
            origins.next().is_some_and(|it| it.as_encoded_bytes() == self.own_origin.as_bytes());
        is_own && origins.next().is_none()
    }

    /// Finds the cookie in the request. HTTP/2 may spread cookies over several headers (RFC 9113
    /// §8.2.3). The cookies of other programs may contain any bytes.
    ///
    /// The parser of the crate `cookie` trims all white space of Unicode from a name. To browsers only SP
    /// and HTAB are white space, so they let a sibling domain set a cookie whose name is U+2000 and then
    /// ours: the rules of the prefix `__Host-` do not hold for it.
    fn read(&self, metadata: &MetadataMap) -> CookieValue {
        let mut value = CookieValue::Nothing;
        for line in metadata.get_all(COOKIE.as_str()) {
            for pair in line.as_encoded_bytes().split(|byte| *byte == b';') {
                let Some(equals) = pair.iter().position(|byte| *byte == b'=') else { continue };
                if trim(&pair[..equals]) == self.name.as_bytes() {
                    value = value.and(trim(&pair[equals + 1..]));
                }
            }
        }
        value
    }

    fn clear_in(&self, metadata: &mut MetadataMap) {
        metadata.insert(SET_COOKIE.as_str(), self.clearing.clone());
    }
}

/// The value of the cookie in a request.
enum CookieValue {
    Nothing,
    Token(Vec<u8>),
    /// Different values under one name. At most one of them is ours; the others were planted by another
    /// port of the host or by a sibling domain, and cannot be told apart from it.
    Several,
}

impl CookieValue {
    fn and(self, value: &[u8]) -> Self {
        match self {
            Self::Nothing => Self::Token(value.to_vec()),
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
    Cookie(RequestCookie<'a>),
}

impl Delivery<'_> {
    /// The refresh token of the request; `given` is the one in its message.
    ///
    /// # Errors
    /// `REFRESH_TOKEN_MISSING` or `REFRESH_TOKEN_INVALID` for a cookie.
    pub(super) fn refresh_token(&self, given: RefreshToken) -> Result<RefreshToken, Status> {
        match self {
            Self::Message => Ok(given),
            Self::Cookie(cookie) => match cookie.token() {
                Some(token) => token.map_err(|error| self.refuse(error)),
                None => Err(cookie.cleared(EdgeRefusal::RefreshTokenMissing.into())),
            },
        }
    }

    /// The response with a pair of tokens, the refresh token where the client asked for it.
    ///
    /// # Errors
    /// `INTERNAL` when the cookie cannot be a header, which does not happen with our tokens.
    pub(super) fn deliver<T>(
        &self,
        tokens: &TokenPair,
        message: impl FnOnce(pb::TokenPair) -> T,
    ) -> Result<Response<T>, Status> {
        let mut pair = pair(tokens);
        let Self::Cookie(RequestCookie { cookie, .. }) = self else {
            return Ok(Response::new(message(pair)));
        };
        let token = mem::take(&mut pair.refresh_token);
        let lifetime = tokens.refresh_token_expires_at.since(cookie.world.now());
        let value = header(&cookie.name, cookie.is_secure, &token, lifetime)?;
        let mut response = Response::new(message(pair));
        response.metadata_mut().insert(SET_COOKIE.as_str(), value);
        Ok(response)
    }

    /// The response to a refused refresh. Clears the cookie when its token will never be valid again, and
    /// keeps it when the refusal is temporary.
    pub(super) fn refuse(&self, error: Error) -> Status {
        let is_spent = matches!(
            error,
            Error::RefreshTokenInvalid | Error::RefreshTokenReused | Error::SessionEnded
        );
        match self {
            Self::Cookie(cookie) if is_spent => cookie.cleared(error.into()),
            _ => error.into(),
        }
    }
}

/// The cookie of one request.
pub(super) struct RequestCookie<'a> {
    cookie: &'a RefreshCookie,
    value: CookieValue,
}

impl RequestCookie<'_> {
    /// The token in the cookie, if the request has one.
    ///
    /// # Errors
    /// `RefreshTokenInvalid` when there are several, or it is not text.
    pub(super) fn token(&self) -> Option<domain::Result<RefreshToken>> {
        match &self.value {
            CookieValue::Nothing => None,
            CookieValue::Token(token) => Some(match str::from_utf8(token) {
                Ok(token) => Ok(RefreshToken::new(token.to_owned())),
                Err(_) => Err(Error::RefreshTokenInvalid),
            }),
            CookieValue::Several => Some(Err(Error::RefreshTokenInvalid)),
        }
    }

    /// The response to a logout, which clears the cookie. It stays only when the server failed: the
    /// session may still be valid then, and the next attempt needs the cookie to end it.
    pub(super) fn logged_out<T>(&self, outcome: Result<T, Status>) -> Result<Response<T>, Status> {
        match outcome {
            Ok(message) => Ok(ClearCookie(Some(self.cookie)).respond(message)),
            Err(status) => match status.code() {
                Code::Unavailable | Code::DeadlineExceeded | Code::Internal => Err(status),
                _ => Err(self.cleared(status)),
            },
        }
    }

    fn cleared(&self, mut status: Status) -> Status {
        self.cookie.clear_in(status.metadata_mut());
        status
    }
}

/// Clears the cookie with the response to a call that ended the caller's session.
pub(super) struct ClearCookie<'a>(Option<&'a RefreshCookie>);

impl ClearCookie<'_> {
    /// The response, which clears the cookie if the request had it.
    pub(super) fn respond<T>(self, message: T) -> Response<T> {
        let mut response = Response::new(message);
        if let Some(cookie) = self.0 {
            cookie.clear_in(response.metadata_mut());
        }
        response
    }
}

/// `Set-Cookie` for this host only: it names no domain (RFC 6265bis §4.1.2.3).
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

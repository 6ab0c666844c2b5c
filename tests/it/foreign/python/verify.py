"""Verifies access tokens with PyJWT, given only an issuer URL and an audience.

Usage: verify.py ISSUER AUDIENCE, where AUDIENCE is this service's name in Claviger's setting
`tokens.audiences`. Reads one token per line and prints its subject or an error.
"""

import json
import sys
import urllib.request

import jwt


def discover(issuer):
    """The issuer's key set and the algorithms it signs with (OpenID Connect Discovery §4)."""
    with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration", timeout=10) as answer:
        metadata = json.load(answer)
    if metadata["issuer"] != issuer:
        sys.exit(f"{issuer} calls itself {metadata['issuer']}")
    # PyJWT fetches the key set again for an unknown key, at most once per cooldown. Its default of 30 s
    # would refuse tokens of a new key for as long after `claviger keys rotate --now`.
    keys = jwt.PyJWKClient(metadata["jwks_uri"], cooldown_duration=1)
    return keys, metadata["id_token_signing_alg_values_supported"]


def subject(token, keys, algorithms, issuer, audience):
    # PyJWT does not check the type. `at+jwt` excludes other JWTs of the issuer.
    if jwt.get_unverified_header(token).get("typ", "").lower() != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    key = keys.get_signing_key_from_jwt(token)
    claims = jwt.decode(
        token,
        key,
        # PyJWT also requires the algorithm that the key names.
        algorithms=algorithms,
        issuer=issuer,
        audience=audience,
        # Two clocks differ. PyJWT would refuse a token that the server dates a second later than now.
        leeway=30,
        options={"require": ["exp", "iss", "aud", "sub"]},
    )
    return claims["sub"]


def main(issuer, audience=""):
    # Tokens of Claviger's own API, whose audience is the issuer, are not for services.
    if audience in ("", issuer):
        sys.exit(f"{audience!r} is not the audience of a service")
    keys, algorithms = discover(issuer)
    for line in sys.stdin:
        try:
            who = subject(line.strip(), keys, algorithms, issuer, audience)
            print(f"accepted {who}", flush=True)
        except jwt.PyJWTError as error:
            print(f"refused {type(error).__name__}: {error}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

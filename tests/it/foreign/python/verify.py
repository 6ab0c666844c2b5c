"""Checks access tokens with PyJWT, knowing an issuer's URL and an audience and nothing else.

Call: verify.py ISSUER AUDIENCE. Reads tokens, one a line, and says of each whose it is or why not.
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
    # A key that is not known makes PyJWT ask for the set again, at most this often. With its own 30 s it
    # would refuse for as long what a key signs that was put to use at once (claviger keys rotate --now).
    keys = jwt.PyJWKClient(metadata["jwks_uri"], cooldown_duration=1)
    return keys, metadata["id_token_signing_alg_values_supported"]


def subject(token, keys, algorithms, issuer, audience):
    # PyJWT leaves the type to its caller. `at+jwt` keeps other signed things of the issuer out.
    if jwt.get_unverified_header(token).get("typ", "").lower() != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    key = keys.get_signing_key_from_jwt(token)
    claims = jwt.decode(
        token,
        key,
        # Beside what the issuer says stands what the key says: PyJWT refuses any other.
        algorithms=algorithms,
        issuer=issuer,
        audience=audience,
        options={"require": ["exp", "iss", "aud", "sub"]},
    )
    return claims["sub"]


def main(issuer, audience):
    keys, algorithms = discover(issuer)
    for line in sys.stdin:
        try:
            who = subject(line.strip(), keys, algorithms, issuer, audience)
            print(f"accepted {who}", flush=True)
        except jwt.PyJWTError as error:
            print(f"refused {type(error).__name__}: {error}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

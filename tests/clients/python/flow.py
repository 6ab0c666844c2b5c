"""Runs the whole of Claviger from Python, with nothing but the .proto files to go by.

Prints one line per step. Ends with status 0 and "The whole flow works.", or with the step that failed.
"""

import argparse
import base64
import contextlib
import copy
import importlib
import json
import pathlib
import sys
import tempfile
import uuid

import grpc
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from grpc_tools import protoc
import grpc_tools

from authenticator import Authenticator

SECONDS = 30
# The backend of a server without a configuration.
BACKEND = "backend"


def generate(proto):
    """Generates the stubs into a folder that Python then imports from."""
    folder = tempfile.TemporaryDirectory()
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    files = sorted(str(it.relative_to(proto)) for it in pathlib.Path(proto).rglob("*.proto"))
    arguments = [
        "protoc",
        f"--proto_path={proto}",
        f"--proto_path={well_known}",
        f"--python_out={folder.name}",
        f"--grpc_python_out={folder.name}",
    ]
    if protoc.main(arguments + files) != 0:
        sys.exit("the stubs could not be generated")
    sys.path.insert(0, folder.name)
    return folder


def check(claim, what):
    """Python's own assert vanishes with -O; this one stays."""
    if not claim:
        raise AssertionError(what)


def step(what):
    print(what, flush=True)


@contextlib.contextmanager
def refused(code, reason):
    """Expects the call inside to be refused with this code and reason; yields all its details."""
    details = {}
    try:
        yield details
    except grpc.RpcError as error:
        status = rpc_status.from_call(error)
        check(status is not None, f"no google.rpc.Status with {error.code()}: {error.details()}")
        for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest):
            for detail in status.details:
                if detail.Is(kind.DESCRIPTOR):
                    details[kind.__name__] = kind()
                    detail.Unpack(details[kind.__name__])
        info = details["ErrorInfo"]
        heard = (error.code(), info.domain, info.reason)
        check(heard == (code, "claviger", reason), f"{heard}, not {code.name} {reason}")
    else:
        raise AssertionError(f"not refused, though {reason} was due")


class Client:
    """The services' stubs, with a deadline on every call and a bearer token on some."""

    def __init__(self, public, internal):
        for name in ("auth", "account", "session", "passkey", "token"):
            module = importlib.import_module(f"claviger.v1.{name}_service_pb2_grpc")
            messages = importlib.import_module(f"claviger.v1.{name}_service_pb2")
            channel = internal if name == "token" else public
            setattr(self, name, Service(module, messages, name, channel))


class Service:
    """One service: `service.Login(username=…)`, `service.GetAccount(bearer=token)`."""

    def __init__(self, module, messages, name, channel):
        self._stub = getattr(module, f"{name.capitalize()}ServiceStub")(channel)
        self._messages = messages

    def __getattr__(self, method):
        def call(bearer=None, **fields):
            request = getattr(self._messages, f"{method}Request")(**fields)
            metadata = [("authorization", f"Bearer {bearer}")] if bearer else []
            return getattr(self._stub, method)(request, timeout=SECONDS, metadata=metadata)

        return call


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("public", "internal", "proto", "password"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    stubs = generate(arguments.proto)
    with (
        stubs,
        grpc.insecure_channel(arguments.public) as public,
        grpc.insecure_channel(arguments.internal) as internal,
    ):
        Flow(Client(public, internal), arguments.password).run()
    print("The whole flow works.")


class Flow:
    """One person's life with Claviger, in order."""

    def __init__(self, client, password):
        from claviger.v1 import passkey_service_pb2, resources_pb2, token_service_pb2, webauthn_pb2

        self.client = client
        self.password = password
        # The tokens for the backend, by the access token of their session.
        self.issued = {}
        self.web = webauthn_pb2
        self.passkeys = passkey_service_pb2
        self.nouns = resources_pb2
        self.tokens = token_service_pb2
        info = client.auth.GetServerInfo()
        check(info.origins and info.password_policy.min_length > 0, "server info is empty")
        self.origin = info.origins[0]
        self.relying_party = info.relying_party_id
        self.issuer = info.issuer

    def run(self):
        account = self.register()
        signed_in = self.sign_in_with_password(account)
        passkey, authenticator = self.add_a_passkey(signed_in.tokens.access_token)
        self.sign_in_with_the_passkey(account, authenticator)
        self.refuse_passkeys(authenticator)
        self.prove_presence(signed_in.tokens.access_token, authenticator)
        self.manage_passkeys(signed_in.tokens.access_token, passkey, authenticator)
        self.manage_sessions(signed_in.tokens)
        self.refresh_and_log_out()
        self.check_audiences()
        self.check_tokens_locally()
        self.leave()

    def register(self):
        auth = self.client.auth
        with refused(grpc.StatusCode.INVALID_ARGUMENT, "FIELDS_INVALID") as details:
            auth.Register(username="", password="short")
        fields = {it.field for it in details["BadRequest"].field_violations}
        check(fields == {"username", "password"}, f"bad fields: {fields}")

        person = {"username": "Ada", "password": self.password, "request_id": str(uuid.uuid4())}
        first = auth.Register(**person)
        again = auth.Register(**person)
        check(first.account.username == "ada", "usernames are case-mapped")
        check(first.account.id == again.account.id, "a retry finds the account of the first call")
        check(first.tokens.session_id != again.tokens.session_id, "a retry opens another session")
        with refused(grpc.StatusCode.ALREADY_EXISTS, "USERNAME_TAKEN"):
            auth.Register(username="ADA", password=self.password)
        step("registered, with a retry")
        return first.account

    def sign_in_with_password(self, account):
        auth = self.client.auth
        for name in ("ada", "nobody"):
            with refused(grpc.StatusCode.UNAUTHENTICATED, "INVALID_CREDENTIALS"):
                auth.Login(username=name, password="not " + self.password)
        answer = auth.Login(username="ADA", password=self.password)
        check(answer.suggest_passkey, "a passkey is suggested to whoever has none")
        with refused(grpc.StatusCode.UNAUTHENTICATED, "ACCESS_TOKEN_MISSING"):
            self.client.account.GetAccount()
        with refused(grpc.StatusCode.UNAUTHENTICATED, "ACCESS_TOKEN_INVALID"):
            self.client.account.GetAccount(bearer="not.a.token")
        mine = self.client.account.GetAccount(bearer=answer.tokens.access_token).account
        check(mine.id == account.id and mine.has_password, "GetAccount shows the account")
        step("signed in with the password")
        return answer

    def add_a_passkey(self, bearer):
        service = self.client.passkey
        started = service.StartRegistration(bearer=bearer)
        options = started.options
        check(options.rp.id == self.relying_party, "the relying party is the server's")
        check(options.attestation == "none", "no attestation is asked for")
        selection = options.authenticator_selection
        check(selection.user_verification == "required", "user verification is required")
        check(selection.resident_key == "preferred", "a discoverable credential is preferred")
        algorithms = [it.alg for it in options.pub_key_cred_params]
        check(algorithms == [-7, -35, -257], f"algorithms: {algorithms}")

        authenticator = Authenticator(self.origin)
        finish = {
            "ceremony_id": started.ceremony_id,
            "credential": authenticator.create(self.web, options),
            "name": "Ada's laptop",
        }
        passkey = service.FinishRegistration(bearer=bearer, **finish).passkey
        check(passkey.credential_id == authenticator.credential_id, "the passkey is ours")
        check(passkey.backup_eligible and passkey.backed_up, "the backup flags are kept")
        with refused(grpc.StatusCode.ABORTED, "CEREMONY_NOT_FOUND"):
            service.FinishRegistration(bearer=bearer, **finish)

        second = service.StartRegistration(bearer=bearer)
        excluded = [it.id for it in second.options.exclude_credentials]
        check(excluded == [authenticator.credential_id], "the passkey is excluded from now on")
        step("added a passkey")
        return passkey, authenticator

    def sign_in_with_the_passkey(self, account, authenticator):
        for target in (self.named("ada"), self.discoverable()):
            started = self.client.passkey.StartAuthentication(**target)
            allowed = [it.id for it in started.options.allow_credentials]
            named = "username" in target
            check(allowed == ([authenticator.credential_id] if named else []), "allowed ids")
            answer = self.finish(started, authenticator)
            check(answer.account.id == account.id, "the passkey signs its owner in")
            check(self.verdict(answer.tokens) == "ACTIVE", "a token for a backend is good")
        with refused(grpc.StatusCode.ABORTED, "CEREMONY_NOT_FOUND"):
            self.finish(started, authenticator)
        step("signed in with the passkey, by name and without")

    def refuse_passkeys(self, authenticator):
        decoys = self.client.passkey.StartAuthentication(**self.named("nobody")).options
        check(decoys.allow_credentials, "a name nobody has is offered plausible credentials")

        started = self.client.passkey.StartAuthentication(**self.discoverable())
        elsewhere = copy.copy(authenticator)
        elsewhere.origin = "https://login.example.net"
        with refused(grpc.StatusCode.UNAUTHENTICATED, "PASSKEY_REFUSED"):
            self.finish(started, elsewhere)

        stranger = Authenticator(self.origin)
        stranger.user_handle = uuid.uuid4().bytes
        started = self.client.passkey.StartAuthentication(**self.discoverable())
        with refused(grpc.StatusCode.UNAUTHENTICATED, "PASSKEY_UNKNOWN"):
            self.finish(started, stranger)
        step("was refused with a foreign origin and a foreign passkey")

    def prove_presence(self, bearer, authenticator):
        answer = self.client.auth.Reauthenticate(bearer=bearer, password=self.password)
        check(answer.access_token != bearer, "proving presence answers with a new token")
        started = self.client.passkey.StartReauthentication(bearer=bearer)
        answer = self.client.passkey.FinishReauthentication(
            bearer=bearer,
            ceremony_id=started.ceremony_id,
            credential=authenticator.get(self.web, started.options),
        )
        check(answer.access_token != bearer, "proving presence answers with a new token")
        step("proved presence with the password and the passkey")

    def manage_passkeys(self, bearer, passkey, authenticator):
        service = self.client.passkey
        renamed = self.nouns.Passkey(id=passkey.id, name="Ada's old laptop")
        service.UpdatePasskey(bearer=bearer, passkey=renamed)
        (listed,) = service.ListPasskeys(bearer=bearer).passkeys
        check(listed.name == "Ada's old laptop", "the new name stays")
        check(listed.HasField("last_used_time"), "the use was noted")
        signals = service.GetPasskeySignals(bearer=bearer)
        ids = list(signals.all_accepted_credential_ids)
        check(ids == [passkey.credential_id], "the signals name the passkey")
        check(signals.name == "ada", "the signals name the person")
        check(signals.user_id == authenticator.user_handle, "the user handle is the one given out")

        service.DeletePasskey(bearer=bearer, passkey_id=passkey.id)
        with refused(grpc.StatusCode.NOT_FOUND, "PASSKEY_NOT_FOUND"):
            service.DeletePasskey(bearer=bearer, passkey_id=passkey.id)
        step("renamed, listed and removed the passkey")

    def manage_sessions(self, tokens):
        service, bearer = self.client.session, tokens.access_token
        others = [self.login().tokens for _ in range(2)]
        check({self.verdict(it) for it in [tokens, *others]} == {"ACTIVE"}, "all are good")
        page = service.ListSessions(bearer=bearer, page_size=2)
        check(len(page.sessions) == 2 and page.next_page_token, "sessions come in pages")
        rest = service.ListSessions(bearer=bearer, page_size=100, page_token=page.next_page_token)
        ids = [it.id for it in page.sessions] + [it.id for it in rest.sessions]
        check(len(ids) == len(set(ids)), "no session is on two pages")
        check({it.session_id for it in others} | {tokens.session_id} <= set(ids), "all are there")

        service.RevokeSession(bearer=bearer, session_id=others[0].session_id)
        check(self.verdict(others[0]) == "REVOKED", "an ended session's token is revoked")
        with refused(grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND"):
            service.RevokeSession(bearer=bearer, session_id=others[0].session_id)
        check(service.RevokeOtherSessions(bearer=bearer).revoked_count >= 1, "others end")
        check(self.verdict(others[1]) == "REVOKED", "every other session has ended")
        check(self.verdict(tokens) == "ACTIVE", "the caller's own session goes on")
        step("listed and ended sessions")

    def refresh_and_log_out(self):
        auth = self.client.auth
        first = self.login().tokens
        second = auth.RefreshTokens(refresh_token=first.refresh_token).tokens
        retry = auth.RefreshTokens(refresh_token=first.refresh_token).tokens
        check(second.refresh_token != first.refresh_token, "a refresh rotates the token")
        check(retry.refresh_token == second.refresh_token, "a retry gets the identical successor")
        check(second.session_id == first.session_id, "a refresh keeps the session")
        check(self.verdict(second) == "ACTIVE", "a token is issued after a refresh")
        with refused(grpc.StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID"):
            auth.RefreshTokens(refresh_token="clv_rt_" + "A" * 91)

        auth.Logout(refresh_token=second.refresh_token)
        auth.Logout(refresh_token=second.refresh_token)
        check(self.verdict(second) == "REVOKED", "logout ends the backend's token, too")
        with refused(grpc.StatusCode.UNAUTHENTICATED, "SESSION_ENDED"):
            auth.IssueAccessToken(bearer=second.access_token, audience=BACKEND)
        with refused(grpc.StatusCode.UNAUTHENTICATED, "SESSION_ENDED"):
            auth.RefreshTokens(refresh_token=second.refresh_token)
        with refused(grpc.StatusCode.UNAUTHENTICATED, "SESSION_ENDED"):
            self.client.account.GetAccount(bearer=second.access_token)
        step("refreshed with a retry, and logged out")

    def check_audiences(self):
        own = self.login().tokens.access_token
        issued = self.issue(own)
        check(self.judge(own) == "WRONG_AUDIENCE", "the account API's token is no backend's")
        check(self.judge("garbage") == "MALFORMED", "garbage is malformed")
        with refused(grpc.StatusCode.UNAUTHENTICATED, "ACCESS_TOKEN_INVALID"):
            self.client.account.GetAccount(bearer=issued)
        with refused(grpc.StatusCode.UNAUTHENTICATED, "ACCESS_TOKEN_INVALID"):
            self.client.auth.IssueAccessToken(bearer=issued, audience=BACKEND)
        for audience in ("", "elsewhere", self.issuer):
            with refused(grpc.StatusCode.INVALID_ARGUMENT, "FIELDS_INVALID"):
                self.client.auth.IssueAccessToken(bearer=own, audience=audience)
            with refused(grpc.StatusCode.INVALID_ARGUMENT, "FIELDS_INVALID"):
                self.client.token.ValidateToken(access_token=issued, required_audience=audience)
        step("found each token to be good at one place only")

    def check_tokens_locally(self):
        head, claims, signature = self.issue(self.login().tokens.access_token).split(".")
        header = json.loads(decode(head))
        check((header["typ"], header["alg"]) == ("at+jwt", "ES256"), f"header: {header}")
        keys = {it.key_id: it for it in self.client.token.GetSigningKeys().keys}
        key = serialization.load_der_public_key(keys[header["kid"]].public_key_der)
        raw = decode(signature)
        halves = [int.from_bytes(raw[at : at + 32], "big") for at in (0, 32)]
        signed = f"{head}.{claims}".encode()
        key.verify(utils.encode_dss_signature(*halves), signed, ec.ECDSA(hashes.SHA256()))
        claims = json.loads(decode(claims))
        check(claims["iss"] == self.issuer, "the issuer is the server's")
        check((claims["aud"], claims["client_id"]) == (BACKEND, "claviger"), f"claims: {claims}")
        step("verified an access token with the published keys")

    def leave(self):
        tokens = self.login().tokens
        check(self.verdict(tokens) == "ACTIVE", "the tokens before the change are good")
        new_password = self.password + " again"
        changed = self.client.account.ChangePassword(
            bearer=tokens.access_token,
            current_password=self.password,
            new_password=new_password,
        ).tokens
        check(self.verdict(tokens) == "REVOKED", "the tokens before the change are revoked")
        check(self.verdict(changed) == "ACTIVE", "the new ones are good")
        with refused(grpc.StatusCode.UNAUTHENTICATED, "INVALID_CREDENTIALS"):
            self.login()
        self.client.account.DeleteAccount(bearer=changed.access_token)
        check(self.verdict(changed) == "REVOKED", "a deleted account's tokens are revoked")
        with refused(grpc.StatusCode.UNAUTHENTICATED, "INVALID_CREDENTIALS"):
            self.client.auth.Login(username="ada", password=new_password)
        step("changed the password and left")

    @staticmethod
    def named(username):
        return {"username": username}

    def discoverable(self):
        return {"discoverable": self.passkeys.DiscoverableTarget()}

    def finish(self, started, authenticator):
        return self.client.passkey.FinishAuthentication(
            ceremony_id=started.ceremony_id,
            credential=authenticator.get(self.web, started.options),
        )

    def login(self):
        return self.client.auth.Login(username="ada", password=self.password)

    def issue(self, bearer):
        answer = self.client.auth.IssueAccessToken(bearer=bearer, audience=BACKEND)
        return answer.access_token

    def verdict(self, tokens):
        """The verdict on a token for the backend, which is issued when it is first asked for."""
        own = tokens.access_token
        if own not in self.issued:
            self.issued[own] = self.issue(own)
        return self.judge(self.issued[own])

    def judge(self, token):
        answer = self.client.token.ValidateToken(access_token=token, required_audience=BACKEND)
        return self.tokens.TokenVerdict.Name(answer.verdict).removeprefix("TOKEN_VERDICT_")


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


if __name__ == "__main__":
    main()

"""A gRPC server whose interceptor has Claviger validate access tokens. See ../README.md."""

import asyncio
import contextvars
import os
import pathlib
import sys

import grpc

sys.path += [str(it / "proto") for it in pathlib.Path(__file__).resolve().parents[1:3]]
greeter, greeter_services = grpc.protos_and_services("greeter/v1/greeter.proto")
claviger, claviger_services = grpc.protos_and_services("claviger/v1/token_service.proto")
SUBJECT = contextvars.ContextVar("subject")  # The account's id, during a call.


# Requires a valid access token.
class SignedIn(grpc.aio.ServerInterceptor):
    def __init__(self, tokens, audience, key):
        self.tokens, self.audience = tokens, audience
        self.metadata = [("authorization", f"Bearer {key}")] if key else []

    # Asks Claviger about a token for this server.
    def validate(self, token, **options):
        question = claviger.ValidateTokenRequest(access_token=token, required_audience=self.audience)
        return self.tokens.ValidateToken(question, metadata=self.metadata, **options)

    async def intercept_service(self, continuation, call):
        scheme, _, token = dict(call.invocation_metadata).get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return refusal(grpc.StatusCode.UNAUTHENTICATED, "sign in first")
        try:
            answer = await self.validate(token, timeout=2)
        except grpc.RpcError:  # The token may be valid: on UNAUTHENTICATED it would be discarded.
            return refusal(grpc.StatusCode.UNAVAILABLE, "tokens cannot be validated at the moment")
        if answer.verdict != claviger.TOKEN_VERDICT_ACTIVE:
            return refusal(grpc.StatusCode.UNAUTHENTICATED, "sign in again")
        SUBJECT.set(answer.claims.subject)
        return await continuation(call)


def refusal(code, message):
    async def refuse(_requests, context):
        await context.abort(code, message)

    return grpc.stream_stream_rpc_method_handler(refuse)  # Fits every kind of method.


class Greeter(greeter_services.GreeterServicer):
    async def Greet(self, request, context):
        return greeter.GreetResponse(subject=SUBJECT.get())


async def serve(env):
    tokens = claviger_services.TokenServiceStub(grpc.aio.insecure_channel(env["CLAVIGER"]))
    signed_in = SignedIn(tokens, env.get("AUDIENCE", ""), env.get("SERVICE_KEY"))
    try:  # Waits for Claviger. No token is needed to learn whether it knows the audience.
        await signed_in.validate("", wait_for_ready=True)
    except grpc.RpcError as error:
        question = "Is it one of its tokens.audiences, and the SERVICE_KEY's own?"
        sys.exit(f"Claviger refuses the AUDIENCE {signed_in.audience!r}. {question} {error.details()}")
    server = grpc.aio.server(interceptors=[signed_in])
    greeter_services.add_GreeterServicer_to_server(Greeter(), server)
    server.add_insecure_port(env["LISTEN"])
    await server.start()
    await server.wait_for_termination()


asyncio.run(serve(os.environ))

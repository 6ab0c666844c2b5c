import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  PublicKeyCredentialCreationOptionsSchema,
  PublicKeyCredentialRequestOptionsSchema,
} from "../gen/claviger/v1/webauthn_pb.js";
import { creationOptions, requestOptions, timeoutMs } from "./passkey-options.js";

describe("creationOptions", () => {
  it("are exactly the dictionary that browsers expect", () => {
    const options = creationOptions(
      create(PublicKeyCredentialCreationOptionsSchema, {
        rp: { id: "example.com", name: "Example" },
        user: { id: new Uint8Array([1]), name: "anna", displayName: "Anna" },
        challenge: new Uint8Array([2]),
        pubKeyCredParams: [{ type: "public-key", alg: -7 }],
        timeout: { seconds: 300n },
        excludeCredentials: [
          { type: "public-key", id: new Uint8Array([3]), transports: ["internal"] },
        ],
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        attestation: "none",
        extensions: { credProps: true },
      }),
    );

    expect(options).toStrictEqual({
      rp: { id: "example.com", name: "Example" },
      user: { id: new Uint8Array([1]), name: "anna", displayName: "Anna" },
      challenge: new Uint8Array([2]),
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      timeout: 300_000,
      excludeCredentials: [
        { type: "public-key", id: new Uint8Array([3]), transports: ["internal"] },
      ],
      authenticatorSelection: {
        residentKey: "preferred",
        requireResidentKey: false,
        userVerification: "required",
      },
      hints: [],
      attestation: "none",
      extensions: { credProps: true },
    });
  });
});

describe("requestOptions", () => {
  it("contain no bytes that are part of a larger buffer", () => {
    const answer = new Uint8Array([0, 0, 5, 6, 0]);
    const message = create(PublicKeyCredentialRequestOptionsSchema, {
      challenge: answer.subarray(2, 4),
      rpId: "example.com",
    });

    const { challenge } = requestOptions(message);

    expect(challenge).toStrictEqual(new Uint8Array([5, 6]));
    expect((challenge as Uint8Array).buffer.byteLength).toBe(2);
  });
});

describe("timeoutMs", () => {
  it("is five minutes unless the server sets another", () => {
    expect(timeoutMs(create(PublicKeyCredentialRequestOptionsSchema))).toBe(300_000);
  });
});

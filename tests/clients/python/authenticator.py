"""A software authenticator for ES256, in as few lines as WebAuthn allows.

It answers like a browser would: with the bytes that navigator.credentials gives.
"""

import base64
import hashlib
import json
import os
import struct

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

USER_PRESENT = 0x01
USER_VERIFIED = 0x04
BACKUP_ELIGIBLE = 0x08
BACKED_UP = 0x10
ATTESTED = 0x40


class Authenticator:
    """Holds one synchronised passkey, whose counter stays zero as with all of them."""

    FLAGS = USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE | BACKED_UP

    def __init__(self, origin):
        self.origin = origin
        self.credential_id = os.urandom(32)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.user_handle = b""

    def create(self, pb, options):
        """What navigator.credentials.create() answers to these options."""
        self.user_handle = options.user.id
        attested = (
            bytes(16)  # AAGUID: does not say what it is
            + struct.pack(">H", len(self.credential_id))
            + self.credential_id
            + self._cose_key()
        )
        attestation = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._data(options.rp.id, self.FLAGS | ATTESTED) + attested,
        }
        return pb.RegistrationCredential(
            raw_id=self.credential_id,
            client_data_json=self._client_data("webauthn.create", options.challenge),
            attestation_object=cbor2.dumps(attestation, canonical=True),
            transports=["internal", "hybrid"],
            authenticator_attachment="platform",
            client_extension_results=pb.RegistrationExtensionResults(
                cred_props=pb.CredentialPropertiesOutput(rk=True)
            ),
        )

    def get(self, pb, options):
        """What navigator.credentials.get() answers to these options."""
        client_data = self._client_data("webauthn.get", options.challenge)
        data = self._data(options.rp_id, self.FLAGS)
        signed = data + hashlib.sha256(client_data).digest()
        return pb.AuthenticationCredential(
            raw_id=self.credential_id,
            client_data_json=client_data,
            authenticator_data=data,
            signature=self.key.sign(signed, ec.ECDSA(hashes.SHA256())),
            user_handle=self.user_handle,
            authenticator_attachment="platform",
        )

    def _client_data(self, kind, challenge):
        encoded = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        members = {
            "type": kind,
            "challenge": encoded,
            "origin": self.origin,
            "crossOrigin": False,
        }
        return json.dumps(members, separators=(",", ":")).encode()

    @staticmethod
    def _data(rp_id, flags):
        counter = 0
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, counter)

    def _cose_key(self):
        numbers = self.key.public_key().public_numbers()
        key = {
            1: 2,  # kty: EC2
            3: -7,  # alg: ES256
            -1: 1,  # crv: P-256
            -2: numbers.x.to_bytes(32, "big"),
            -3: numbers.y.to_bytes(32, "big"),
        }
        return cbor2.dumps(key, canonical=True)

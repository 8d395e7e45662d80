"""JSON Web Tokens: signing with a key of our own, and taking apart what others signed."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from azure_connector.emulator.values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_BITS = 2048


class MalformedTokenError(ValueError):
    """Not a JSON Web Token."""


class Signer:
    """An RSA key that signs tokens with RS256.

    Args:
        private_key: a fresh one is made when none is given.
    """

    def __init__(self, private_key: rsa.RSAPrivateKey | None = None) -> None:
        self.private_key = private_key or rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        self.public_key = self.private_key.public_key()
        der = self.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.key_id = _base64url(hashlib.sha256(der).digest()[:20])

    def sign(self, claims: Mapping[str, Any]) -> str:
        header = {"kid": self.key_id, "x5t": self.key_id}
        return jwt.encode(dict(claims), self.private_key, algorithm="RS256", headers=header)

    def key_set(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set."""
        numbers = self.public_key.public_numbers()
        key = {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.key_id,
            "n": _base64url(numbers.n.to_bytes(KEY_BITS // 8, "big")),
            "e": _base64url(numbers.e.to_bytes(3, "big")),
        }
        return {"keys": [key]}


@functools.cache
def process_signer() -> Signer:
    """One key for all emulated tenants of this process: making an RSA key takes up to half a second."""
    return Signer()


@dataclass(frozen=True, slots=True)
class ParsedToken:
    """A token taken apart; nothing in it is to be believed before `signed_by`."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes

    def signed_by(self, key: rsa.RSAPublicKey, algorithms: tuple[str, ...] = ("RS256",)) -> bool:
        name = self.header.get("alg")
        if not isinstance(name, str) or name not in algorithms:
            return False
        algorithm: Any = jwt.get_algorithm_by_name(name)
        return bool(algorithm.verify(self.signing_input, key, self.signature))

    def number(self, claim: str, default: float) -> float:
        value = self.claims.get(claim, default)
        return float(value) if isinstance(value, int | float) else default


def parse_token(text: str) -> ParsedToken:
    """Take a token apart. azure-identity's async certificate assertions keep the base64 padding, which is accepted.

    Raises: MalformedTokenError.
    """
    parts = text.strip().split(".")
    if len(parts) != 3:
        raise MalformedTokenError("a token has three parts")
    try:
        header, claims = (json.loads(_from_base64url(part)) for part in parts[:2])
        signature = _from_base64url(parts[2])
    except (ValueError, RecursionError) as error:
        raise MalformedTokenError(str(error)) from error
    if not is_object(header) or not is_object(claims):
        raise MalformedTokenError("header and claims must be objects")
    return ParsedToken(header, claims, f"{parts[0]}.{parts[1]}".encode(), signature)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)

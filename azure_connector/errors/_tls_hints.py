"""What to do about a certificate that is not trusted; the same words for calls, token calls and `doctor`."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["certificate_hint", "company_authority"]

# Where other tools are told of a company's authority, and where systems keep it.
_TOLD = ("CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "AWS_CA_BUNDLE")
_STORES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def company_authority() -> str:
    """What to do about an authority that is not trusted here; it looks where other tools have it."""
    told = next((name for name in _TOLD if Path(os.environ.get(name) or "/").is_file()), None)
    store = next((path for path in _STORES if Path(path).is_file()), None)
    if told is not None:
        how = f'{told} names one for other tools: `export AZURE_CONNECTOR_CA_BUNDLE="${told}"` (ca_bundle) uses it.'
    elif store is not None:
        how = (
            f"the system's own store mostly has its authority: `export AZURE_CONNECTOR_CA_BUNDLE={store}` uses that "
            "(ca_bundle); or name the PEM file that your company gives out."
        )
    else:
        how = "name the PEM file that it gives out in ca_bundle (AZURE_CONNECTOR_CA_BUNDLE)."
    return f"If your company inspects TLS, {how} If it does not, somebody listens in: do not go on."


# OpenSSL's words, in any of the libraries' messages.
_FAILED = "certificate verify failed"
_OTHER_NAME = ("hostname mismatch", "ip address mismatch", "doesn't match")
_OUT_OF_DATE = ("certificate has expired", "not yet valid")


def certificate_hint(message: str, where: str) -> str:
    """The advice for a failed handshake; empty where no certificate was refused.

    Args:
        message: what the library said.
        where: the address that was called.
    """
    said = message.lower()
    if _FAILED not in said and "certificate_verify_failed" not in said:
        return ""
    if any(words in said for words in _OTHER_NAME):
        return f"The certificate is not for the name in {where}: check the endpoint's host (AZURE_OPENAI_ENDPOINT)."
    if any(words in said for words in _OUT_OF_DATE):
        return f"The certificate of {where} is out of its dates: check this machine's clock first, then the host."
    return f"The certificate of {where} is signed by an authority that is not trusted here. {company_authority()}"

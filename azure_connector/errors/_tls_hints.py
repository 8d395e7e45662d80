"""What to do about a certificate that is not trusted; the same words for calls, token calls and `doctor`."""

from __future__ import annotations

__all__ = ["COMPANY_AUTHORITY", "certificate_hint"]

COMPANY_AUTHORITY = (
    "If your company inspects TLS, save its certificate authority as a PEM file and set ca_bundle: export "
    "AZURE_CONNECTOR_CA_BUNDLE=/path/company-ca.pem. If it does not, somebody listens in: do not go on."
)

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
    return f"The certificate of {where} is signed by an authority that is not trusted here. {COMPANY_AUTHORITY}"

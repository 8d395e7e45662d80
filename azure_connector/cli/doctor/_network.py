"""Name, connection, proxy and TLS of a host, one by one."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from threading import Thread
from typing import Any

from ...errors import ENDPOINTS, around, company_authority, placeholder_hint, proxy_remedy, scheme_hint
from ...settings import AUTHORITY_HOSTS
from ._finding import Cause, Finding
from ._proxy import Way

__all__ = ["check_network", "look_up"]

_SECONDS = 8.0
# Names that some network may well hide; all of them only where there is none at all.
_REFERENCES = (AUTHORITY_HOSTS["public"].removeprefix("https://"), "management.azure.com", "example.com")
# OpenSSL's numbers for a chain that ends at an authority that is not trusted here.
_UNTRUSTED = frozenset({18, 19, 20, 21})
_EXPIRED, _NOT_YET, _OTHER_HOST = 10, 9, 62


def check_network(way: Way, context: ssl.SSLContext, resource: str) -> Iterator[Finding]:
    """Looks at each step of the way; ends at the first that fails.

    Args:
        way: how the host is reached.
        context: the TLS context that calls use.
        resource: the resource's name, for the findings.
    """
    name = check_name(way, resource)
    yield name
    if name.status == "failed":
        return
    began = time.perf_counter()
    try:
        connection = socket.create_connection(way.first_hop, timeout=_SECONDS)
    except OSError as error:
        yield _no_connection(way, error, resource)
        return
    with closing(connection):
        seconds = time.perf_counter() - began
        where = f"the proxy {way.proxy_name}" if way.proxy else f"{way.host}:{way.port}"
        yield Finding("TCP", "ok", f"{where} accepts connections", resource=resource, seconds=seconds)
        if way.proxy is not None:
            tunnel = _tunnel(way, connection, resource)
            yield tunnel
            if tunnel.status == "failed":
                return
        else:
            yield Finding("proxy", "ok", f"none on the way to {way.host}", resource=resource)
        if way.tls:
            yield _check_tls(way, context, connection, resource)
        else:
            yield Finding("TLS", "skipped", "none: the endpoint is plain http", resource=resource)


def look_up(host: str) -> tuple[str, ...]:
    """A host's addresses.

    Raises:
        OSError: it has none, or there was no answer in time.
    """
    found: list[Any] = []

    def ask() -> None:
        try:
            found.append(tuple(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, None))))
        except (OSError, UnicodeError) as error:
            found.append(error)

    # The system's resolver takes no timeout; a thread that is left behind does no harm.
    worker = Thread(target=ask, name="azure-connector-doctor-dns", daemon=True)
    worker.start()
    worker.join(_SECONDS)
    if not found:
        raise TimeoutError(f"no answer within {_SECONDS:g} s")
    if isinstance(found[0], UnicodeError):
        raise OSError(str(found[0]))
    if isinstance(found[0], OSError):
        raise found[0]
    return found[0]


def check_name(way: Way, resource: str) -> Finding:
    """Whether the first hop's name leads to an address."""
    host = way.first_hop[0]
    began = time.perf_counter()
    try:
        addresses = look_up(host)
    except OSError as error:
        return _no_name(way, host, error, resource)
    if addresses == (host,):
        return Finding("DNS", "ok", f"{host} is an address: nothing to look up", resource=resource)
    private = any(ipaddress.ip_address(one.partition("%")[0]).is_private for one in addresses)
    note = " (private: a private endpoint, or this machine)" if private else ""
    detail = f"{host} is {', '.join(addresses[:3])}{note}"
    facts = {"addresses": list(addresses), "private": private}
    return Finding("DNS", "ok", detail, resource=resource, seconds=time.perf_counter() - began, facts=facts)


def _no_name(way: Way, host: str, error: OSError, resource: str) -> Finding:
    detail = f"{host} has no address: {error.strerror or error}"
    if way.proxy is not None:
        return Finding("DNS", "failed", detail, "proxy", _proxy_remedy(way), resource, host)
    cause: Cause = "unknown-host"
    remedy = (placeholder := placeholder_hint(f"https://{host}")) or (
        "Check the endpoint's spelling (AZURE_OPENAI_ENDPOINT); the portal shows it under Keys and Endpoint, or: "
        f"{ENDPOINTS}. Behind a private endpoint, use the network's own DNS."
    )
    if not placeholder and not _any_name():
        cause = "no-network"
        detail += f"; nor has {' or '.join(_REFERENCES)}"
        remedy = (
            "Connect this machine to a network, or set the proxy that it must use (AZURE_CONNECTOR_PROXY, HTTPS_PROXY)."
        )
    return Finding("DNS", "failed", detail, cause, remedy, resource, host)


def _any_name() -> bool:
    """Whether this machine resolves any of the well-known names."""
    for name in _REFERENCES:
        try:
            return bool(look_up(name))
        except OSError:
            continue
    return False


def _no_connection(way: Way, error: OSError, resource: str) -> Finding:
    where = ":".join(map(str, way.first_hop))
    detail = f"{where}: {error.strerror or error}"
    if way.proxy is not None:
        return Finding("TCP", "failed", detail, "proxy", _proxy_remedy(way), resource, where)
    remedy = (
        "The host has an address but takes no connection: check the port in the endpoint (AZURE_OPENAI_ENDPOINT), the "
        "firewall, and whether this network must use a proxy (AZURE_CONNECTOR_PROXY, HTTPS_PROXY)."
    )
    return Finding("TCP", "failed", detail, "unreachable", remedy, resource, where)


def _tunnel(way: Way, connection: socket.socket, resource: str) -> Finding:
    """Asks the proxy for a way through, as the HTTP library would; plain http goes through it without asking."""
    if not way.tls:
        detail = f"plain http goes through the proxy {way.proxy_name} ({way.proxy_origin})"
        return Finding("proxy", "ok", detail, resource=resource)
    lines = [f"CONNECT {way.host}:{way.port} HTTP/1.1", f"Host: {way.host}:{way.port}"]
    if (authorization := way.proxy_authorization()) is not None:
        lines.append(f"Proxy-Authorization: {authorization}")
    try:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        reply = http.client.HTTPResponse(connection, method="CONNECT")
        reply.begin()
    except (OSError, http.client.HTTPException) as error:
        detail = f"the proxy {way.proxy_name} gave no answer: {error or type(error).__name__}"
        return Finding("proxy", "failed", detail, "proxy", _proxy_remedy(way), resource, way.proxy_name)
    facts = {"proxy": way.proxy_name, "status": reply.status}
    if reply.status == 200:
        detail = f"the proxy {way.proxy_name} ({way.proxy_origin}) lets the connection through"
        return Finding("proxy", "ok", detail, resource=resource, facts=facts)
    detail = f"the proxy {way.proxy_name} ({way.proxy_origin}) answers {reply.status} {reply.reason}"
    offers = ", ".join(one.partition(" ")[0] for one in reply.headers.get_all("Proxy-Authenticate", []))
    remedy = _proxy_remedy(way, reply.status, offers)
    return Finding("proxy", "failed", detail, "proxy", remedy, resource, way.proxy_name, facts=facts)


def _proxy_remedy(way: Way, status: int = 0, offers: str = "") -> str:
    where = f"{'https' if way.tls else 'http'}://{way.host}"
    go_around = around(way.proxy_origin, where, way.without_proxy)
    return proxy_remedy(where, way.proxy_name, way.proxy_origin, go_around, status, offers)


def _check_tls(way: Way, context: ssl.SSLContext, connection: socket.socket, resource: str) -> Finding:
    began = time.perf_counter()
    try:
        with context.wrap_socket(connection, server_hostname=way.host) as secured:
            facts = _facts(secured.getpeercert() or {}, secured.version())
    except ssl.SSLCertVerificationError as error:
        return _untrusted(way, error, resource)
    except (OSError, ssl.SSLError) as error:
        detail = f"no TLS connection: {getattr(error, 'reason', None) or error}"
        remedy = scheme_hint(str(error), f"https://{way.host}:{way.port}") or (
            "Something on the way breaks TLS off: a firewall, a proxy, or a port that speaks plain http (check the "
            "endpoint's scheme and port)."
        )
        return Finding("TLS", "failed", detail, "certificate", remedy, resource, way.host)
    seconds = time.perf_counter() - began
    detail = f"{facts['version']}, certificate by {facts['issuer'] or 'an unnamed authority'}"
    return Finding("TLS", "ok", detail, resource=resource, seconds=seconds, facts=facts)


def _untrusted(way: Way, error: ssl.SSLCertVerificationError, resource: str) -> Finding:
    facts = {"verify_code": error.verify_code, "issuer": "" if way.proxy else _issuer_of(way)}
    signed = f" by {facts['issuer']}" if facts["issuer"] else ""
    detail = f"the certificate of {way.host}, signed{signed}, is refused: {error.verify_message}"
    if error.verify_code in _UNTRUSTED:
        return Finding(
            "TLS", "failed", detail, "tls-interception", company_authority(), resource, way.host, facts=facts
        )
    remedy = "The certificate is not for this name: check the endpoint's host (AZURE_OPENAI_ENDPOINT)."
    if error.verify_code in (_EXPIRED, _NOT_YET):
        remedy = "The certificate is out of its dates: check this machine's clock first, then the host."
    return Finding("TLS", "failed", detail, "certificate", remedy, resource, way.host, facts=facts)


def _issuer_of(way: Way) -> str:
    """Who signed the certificate that is refused, read over a second connection that nothing is sent on."""
    from cryptography import x509

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(way.first_hop, timeout=_SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=way.host) as secured,
        ):
            certificate = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError):
        return ""
    return certificate.issuer.rfc4514_string()


def _facts(certificate: dict[str, Any], version: str | None) -> dict[str, Any]:
    names = {key: value for part in certificate.get("issuer", ()) for key, value in part}
    issuer = names.get("commonName") or names.get("organizationName") or ""
    return {"version": version, "issuer": issuer, "expires": certificate.get("notAfter")}

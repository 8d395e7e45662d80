"""What the other rooms need of the settings, in their own words."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import ConfigurationError
from ..routing import RetryPolicy
from ..settings import ConnectorSettings, leave_out, parse_endpoint
from ..transport import TransportOptions, checked_proxy, tls_context

__all__ = ["agreed_retries", "checked_websocket", "retry_policy", "transport_options"]


def retry_policy(settings: ConnectorSettings) -> RetryPolicy:
    """The limits of routing that the settings ask for."""
    return RetryPolicy(
        max_attempts=settings.max_attempts,
        max_wait=settings.max_retry_wait,
        deadline=settings.deadline,
        cooldown=settings.cooldown,
        probe_interval=settings.probe_interval,
        failures_before_cooldown=settings.failures_before_cooldown,
        patient=any(settings.origins[name] != "default" for name in ("max_attempts", "deadline")),
        repeat_unsafe=settings.repeat_unsafe,
    )


def transport_options(settings: ConnectorSettings) -> TransportOptions:
    """How the settings want connections to be made.

    Raises:
        ConfigurationError: the proxy or a file of certificates could not be used.
    """
    proxy = settings.proxy.get_secret_value() if settings.proxy is not None else None
    if proxy is not None:
        proxy = checked_proxy(proxy, f"proxy ({settings.origins['proxy']})")
    files = settings.ca_bundle, settings.tls_client_certificate, settings.tls_client_key
    if any(files):
        _check_files(settings, *files)
    return TransportOptions(*files, proxy)


def _check_files(settings: ConnectorSettings, *files: str | None) -> None:
    """Refuses files of certificates that cannot be read, and says where to take them away.

    Raises:
        ConfigurationError: one is missing, or no PEM.
    """
    try:
        tls_context(*files)
    except ConfigurationError as error:
        problem = error
    else:
        return
    given = dict(zip(("ca_bundle", "tls_client_certificate", "tls_client_key"), files, strict=True))
    named = {name: path for name, path in given.items() if path}
    missing = [name for name, path in named.items() if not Path(path).exists()]
    ways = dict.fromkeys(leave_out(name, settings.origins[name], os.environ) for name in missing or named)
    text = str(problem).removesuffix(problem.hint).strip()
    raise ConfigurationError(text, hint=f"{problem.hint} Where none is needed: {' and '.join(ways)}.")


def agreed_retries(max_attempts: object, max_retries: int | None) -> int | None:
    """The retries that a caller asks for, who may name the same number by two names.

    Args:
        max_attempts: requests in all, or None.
        max_retries: requests after the first one, as the SDK counts, or None.

    Returns:
        `max_retries`; None leaves it to `max_attempts`.

    Raises:
        ConfigurationError: the two contradict each other.
    """
    if isinstance(max_attempts, int) and max_retries is not None and max_attempts != max_retries + 1:
        raise ConfigurationError(
            f"max_attempts={max_attempts} and max_retries={max_retries} contradict each other.",
            hint=f"max_attempts counts the first request too. Give one of them, or max_retries={max_attempts - 1}.",
        )
    return max_retries


def checked_websocket(settings: ConnectorSettings, address: str) -> str:
    """An address for WebSockets, which carry the default resource's credential.

    Raises:
        ConfigurationError: it is no address, would go unencrypted, or is neither the resource's nor a trusted host.
    """
    scheme, separator, rest = address.partition("://")
    plain = {"ws": "http", "wss": "https"}.get(scheme.lower(), scheme.lower())
    if not separator or plain not in ("http", "https"):
        raise ConfigurationError(
            f"websocket_base_url must begin with wss://, not {scheme if separator else address[:20]!r}.",
            hint="Such as wss://RESOURCE.openai.azure.com/openai/v1; leave it out for the resource's own.",
        )
    base = f"{plain}://{rest}"
    parse_endpoint(
        base, form="as-is", allow_insecure_hosts=settings.allow_insecure_hosts
    )  # the same rules as for any address
    if not settings.trusts(base):
        raise ConfigurationError(
            f"websocket_base_url is on another host than {settings.require_endpoint().base}, so the credential is not "
            "sent there.",
            hint="Add its host to trusted_hosts, or make a client of its own with azure_endpoint.",
        )
    return f"{'wss' if plain == 'https' else 'ws'}://{rest}"

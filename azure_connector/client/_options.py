"""What the other rooms need of the settings, in their own words."""

from __future__ import annotations

from ..routing import RetryPolicy
from ..settings import ConnectorSettings
from ..transport import TransportOptions

__all__ = ["retry_policy", "transport_options"]


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
    """How the settings want connections to be made."""
    proxy = settings.proxy.get_secret_value() if settings.proxy is not None else None
    return TransportOptions(settings.ca_bundle, settings.tls_client_certificate, settings.tls_client_key, proxy)

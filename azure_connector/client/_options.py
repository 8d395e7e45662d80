"""What the other rooms need of the settings, in their own words."""

from __future__ import annotations

from ..errors import ConfigurationError
from ..routing import RetryPolicy
from ..settings import ConnectorSettings
from ..transport import TransportOptions

__all__ = ["agreed_retries", "retry_policy", "transport_options"]


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

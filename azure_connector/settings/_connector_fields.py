"""The settings of a connector beyond those of one resource."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import ConfigDict, Field, SecretStr, field_serializer, field_validator

from ._resource_fields import ResourceSettings, as_path
from ._secret_values import MASK, Headers, check_headers
from ._setting import Setting

__all__ = ["ConnectorFields"]

_RESOURCE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class ConnectorFields(ResourceSettings):
    """Every setting with its check. `ConnectorSettings` reads them."""

    # Nobody makes one of these, so that its validator need not be built; that of `ConnectorSettings` is.
    model_config = ConfigDict(defer_build=True)

    deployment_mapping: Annotated[
        dict[str, Any],
        Setting(
            variables=("AZURE_OPENAI_DEPLOYMENT_MAPPING",),
            as_json=True,
            meant=("mapping", "deployments", "models", "model_mapping", "deployment_map", "fallbacks"),
            typed="Deployments | None",
        ),
    ] = Field(
        default_factory=dict,
        description="Model -> deployment: a name, `name@resource`, a table {deployment, model, api, resource, weight}, "
        "or a list of these in order of preference, in which a nested list is one rank.",
    )
    default_deployment: Annotated[
        str | None,
        Setting(
            variables=(
                "AZURE_OPENAI_DEFAULT_DEPLOYMENT",
                "AZURE_OPENAI_DEPLOYMENT",
                "AZURE_OPENAI_CHAT_DEPLOYMENT_NAME",
            ),
            aliases=("azure_deployment", "deployment_name"),
            meant=("deployment", "deployment_id", "engine", "chat_deployment", "chat_deployment_name"),
            shared=frozenset({"AZURE_OPENAI_DEPLOYMENT", "AZURE_OPENAI_CHAT_DEPLOYMENT_NAME"}),
        ),
    ] = Field(None, description="Serves chat and Responses calls for models that the mapping does not know.")
    embedding_deployment: Annotated[
        str | None,
        Setting(
            variables=("AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME",),
            meant=("embedding_deployment_name", "embeddings_deployment", "embedding_model"),
        ),
    ] = Field(None, description="Serves embeddings for models that the mapping does not know.")
    default_model: Annotated[
        str,
        Setting(
            variables=("AZURE_OPENAI_DEFAULT_MODEL", "AZURE_OPENAI_MODEL"),
            meant=("model", "model_name", "model_id", "ai_model_id", "chat_model"),
        ),
    ] = Field("gpt-5", description="The model where a door or tool may omit it.")
    discover: Annotated[bool, Setting(meant=("discovery", "auto_discover"))] = Field(
        False, description="Find the deployments of the resources by their own listings."
    )
    discovery_interval: float = Field(
        300.0, gt=0, allow_inf_nan=False, description="Seconds after which a listing of deployments is old."
    )
    profiles: Annotated[dict[str, dict[str, Any]], Setting(as_json=True, typed="Tables | None")] = Field(
        default_factory=dict, description="Base model -> what it accepts, over the built-in rules."
    )
    resources: Annotated[dict[str, ResourceSettings], Setting(variables=(), typed="Tables | None")] = Field(
        default_factory=dict, description="Further resources by name, each with its own endpoint and credential."
    )

    max_tokens: Annotated[
        int | None,
        Setting(
            variables=("AZURE_OPENAI_MAX_OUTPUT_TOKENS", "AZURE_OPENAI_MAX_TOKENS"),
            meant=("max_completion_tokens", "max_output_tokens"),
        ),
    ] = Field(None, ge=1, description="The limit of output tokens; sent only when set.")
    temperature: Annotated[float | None, Setting(variables=("AZURE_OPENAI_TEMPERATURE",))] = Field(
        None, ge=0, le=2, description="The sampling temperature; sent only when set."
    )
    strict: bool = Field(False, description="Raise where a parameter would otherwise be dropped with a warning.")
    drop_state: bool = Field(
        False, description="Drop state that is bound to another resource instead of pinning the call to it."
    )
    repair_tool_arguments: bool = Field(True, description="Repair malformed (never truncated) tool arguments.")
    default_headers: Annotated[
        Headers,
        Setting(as_json=True, meant=("headers", "extra_headers", "custom_headers"), typed="Mapping[str, str] | None"),
    ] = Field(default_factory=Headers, description="Headers for every request; kept secret.")

    timeout: Annotated[float, Setting(meant=("request_timeout",))] = Field(
        600.0, gt=0, allow_inf_nan=False, description="Seconds for one attempt."
    )
    deadline: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Seconds for the whole call, all attempts and waits together."
    )
    max_attempts: Annotated[int, Setting(meant=("attempts", "max_tries", "retries", "num_retries", "max_retries"))] = (
        Field(6, ge=1, description="Requests sent for one call, over all deployments.")
    )
    max_retry_wait: Annotated[float, Setting(meant=("max_backoff", "max_wait", "retry_delay"))] = Field(
        60.0, ge=0, allow_inf_nan=False, description="The longest single wait in seconds; longer ones end the call."
    )
    cooldown: float = Field(
        5.0, ge=0, allow_inf_nan=False, description="Seconds for which a failing deployment is left alone."
    )
    probe_interval: float = Field(
        10.0, ge=0, allow_inf_nan=False, description="Seconds between the calls that probe a failed deployment."
    )
    failures_before_cooldown: int = Field(3, ge=1, description="Failures in a row before a deployment is left alone.")
    repeat_unsafe: bool = Field(
        False, description="Also repeat requests that may have been executed (stored responses, files, batches)."
    )
    redis_url: Annotated[SecretStr | None, Setting(secret=True, found="no")] = Field(
        None, description="Shares cooldowns and limits among processes (extra redis)."
    )

    trusted_hosts: Annotated[
        tuple[str, ...], Setting(found="no", meant=("allowed_hosts",), typed="Sequence[str] | None")
    ] = Field((), description="Further hosts (host or host:port) that may receive the settings' credentials.")
    allow_insecure_hosts: Annotated[tuple[str, ...], Setting(found="no", typed="Sequence[str] | None")] = Field(
        (), description="Hosts other than loopback to which plain http is allowed."
    )
    # One bundle for the API and the token calls: httpx reads the first of the common names, requests the second.
    ca_bundle: Annotated[
        str | None,
        Setting(
            variables=("AZURE_CONNECTOR_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
            found="no",
            meant=("verify", "ssl_verify", "verify_ssl", "ca_cert", "ca_certs", "ca_file", "cafile", "ca_bundle_path"),
            typed="Path | None",
        ),
    ] = Field(None, description="A PEM file with the authorities to trust, for API and token calls.")
    tls_client_certificate: Annotated[
        str | None, Setting(found="no", meant=("cert", "client_cert", "certificate"), typed="Path | None")
    ] = Field(None, description="A PEM file with this client's TLS certificate (mutual TLS).")
    tls_client_key: Annotated[
        str | None,
        Setting(found="no", meant=("cert_key",), typed="Path | None"),
    ] = Field(None, description="The PEM file with that certificate's key, where it is not in the same file.")
    proxy: Annotated[
        SecretStr | None,
        Setting(
            secret=True,
            found="no",
            meant=("proxies", "proxy_url", "http_proxy", "https_proxy", "openai_proxy"),
        ),
    ] = Field(None, description="The proxy's URL, for API and token calls; by default HTTPS_PROXY and its kin.")

    @field_validator("default_headers", mode="before")
    @classmethod
    def _check_headers(cls, value: object) -> Any:
        if not isinstance(value, Headers):
            raise ValueError("must be a table of header names and values")
        check_headers(value)
        return value

    @field_validator("resources")
    @classmethod
    def _check_names(cls, value: dict[str, ResourceSettings]) -> dict[str, ResourceSettings]:
        for name in value:
            if not _RESOURCE_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name for a resource: use letters, digits, '-', '_' and '.'")
        return value

    @field_validator("trusted_hosts", "allow_insecure_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> Any:
        return [part for part in re.split(r"[,\s]+", value) if part] if isinstance(value, str) else value

    @field_validator("trusted_hosts", "allow_insecure_hosts")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not host or any(mark in host for mark in "/@*?#"):
                raise ValueError(f"{host!r} is no host: give host or host:port, without scheme, path or wildcard")
        return tuple(host.lower() for host in value)

    @field_validator("ca_bundle", "tls_client_certificate", "tls_client_key", mode="before")
    @classmethod
    def _expand(cls, value: object) -> Any:
        return as_path(value)

    @field_validator("redis_url", "proxy", mode="before")
    @classmethod
    def _check_urls(cls, value: object) -> Any:
        return cls._check_secret(value)

    @field_serializer("default_headers")
    def _mask_headers(self, value: Headers) -> dict[str, str]:
        return dict.fromkeys(value, MASK)

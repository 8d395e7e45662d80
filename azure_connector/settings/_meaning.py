"""What somebody meant who wrote a name that is no setting: by the words of the name, not by its letters alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache

from ..errors import ConfigurationError
from ._names import CREDENTIAL_SETTINGS, ENVIRONMENT, RESOURCE_SETTINGS, SECRET_SETTINGS, SETTINGS
from ._parameters import parameters_of

__all__ = ["is_foreign", "is_misspelt", "nearest_variable", "refuse_misspelt_secrets", "suggestion"]

# The constructors' own arguments, which are no settings, and what else people write for them.
_OF_CLIENTS: Mapping[str, tuple[str, ...]] = {
    "default_query": ("query", "query_params", "extra_query"),
    "http_client": ("client", "async_client", "http_async_client", "httpx_client", "session"),
    "organization": ("organisation", "organization_id", "openai_organization", "org", "org_id"),
    "project": ("project_id", "openai_project"),
    "webhook_secret": ("webhook_key",),
    "websocket_base_url": ("websocket_url", "ws_url", "wss_url"),
    "env_file": ("env_file_path", "dotenv", "dotenv_path"),
    "config_file": ("config", "config_path", "settings_file"),
}
_NO_SETTING: Mapping[str, str] = {
    **dict.fromkeys(("api_type", "openai_api_type"), "Leave it out: this is always Azure."),
    **dict.fromkeys(
        ("admin_api_key", "data_residency", "provider"),
        "It is for OpenAI's own platform; Azure has nothing of the kind.",
    ),
    "workload_identity": "The SDK's is for OpenAI's own platform; for Azure's set federated_token_file, client_id and "
    "tenant_id.",
    "region": "A resource's address says where it is: azure_endpoint.",
    **dict.fromkeys(("service_id", "instruction_role"), "It belongs to Semantic Kernel's services."),
    **dict.fromkeys(
        ("max_connections", "pool_size", "limits", "http2", "ssl_context"),
        "It belongs to the HTTP client: pass http_client=openai.DefaultHttpxClient(…) with it.",
    ),
    **dict.fromkeys(("connect_timeout", "read_timeout"), "Pass timeout=openai.Timeout(60, connect=5), with its parts."),
    **dict.fromkeys(("debug", "verbose", "log_level"), "Use logging.getLogger('azure_connector')."),
}
_MAKERS = ("azure", "openai", "aoai")
# Each word of a name must be nearly right, and so must the whole: `api_base` is not `api_key`.
_LIKE_WORD, _LIKE_NAME, _LIKE_LETTERS = 0.6, 0.8, 0.9
# What must not leave in a body by a slip of the keyboard.
_GUARDED = (CREDENTIAL_SETTINGS | SECRET_SETTINGS | RESOURCE_SETTINGS) - {"scope"}


def suggestion(name: str, known: Collection[str]) -> str:
    """` Did you mean 'x'?`, what else is to be done, or nothing.

    Args:
        name: what was written.
        known: the settings that may stand there.
    """
    plain = name.lower().replace("-", "_").strip("_")
    if plain in _NO_SETTING:
        return f" {_NO_SETTING[plain]}"
    meant = _meant(plain, known)
    if meant in _OF_CLIENTS:
        return f" Did you mean {meant!r}, which the clients take?"
    if meant == "max_attempts":
        return " Did you mean 'max_attempts'? It counts the first request too (max_retries + 1)."
    if meant is not None:
        return f" Did you mean {meant!r}?"
    return f" It is a parameter of a call: pass {name!r} to create()." if _is_parameter(plain) else ""


def is_foreign(name: str) -> bool:
    """Whether a name is an argument of others that has no meaning here; None for it says nothing."""
    return name in _NO_SETTING


def is_misspelt(name: str, known: Collection[str]) -> bool:
    """Whether a name is a setting's own but for its spelling."""
    return _nearest(name.lower().replace("-", "_"), {setting: setting for setting in known}) is not None


def nearest_variable(name: str, variables: Collection[str]) -> str | None:
    """The variable that a name is but for its spelling; None where it is like none of them."""
    plain = name.lower().replace("-", "_")
    return _nearest(plain, {variable.lower(): variable for variable in variables})


def refuse_misspelt_secrets(names: Iterable[str]) -> None:
    """Refuses misspelt secrets and identities, which would otherwise go out in a request's body.

    Args:
        names: parameters that neither the connector nor the API is known to have.

    Raises:
        ConfigurationError: one of them is close to such a setting's name.
    """
    for name in names:
        plain = name.lower().replace("-", "_")
        endings = [known for known in CREDENTIAL_SETTINGS if plain.endswith(f"_{known}")]
        for meant in endings or get_close_matches(plain, _GUARDED, n=1, cutoff=0.8):
            raise ConfigurationError(
                f"{name!r} is no parameter, and close to the setting {meant!r}; nothing was sent.",
                hint=f"Did you mean {meant!r}? To send {name!r} in the body, put it into extra_body.",
            )


def _meant(name: str, known: Collection[str]) -> str | None:
    spellings = {spelling: setting for spelling, setting in _spellings().items() if setting in {*known, *_OF_CLIENTS}}
    for form in _forms(name):
        if (found := spellings.get(form) or _nearest(form, spellings)) is not None:
            return found
    return None


def _forms(name: str) -> Iterator[str]:
    """The name, and what is left of it without the makers' names before it."""
    yield name
    words = name.split("_")
    while len(words) > 1 and words[0] in _MAKERS:
        words = words[1:]
        yield "_".join(words)


@lru_cache(maxsize=1)
def _spellings() -> Mapping[str, str]:
    """Everything that people call a setting or a client's own argument -> its name."""
    found = {variable.lower(): setting for setting, names in ENVIRONMENT.items() for variable in names}
    for option, meant in _OF_CLIENTS.items():
        found |= dict.fromkeys((*meant, option), option)
    for name, setting in SETTINGS.items():
        found |= dict.fromkeys((*setting.meant, *setting.aliases, name), name)
    return found


def _nearest(name: str, spellings: Mapping[str, str]) -> str | None:
    alike = [(_ratio(name, spelling), setting) for spelling, setting in spellings.items() if _is_like(name, spelling)]
    return max(alike)[1] if alike else None


def _is_like(name: str, spelling: str) -> bool:
    if _ratio(name.replace("_", ""), spelling.replace("_", "")) >= _LIKE_LETTERS:
        return True
    words, others = name.split("_"), spelling.split("_")
    return (
        len(words) == len(others)
        and _ratio(name, spelling) >= _LIKE_NAME
        and all(_ratio(one, other) >= _LIKE_WORD for one, other in zip(words, others, strict=True))
    )


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _is_parameter(name: str) -> bool:
    return name in {"extra_body", "stream"} | parameters_of("/chat/completions") | parameters_of("/responses")

"""What embedding and image models accept: requests are fitted where nothing is lost, else refused before sending."""

from __future__ import annotations

from typing import Any

from .._utils import as_list
from ..deployments import EMBEDDINGS, Profile
from ..errors import InvalidRequestError
from ._parameter_rules import RequestDraft

__all__ = ["fit_other"]

_IMAGES = frozenset({"/images/generations", "/images/edits"})


def fit_other(draft: RequestDraft, operation: str, profile: Profile | None) -> None:
    """Applies the rules of a model that neither chats nor answers.

    Raises:
        InvalidRequestError: the model cannot give what is asked for; it names the value, and a model that can.
    """
    if profile is None:
        return
    if operation == EMBEDDINGS and profile.kind == "embedding":
        _embedding(draft, profile)
    elif operation in _IMAGES and profile.kind == "image":
        _image(draft, profile)


def _embedding(draft: RequestDraft, profile: Profile) -> None:
    asked: Any = draft.get("dimensions")
    most, own = profile.dimensions, profile.own_dimensions
    if most == 0 and draft.has("dimensions"):
        if asked is not None and asked != own:
            raise InvalidRequestError(
                f"{profile.family} gives {own} dimensions and no others; dimensions={asked!r} was asked for.",
                param="dimensions",
                hint="Leave dimensions out, or use text-embedding-3-small or text-embedding-3-large.",
            )
        draft.drop("dimensions", f"{profile.family} has no such parameter: it always gives {own}", loss=False)
    elif most and isinstance(asked, int) and asked > most:
        raise InvalidRequestError(
            f"{profile.family} gives at most {most} dimensions; dimensions={asked} was asked for.",
            param="dimensions",
            hint=f"Ask for {most} or fewer.",
        )
    texts = as_list(draft.get("input"))
    # A list of numbers is one text as tokens.
    if profile.most_inputs and len(texts) > profile.most_inputs and not isinstance(texts[0], int):
        raise InvalidRequestError(
            f"One request for embeddings takes at most {profile.most_inputs:,} inputs; {len(texts):,} were given.",
            param="input",
            hint="azure_connector.embedding_batches(texts) cuts them into requests; helpers.embed_many sends those.",
        )


def _image(draft: RequestDraft, profile: Profile) -> None:
    asked = draft.get("response_format")
    if profile.image_formats == () and draft.has("style"):
        draft.drop("style", f"{profile.family} has no such parameter: say the style in the prompt", loss=True)
    if profile.image_formats == () and draft.has("response_format"):
        if asked not in (None, "b64_json"):
            raise InvalidRequestError(
                f"{profile.family} models give images as base64 only; response_format={asked!r} was asked for.",
                param="response_format",
                hint="Leave response_format out and read data[0].b64_json.",
            )
        draft.drop("response_format", f"{profile.family} has no such parameter: images come as base64", loss=False)
    count = draft.get("n")
    if profile.most_images and isinstance(count, int) and count > profile.most_images:
        raise InvalidRequestError(
            f"{profile.family} makes at most {profile.most_images} image{'s' * (profile.most_images > 1)} a request; "
            f"n={count} was asked for.",
            param="n",
            hint="Send several requests.",
        )

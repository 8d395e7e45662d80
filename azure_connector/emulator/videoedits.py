"""What is made of videos: edits and extensions of them, and characters that stand in them."""

from __future__ import annotations

from .bodies import read_body
from .errors import invalid, long_string, missing, wrong_choice
from .multipart import read_form
from .resource import Resource
from .routes import Handler
from .shapes import check_form_shape
from .shelves import Thing
from .values import Json, object_of, text_of
from .videos import SECONDS, SIZES, finished, keep_video, prompt_of
from .wire import Answer, Call

__all__ = ["HANDLERS"]

LONGEST_NAME = 80


def _source(call: Call, resource: Resource, needed: tuple[str, ...]) -> tuple[Json, Thing | None]:
    """The fields, and the video that they name; None where one is uploaded.

    Raises:
        Refusal: 400 or 404.
    """
    if not call.is_form:
        body = read_body(call, ("video", *needed))
        return body, finished(resource, text_of(object_of(body["video"]).get("id")), "edited")
    form = read_form(call)
    check_form_shape(call, form)
    for name in needed:
        if not form.fields.get(name):
            raise missing(name)
    named = form.fields.get("video[id]")
    if named is not None:
        return dict(form.fields), finished(resource, named, "edited")
    if form.upload("video") is None:
        raise missing("video")
    return dict(form.fields), None


def _made(call: Call, resource: Resource, needed: tuple[str, ...]) -> Answer:
    fields, source = _source(call, resource, needed)
    prompt = prompt_of(fields)
    seconds = fields.get("seconds")
    if seconds is not None and seconds not in SECONDS:
        raise wrong_choice("seconds", seconds, SECONDS)
    if source is None:
        model = next((one.base_model for one in resource.deployments.values() if one.family.kind == "videos"), None)
        if model is None:
            raise invalid("The resource has no deployment of a video model.", "video", "model_not_found", status=404)
        return Answer(body=keep_video(resource, model, prompt, size=SIZES[0], seconds=seconds or SECONDS[0]))
    body = source.body
    kept = keep_video(
        resource, body["model"], prompt, size=body["size"], seconds=seconds or body["seconds"], source=source.identity
    )
    return Answer(body=kept)


async def edit(call: Call, resource: Resource) -> Answer:
    """`POST /videos/edits`: of a finished video, or of one that is uploaded."""
    return _made(call, resource, ("prompt",))


async def extend(call: Call, resource: Resource) -> Answer:
    """`POST /videos/extensions`: so many seconds more."""
    return _made(call, resource, ("prompt", "seconds"))


async def create_character(call: Call, resource: Resource) -> Answer:
    """`POST /videos/characters`."""
    form = read_form(call)
    check_form_shape(call, form)
    name = form.fields.get("name")
    if not name:
        raise missing("name")
    if len(name) > LONGEST_NAME:
        raise long_string("name", LONGEST_NAME, len(name))
    if form.upload("video") is None:
        raise missing("video")
    shown: Json = {"id": f"char_{resource.ids.hexadecimal(32)}", "name": name, "created_at": int(resource.clock())}
    return Answer(body=dict(resource.shelves.characters.keep(Thing(shown)).body))


async def retrieve_character(call: Call, resource: Resource) -> Answer:
    """`GET /videos/characters/{character}`."""
    return Answer(body=dict(resource.shelves.characters.find(call.params["character"]).body))


HANDLERS: dict[str, Handler] = {
    "POST /videos/edits": edit,
    "POST /videos/extensions": extend,
    "POST /videos/characters": create_character,
    "GET /videos/characters/{character}": retrieve_character,
}

"""Images: a small picture whose colours come from the prompt."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
import zlib
from collections.abc import Iterator

from .counting import count
from .errors import invalid, long_string, missing, not_found, operation_not_supported, wrong_choice, wrong_type
from .filters import harmless, judge
from .models import Deployment
from .multipart import form_model, read_form
from .parameters import check_integer
from .resource import Resource
from .routes import Handler
from .shapes import check_form_shape, check_shape
from .values import Json, among, text_of
from .wire import Answer, Call, sse

__all__ = ["HANDLERS", "fetch", "png"]

SIZES = {"auto", "1024x1024", "1024x1536", "1536x1024", "1792x1024", "1024x1792", "512x512", "256x256"}
SIDE, LONGEST_PROMPT = 8, 32_000
TOKENS = 272


def png(prompt: str) -> bytes:
    """A PNG of 8 by 8 pixels, the same for the same prompt."""
    shades = hashlib.blake2b(prompt.encode(), digest_size=SIDE * 3).digest()
    rows = b"".join(b"\x00" + shades[row * 3 : row * 3 + 3] * SIDE for row in range(SIDE))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    made = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        made += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return made


async def generations(call: Call, resource: Resource) -> Answer:
    """`POST /images/generations`."""
    body = call.json_object()
    if not call.deployment:
        raise missing("model")
    deployment = resource.deployment(call.deployment)
    made = _answer(resource, deployment, body, ())
    check_shape(call, body)
    return made


async def edits(call: Call, resource: Resource) -> Answer:
    """`POST /images/edits`: the images are looked at for their size only."""
    form = read_form(call)
    deployment = resource.deployment(form_model(call, form))
    uploads = form.files.get("image", [])
    if not uploads:
        raise missing("image")
    body: Json = dict(form.fields)
    for name in ("n", "partial_images", "output_compression"):
        if re.fullmatch(r"[0-9]{1,9}", str(body.get(name))):
            body[name] = int(body[name])
    body["stream"] = body.get("stream") == "true"
    made = _answer(resource, deployment, body, tuple(upload.content for upload in uploads))
    check_form_shape(call, form)
    return made


def _answer(resource: Resource, deployment: Deployment, body: Json, sources: tuple[bytes, ...]) -> Answer:
    if deployment.family.kind != "images":
        raise operation_not_supported("imageGeneration", deployment.base_model)
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt:
        raise missing("prompt") if not prompt else wrong_type("prompt", "a string", prompt)
    if len(prompt) > LONGEST_PROMPT:
        raise long_string("prompt", LONGEST_PROMPT, len(prompt))
    old = deployment.base_model.startswith("dall-e")
    check_integer("n", body.get("n"), 1, 1 if deployment.base_model == "dall-e-3" else 10)
    if body.get("size") is not None and not among(body["size"], SIZES):
        raise wrong_choice("size", body["size"], sorted(SIZES))
    check_integer("partial_images", body.get("partial_images"), 0, 3)
    check_integer("output_compression", body.get("output_compression"), 0, 100)
    if body.get("stream") is not None and not isinstance(body["stream"], bool):
        raise wrong_type("stream", "a boolean", body["stream"])
    if body.get("response_format") is not None and not old:
        raise invalid("Unknown parameter: 'response_format'.", "response_format", "unknown_parameter")
    verdict = judge([prompt])
    if verdict.refused:
        refusal = verdict.refusal()
        code = "contentFilter" if old else "moderation_blocked"
        refusal.body["error"] |= {"message": "Your task failed as a result of our safety system.", "code": code}
        raise refusal
    picture = png(prompt + "".join(hashlib.blake2b(source).hexdigest() for source in sources))
    coded = base64.b64encode(picture).decode()
    created = int(resource.clock())
    usage = _usage(prompt, sources)
    if body.get("stream") and not old:
        return Answer(events=_events(coded, body, created, usage, "image_edit" if sources else "image_generation"))
    data: list[Json] = [_one(resource, body, picture, coded, old=old) for _ in range(int(body.get("n") or 1))]
    if old:
        return Answer(body={"created": created, "data": data})
    settings: Json = {"background": "opaque", "output_format": "png", "quality": "medium", "size": "1024x1024"}
    return Answer(body={"created": created, **settings, "data": data, "usage": usage})


def _one(resource: Resource, body: Json, picture: bytes, coded: str, *, old: bool) -> Json:
    if not old:
        return {"b64_json": coded}
    results = {"content_filter_results": harmless(), "prompt_filter_results": judge([]).prompt}
    shown: Json = {"revised_prompt": text_of(body.get("prompt")), **results}
    if body.get("response_format") == "b64_json":
        return {**shown, "b64_json": coded}
    name = resource.ids.hexadecimal(32)
    resource.pictures[name] = picture
    return {**shown, "url": f"{resource.endpoint}/generated/{name}/generated_00.png?sig=none"}


def _usage(prompt: str, sources: tuple[bytes, ...]) -> Json:
    text, pictures = count(prompt), 323 * len(sources)
    details = {"text_tokens": text, "image_tokens": pictures}
    spent = text + pictures
    return {
        "input_tokens": spent,
        "input_tokens_details": details,
        "output_tokens": TOKENS,
        "total_tokens": spent + TOKENS,
    }


def _events(coded: str, body: Json, created: int, usage: Json, kind: str) -> Iterator[bytes]:
    common: Json = {"b64_json": coded, "created_at": created, "size": "1024x1024", "quality": "medium"}
    common |= {"background": "opaque", "output_format": "png"}
    for index in range(int(body.get("partial_images") or 0)):
        name = f"{kind}.partial_image"
        yield sse({"type": name, **common, "partial_image_index": index}, name)
    yield sse({"type": f"{kind}.completed", **common, "usage": usage}, f"{kind}.completed")


def fetch(call: Call, resource: Resource) -> Answer:
    """A picture by the URL that dall-e gave for it; like Azure's, it needs no key.

    Raises:
        Refusal: 404, there is none.
    """
    found = resource.pictures.get(call.path.split("/")[2])
    if found is None:
        raise not_found()
    return Answer(raw=found, headers={"content-type": "image/png"})


HANDLERS: dict[str, Handler] = {
    "POST /images/generations": generations,
    "POST /images/edits": edits,
}

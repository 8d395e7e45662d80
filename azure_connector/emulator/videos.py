"""Videos: made step by step, as one looks."""

from __future__ import annotations

from .bodies import read_body
from .errors import invalid, missing, operation_not_supported, wrong_choice
from .filters import judge
from .models import UNKNOWN
from .multipart import form_model, read_form
from .paging import listed
from .resource import Resource
from .routes import Handler
from .shapes import check_form_shape, check_shape
from .shelves import Thing
from .values import Json
from .wire import Answer, Call

__all__ = ["HANDLERS", "SECONDS", "SIZES", "finished", "keep_video", "prompt_of"]

SIZES = ("720x1280", "1280x720", "1024x1792", "1792x1024")
SECONDS = ("4", "8", "12")
KEPT = 86_400
LONGEST_PROMPT = 32_000
VARIANTS = {"video": "video/mp4", "thumbnail": "image/webp", "spritesheet": "image/jpeg"}
# A file's first box, which says MP4; the rest is filler.
_MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /videos`, as a form or as JSON."""
    if call.is_form:
        form = read_form(call)
        check_form_shape(call, form)
        fields: Json = dict(form.fields)
        name = form_model(call, form)
    else:
        fields = call.json_object()
        check_shape(call, fields)
        name = call.deployment
    if not name:
        raise missing("model")
    deployment = resource.deployment(name)
    if deployment.family.kind != "videos" and deployment.family is not UNKNOWN:
        raise operation_not_supported("videos", deployment.base_model)
    prompt = prompt_of(fields)
    size, seconds = fields.get("size") or SIZES[0], str(fields.get("seconds") or SECONDS[0])
    if size not in SIZES:
        raise wrong_choice("size", size, SIZES)
    if seconds not in SECONDS:
        raise wrong_choice("seconds", seconds, SECONDS)
    return Answer(body=keep_video(resource, deployment.base_model, prompt, size=size, seconds=seconds))


def prompt_of(fields: Json) -> str:
    """The prompt, which the content filter takes.

    Raises:
        Refusal: 400.
    """
    prompt = fields.get("prompt")
    if not isinstance(prompt, str) or not prompt:
        raise missing("prompt")
    if len(prompt) > LONGEST_PROMPT:
        raise invalid(f"Invalid 'prompt': string too long. Expected at most {LONGEST_PROMPT} characters.", "prompt")
    verdict = judge([prompt])
    if verdict.refused:
        raise verdict.refusal()
    return prompt


def keep_video(
    resource: Resource, model: str, prompt: str, *, size: str, seconds: str, source: str | None = None
) -> Json:
    """Store a new video; as it is shown."""
    shown: Json = {
        "id": f"video_{resource.ids.hexadecimal(32)}",
        "object": "video",
        "model": model,
        "status": "queued",
        "progress": 0,
        "prompt": prompt,
        "created_at": int(resource.clock()),
        "completed_at": None,
        "expires_at": None,
        "error": None,
        "remixed_from_video_id": source,
        "seconds": seconds,
        "size": size,
    }
    return dict(resource.shelves.videos.keep(Thing(shown)).body)


def _advance(video: Thing, resource: Resource) -> None:
    """One step on: queued, in progress, done; a filtered answer fails."""
    body = video.body
    if body["status"] == "queued":
        body |= {"status": "in_progress", "progress": 50}
    elif body["status"] == "in_progress":
        now = int(resource.clock())
        if judge([body["prompt"]]).stopped:
            error = {"code": "content_filter", "message": "The generated video was filtered."}
            body |= {"status": "failed", "error": error, "completed_at": now}
        else:
            body |= {"status": "completed", "progress": 100, "completed_at": now, "expires_at": now + KEPT}


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /videos/{id}`: shows where it stands, then works on."""
    video = resource.shelves.videos.find(call.params["id"])
    shown = dict(video.body)
    _advance(video, resource)
    return Answer(body=shown)


async def list_videos(call: Call, resource: Resource) -> Answer:
    """`GET /videos`."""
    return Answer(body=listed([dict(one) for one in resource.shelves.videos.bodies()], call))


async def content(call: Call, resource: Resource) -> Answer:
    """`GET /videos/{id}/content`: 404 until it is done, and when its day is over."""
    video = resource.shelves.videos.find(call.params["id"])
    variant = call.query.get("variant", "video")
    if variant not in VARIANTS:
        raise wrong_choice("variant", variant, tuple(VARIANTS))
    if video.body["status"] != "completed":
        raise invalid(f"Video {video.identity} is not ready: its status is '{video.body['status']}'.", status=404)
    if resource.clock() >= video.body["expires_at"]:
        raise invalid(f"The content of video {video.identity} has expired.", status=404)
    raw = _MP4 + video.body["prompt"].encode()[:1_000]
    return Answer(raw=raw, headers={"content-type": VARIANTS[variant]})


async def delete(call: Call, resource: Resource) -> Answer:
    """`DELETE /videos/{id}`."""
    return Answer(body=resource.shelves.videos.remove(call.params["id"], "video"))


def finished(resource: Resource, identity: str, verb: str) -> Thing:
    """A video that is done.

    Raises:
        Refusal: 404, there is none; 400, it is not done.
    """
    video = resource.shelves.videos.find(identity)
    if video.body["status"] != "completed":
        raise invalid(f"Video {identity} cannot be {verb}: its status is '{video.body['status']}'.", "video_id")
    return video


async def remix(call: Call, resource: Resource) -> Answer:
    """`POST /videos/{id}/remix`: of a finished video."""
    video = resource.shelves.videos.find(call.params["id"])
    fields: Json = dict(read_form(call).fields) if call.is_form else read_body(call, ("prompt",))
    prompt = prompt_of(fields)
    finished(resource, video.identity, "remixed")
    kept = keep_video(
        resource,
        video.body["model"],
        prompt,
        size=video.body["size"],
        seconds=video.body["seconds"],
        source=video.identity,
    )
    return Answer(body=kept)


HANDLERS: dict[str, Handler] = {
    "POST /videos": create,
    "GET /videos": list_videos,
    "GET /videos/{id}": retrieve,
    "DELETE /videos/{id}": delete,
    "GET /videos/{id}/content": content,
    "POST /videos/{id}/remix": remix,
}

"""Ephemeral keys for realtime sessions, and calls: the REST half of realtime. No sound is exchanged."""

from __future__ import annotations

from typing import Any

from ..bodies import expiry, read_body
from ..errors import invalid, missing, operation_not_supported, wrong_choice
from ..models import UNKNOWN, Deployment
from ..multipart import read_form
from ..parsing import parse_object
from ..resource import Resource
from ..routes import Handler
from ..shapes import check_form_part
from ..shelves import Thing
from ..values import Json, among, is_object, object_of, text_of
from ..wire import Answer, Call
from .dialects import DIALECTS

__all__ = ["HANDLERS"]

SHORTEST, LONGEST, USUAL = 10, 7_200, 600
PREVIEW_SECONDS = 60
TYPES = ("realtime", "transcription")
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=inactive\r\n"
)


def _speaker(name: Any, param: str, resource: Resource, *, kinds: tuple[str, ...] = ("realtime",)) -> Deployment:
    """A deployment that a session can be for.

    Raises:
        Refusal: 400 or 404.
    """
    if name is None:
        raise missing(param)
    deployment = resource.deployment(text_of(name))
    if deployment.family.kind not in kinds and deployment.family is not UNKNOWN:
        raise operation_not_supported("realtime", deployment.base_model)
    return deployment


def _session(given: Json, resource: Resource, where: str = "session") -> Json:
    kind = given.get("type", "realtime")
    if not among(kind, TYPES):
        raise wrong_choice(f"{where}.type", kind, TYPES)
    known = DIALECTS["v1"].session_fields
    for name in given:
        if kind == "realtime" and name not in known:
            raise invalid(f"Unknown parameter: '{where}.{name}'.", f"{where}.{name}", "unknown_parameter")
    shown: Json = {"type": kind, "object": "realtime.session", "id": f"sess_{resource.ids.letters(21)}"}
    if kind == "realtime":
        _speaker(given.get("model"), f"{where}.model", resource)
        return {**DIALECTS["v1"].new_session(), "instructions": "", "expires_at": 0, **given, **shown}
    heard = object_of(object_of(object_of(given.get("audio")).get("input")).get("transcription"))
    if heard.get("model") is not None:
        param = f"{where}.audio.input.transcription.model"
        _speaker(heard["model"], param, resource, kinds=("transcription",))
    return {**given, **shown, "object": "realtime.transcription_session", "expires_at": 0}


def _secret(resource: Resource, seconds: int) -> Json:
    value, expires = f"ek_{resource.ids.hexadecimal(32)}", int(resource.clock()) + seconds
    resource.secrets[value] = expires
    return {"value": value, "expires_at": expires}


async def client_secrets(call: Call, resource: Resource) -> Answer:
    """`POST /realtime/client_secrets`."""
    body = read_body(call, (), {"session": "an object", "expires_after": "an object"})
    if not is_object(body.get("session")):
        raise missing("session")
    session = _session(object_of(body["session"]), resource)
    seconds = expiry(body.get("expires_after"), "expires_after", SHORTEST, LONGEST, USUAL)
    secret = _secret(resource, seconds)
    return Answer(body={**secret, "session": {**session, "expires_at": secret["expires_at"]}})


async def sessions(call: Call, resource: Resource) -> Answer:
    """`POST /realtime/sessions`, the preview's way."""
    body = read_body(call)
    deployment = _speaker(body.get("model"), "model", resource)
    shown = {**DIALECTS["classic"].new_session(), "instructions": "", **body, "model": deployment.served_model}
    made: Json = {"id": f"sess_{resource.ids.letters(21)}", "object": "realtime.session", "expires_at": 0}
    return Answer(body={**shown, **made, "client_secret": _secret(resource, PREVIEW_SECONDS)})


async def transcription_sessions(call: Call, resource: Resource) -> Answer:
    """`POST /realtime/transcription_sessions`, the preview's way."""
    body = read_body(call)
    name = object_of(body.get("input_audio_transcription")).get("model")
    if name is not None:
        _speaker(name, "input_audio_transcription.model", resource, kinds=("transcription",))
    shown: Json = {"modalities": ["text"], "input_audio_format": "pcm16", "turn_detection": None, **body}
    made: Json = {"id": f"sess_{resource.ids.letters(21)}", "object": "realtime.transcription_session"}
    return Answer(body={**shown, **made, "client_secret": _secret(resource, PREVIEW_SECONDS)})


async def create_call(call: Call, resource: Resource) -> Answer:
    """`POST /realtime/calls`: an SDP answer in which nothing flows, and where the call is."""
    if call.is_form:
        form = read_form(call)
        part = form.upload("session")
        text = form.fields.get("session") or (part.content.decode("utf-8", "replace") if part else "")
        offer, given = form.fields.get("sdp") or _file_text(form.upload("sdp")), _json(text)
    elif call.headers.get("content-type", "").startswith("application/sdp"):
        offer, given = call.raw.decode("utf-8", "replace"), {"type": "realtime", "model": call.query.get("model")}
    else:
        body = read_body(call)
        offer, given = body.get("sdp"), object_of(body.get("session"))
    if not isinstance(offer, str) or not offer:
        raise missing("sdp")
    if not offer.startswith("v=0"):
        raise invalid("Invalid value for 'sdp': it is no session description.", "sdp", "invalid_value")
    if given:
        check_form_part(call, "session", given)
    session = _session(given, resource)
    identity = f"rtc_{resource.ids.hexadecimal(32)}"
    resource.shelves.calls.keep(Thing({"id": identity, "status": "active", "session": session}))
    headers = {"content-type": "application/sdp", "location": f"/openai/v1/realtime/calls/{identity}"}
    return Answer(201, raw=SDP.encode(), headers=headers)


def _file_text(part: Any) -> str | None:
    return part.content.decode("utf-8", "replace") if part else None


def _json(text: str) -> Json:
    try:
        return parse_object(text)
    except ValueError as error:
        raise invalid("Invalid value for 'session': it is no JSON object.", "session", "invalid_value") from error


def _call(call: Call, resource: Resource, *states: str) -> Thing:
    found = resource.shelves.calls.find(call.params["id"])
    if found.body["status"] not in states:
        raise invalid(f"Call {found.identity} is {found.body['status']}; expected {' or '.join(states)}.", "call_id")
    return found


async def accept(call: Call, resource: Resource) -> Answer:
    """`POST /realtime/calls/{id}/accept`: of a call that rings."""
    found = _call(call, resource, "ringing")
    found.body["session"] = _session(read_body(call, ("type", "model")), resource, "session")
    found.body["status"] = "active"
    return Answer(raw=b"")


async def reject(call: Call, resource: Resource) -> Answer:
    """`POST /realtime/calls/{id}/reject`."""
    found = _call(call, resource, "ringing")
    read_body(call, (), {"status_code": "an integer"})
    found.body["status"] = "rejected"
    return Answer(raw=b"")


async def refer(call: Call, resource: Resource) -> Answer:
    """`POST /realtime/calls/{id}/refer`."""
    found = _call(call, resource, "active")
    read_body(call, ("target_uri",), {"target_uri": "a string"})
    found.body["status"] = "referred"
    return Answer(raw=b"")


async def hang_up(call: Call, resource: Resource) -> Answer:
    """`POST /realtime/calls/{id}/hangup`."""
    _call(call, resource, "active", "ringing").body["status"] = "ended"
    return Answer(raw=b"")


HANDLERS: dict[str, Handler] = {
    "POST /realtime/client_secrets": client_secrets,
    "POST /realtime/sessions": sessions,
    "POST /realtime/transcription_sessions": transcription_sessions,
    "POST /realtime/calls": create_call,
    "POST /realtime/calls/{id}/accept": accept,
    "POST /realtime/calls/{id}/reject": reject,
    "POST /realtime/calls/{id}/refer": refer,
    "POST /realtime/calls/{id}/hangup": hang_up,
}

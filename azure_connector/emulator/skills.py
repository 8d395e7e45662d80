"""Skills: folders with a `SKILL.md`, kept in versions. Nothing in them is run."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

from .bodies import read_body
from .errors import invalid, missing
from .multipart import Upload, read_form
from .paging import listed
from .resource import Resource
from .routes import Handler
from .shapes import check_form_shape
from .shelves import Shelf, Thing
from .values import Json
from .wire import Answer, Call

__all__ = ["HANDLERS"]

MOST_FILES = 500
LARGEST = 64 * 2**20
"""Bytes of one version's files together."""
_FRONT = re.compile(r"\A\ufeff?---\r?\n(.*?)\r?\n---", re.DOTALL)
_FIELD = re.compile(r"^(name|description):[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_DATE = (2026, 1, 1, 0, 0, 0)


def _files(uploads: list[Upload]) -> dict[str, bytes]:
    """The files of a folder, or of the one zip that holds it.

    Raises:
        Refusal: 400.
    """
    if len(uploads) == 1 and uploads[0].content.startswith(b"PK\x03\x04"):
        return _unzipped(uploads[0].content)
    return _whole((one.filename, len(one.content), one.content) for one in uploads)


def _unzipped(content: bytes) -> dict[str, bytes]:
    import zipfile  # here, since most emulators never need it

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [one for one in archive.infolist() if not one.is_dir()]
            _whole((one.filename, one.file_size, b"") for one in infos)
            # No more than the size that it says: a zip may lie.
            found = {one.filename: archive.open(one).read(one.file_size + 1) for one in infos}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise invalid("Invalid 'files': the zip file cannot be read.", "files", "invalid_value") from error
    return _whole((name, len(one), one) for name, one in found.items())


def _whole(files: Iterable[tuple[str, int, bytes]]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    size = 0
    for name, length, content in files:
        size += length
        found[name] = content
        if name.startswith("/") or ".." in name.split("/"):
            raise invalid(f"Invalid 'files': '{name:.100}' is no relative path.", "files", "invalid_value")
        if len(found) > MOST_FILES or size > LARGEST:
            text = f"Invalid 'files': a skill has {MOST_FILES} files and {LARGEST} bytes at most."
            raise invalid(text, "files", "invalid_value")
    return found


def _described(files: dict[str, bytes]) -> Json:
    """`name` and `description`, of the front matter of the one `SKILL.md`.

    Raises:
        Refusal: 400.
    """
    manifests = [name for name in files if name.rsplit("/", 1)[-1].lower() == "skill.md"]
    if len(manifests) != 1:
        text = f"Invalid 'files': expected exactly one SKILL.md, but found {len(manifests)}."
        raise invalid(text, "files", "invalid_value")
    front = _FRONT.match(files[manifests[0]].decode("utf-8", "replace"))
    found = {name: value.strip("\"'") for name, value in _FIELD.findall(front.group(1))} if front else {}
    for name in ("name", "description"):
        if not found.get(name):
            text = f"Invalid 'files': the front matter of SKILL.md has no '{name}'."
            raise invalid(text, "files", "invalid_value")
    return {"name": found["name"], "description": found["description"]}


def _zipped(files: dict[str, bytes]) -> bytes:
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content)
    return made.getvalue()


def _version(call: Call, resource: Resource, skill: str, number: int) -> Thing:
    """A version of the form's files.

    Raises:
        Refusal: 400.
    """
    form = read_form(call)
    check_form_shape(call, form)
    uploads = form.files.get("files", [])
    if not uploads:
        raise missing("files")
    files = _files(uploads)
    shown: Json = {
        "id": f"skillver_{resource.ids.hexadecimal(32)}",
        "object": "skill.version",
        "skill_id": skill,
        "version": str(number),
        "created_at": int(resource.clock()),
        **_described(files),
    }
    content = _zipped(files)
    return Thing(shown, {"content": content}, size=2_000 + len(content))


def _keep(skill: Thing, version: Thing) -> None:
    skill.below["versions"].kept[version.body["version"]] = version
    skill.hidden["made"] = int(version.body["version"])
    skill.size = 2_000 + sum(one.size for one in skill.below["versions"].kept.values())
    skill.body["latest_version"] = version.body["version"]


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /skills`."""
    identity = f"skill_{resource.ids.hexadecimal(32)}"
    version = _version(call, resource, identity, 1)
    told = {name: version.body[name] for name in ("created_at", "name", "description")}
    shown: Json = {"id": identity, "object": "skill", **told, "default_version": "1", "latest_version": "1"}
    skill = Thing(shown, below={"versions": Shelf("Skill version '{}' not found.", param="version")})
    _keep(skill, version)
    return Answer(body=dict(resource.shelves.skills.keep(skill).body))


async def list_skills(call: Call, resource: Resource) -> Answer:
    """`GET /skills`."""
    return Answer(body=listed([dict(one) for one in resource.shelves.skills.bodies()], call))


def _skill(call: Call, resource: Resource) -> Thing:
    return resource.shelves.skills.find(call.params["id"])


def _asked(call: Call, resource: Resource) -> Thing:
    return _skill(call, resource).below["versions"].find(call.params["version"])


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /skills/{id}`."""
    return Answer(body=dict(_skill(call, resource).body))


async def update(call: Call, resource: Resource) -> Answer:
    """`POST /skills/{id}`: another version becomes the default."""
    skill = _skill(call, resource)
    body = read_body(call, ("default_version",), {"default_version": "a string"}, known=("default_version",))
    version = skill.below["versions"].find(body["default_version"], "default_version")
    skill.body |= {name: version.body[name] for name in ("name", "description")}
    skill.body["default_version"] = version.body["version"]
    return Answer(body=dict(skill.body))


async def delete(call: Call, resource: Resource) -> Answer:
    """`DELETE /skills/{id}`."""
    return Answer(body=resource.shelves.skills.remove(call.params["id"], "skill"))


async def create_version(call: Call, resource: Resource) -> Answer:
    """`POST /skills/{id}/versions`."""
    skill = _skill(call, resource)
    version = _version(call, resource, skill.identity, skill.hidden["made"] + 1)
    _keep(skill, version)
    return Answer(body=dict(version.body))


async def list_versions(call: Call, resource: Resource) -> Answer:
    """`GET /skills/{id}/versions`."""
    return Answer(body=listed([dict(one) for one in _skill(call, resource).below["versions"].bodies()], call))


async def retrieve_version(call: Call, resource: Resource) -> Answer:
    """`GET /skills/{id}/versions/{version}`."""
    return Answer(body=dict(_asked(call, resource).body))


async def delete_version(call: Call, resource: Resource) -> Answer:
    """`DELETE /skills/{id}/versions/{version}`: of any but the default."""
    skill, version = _skill(call, resource), _asked(call, resource)
    number = version.body["version"]
    if number == skill.body["default_version"]:
        raise invalid(f"Version {number} is the default version of the skill and cannot be deleted.", "version")
    versions = skill.below["versions"].kept
    del versions[number]
    skill.body["latest_version"] = max(versions, key=int)
    return Answer(body={"object": "skill.version.deleted", "deleted": True, "id": version.identity, "version": number})


def _content(version: Thing) -> Answer:
    return Answer(raw=version.hidden["content"], headers={"content-type": "application/zip"})


async def content(call: Call, resource: Resource) -> Answer:
    """`GET /skills/{id}/content`: of the default version, as a zip."""
    skill = _skill(call, resource)
    return _content(skill.below["versions"].find(skill.body["default_version"]))


async def version_content(call: Call, resource: Resource) -> Answer:
    """`GET /skills/{id}/versions/{version}/content`, as a zip."""
    return _content(_asked(call, resource))


HANDLERS: dict[str, Handler] = {
    "POST /skills": create,
    "GET /skills": list_skills,
    "GET /skills/{id}": retrieve,
    "POST /skills/{id}": update,
    "DELETE /skills/{id}": delete,
    "GET /skills/{id}/content": content,
    "POST /skills/{id}/versions": create_version,
    "GET /skills/{id}/versions": list_versions,
    "GET /skills/{id}/versions/{version}": retrieve_version,
    "DELETE /skills/{id}/versions/{version}": delete_version,
    "GET /skills/{id}/versions/{version}/content": version_content,
}

"""Writes docs/models.md from the package's own data: `python docs/generate_models.py`."""

from __future__ import annotations

from pathlib import Path

from azure_connector.deployments import (
    FAMILIES,
    SAMPLING,
    Profile,
)

PAGE = Path(__file__).with_name("models.md")

HEAD = """\
# What each model accepts

A request that names a model is made to fit the model's family before it is sent. Rules belong to the **base model**,
never to the deployment's name. The base model of a deployment comes from `deployment_mapping`, from a listing, or
from the `model` that its replies report; what somebody declared, no reply overrides. A deployment whose replies name
models of several families is a router: everything passes. A model that is not in the tables is sent what the caller
gave; when Azure refuses a parameter of it, the connector adapts the request, sends it again, and remembers what it
learned for that deployment (`client.explain(model)` shows it).

A refusal teaches no more than it says: a parameter that is refused is left out from then on, a value only where it is
given again (the nearest accepted effort is sent instead), a combination only where both stand together. What was
learned belongs to the process, is forgotten when the deployment serves another family, and by
`azure_connector.forget_learned()`.

- A parameter that has another name for the model is renamed: `max_tokens`, `max_completion_tokens` and
  `max_output_tokens` are one parameter in three spellings.
- A refused parameter is left out. If its value says more than the default, that is a warning in the log
  `azure_connector`, once for each deployment and parameter; with `strict=True` it is an `InvalidRequestError` instead.
- A reasoning effort that the model lacks becomes the nearest one that it has, the lower of two.
- Messages of role `system` and `developer` get the one role that the model knows.
- A model that does not stream answers whole, and the answer is delivered as a stream.
- A model that only the Responses API serves is asked there, and its reply comes back as a chat completion.
"""

NOTES = """\
## How to read the tables

- **APIs**: the first one is preferred. "chat, tools by Responses": function tools go through the Responses API unless
  the effort is `none`, because Chat Completions refuses them while the model reasons.
- **Output limit**: the spelling over Chat Completions. Over Responses it is always `max_output_tokens`.
- **Sampling**: `temperature`, `top_p`, `presence_penalty`, `frequency_penalty`, `logprobs`, `top_logprobs`,
  `logit_bias`. "with effort none" is without penalties and `logit_bias`. Defaults (`temperature=1`) never warn.
- **Effort**: what `reasoning_effort` (Responses: `reasoning.effort`) may be; the default in bold.
- **any**: not known, so that whatever is given passes.

## Correcting a rule, or adding a model

In the settings, without waiting for a release. A key is a model or a pattern with `*`; `like` names the model whose
rules it starts from; every other field is one of `azure_connector.Profile`.

```toml
[profiles."gpt-5.7*"]
like = "gpt-5.6"

[profiles."house-*"]
like = "gpt-5"
streaming = false
efforts = ["low", "high"]

[profiles."gpt-4o"]
output_limit = "max_tokens"
```
"""

COLUMNS = (
    "Models",
    "APIs",
    "Stream",
    "Output limit",
    "Sampling",
    "`stop`",
    "Effort",
    "Verbosity",
    "Parallel calls",
    "Instructions",
)


def page() -> str:
    """The page's whole text."""
    text = [profile for profile in FAMILIES if profile.kind == "text"]
    groups = {
        "Models that do not reason": [profile for profile in text if not profile.reasoning],
        "Models that reason": [profile for profile in text if profile.reasoning],
    }
    parts = [HEAD]
    for title, profiles in groups.items():
        parts += [f"## {title}\n", _table(COLUMNS, [_row(profile) for profile in profiles])]
    parts += ["## Other models\n", _others(), NOTES, _sources(list(FAMILIES))]
    return "\n".join(parts)


def _row(profile: Profile) -> tuple[str, ...]:
    return (
        _models(profile),
        _apis(profile),
        "yes" if profile.streaming else "no",
        ""
        if "chat" not in profile.apis
        else "as given"
        if profile.output_limit == "either"
        else f"`{profile.output_limit}`",
        _sampling(profile),
        "" if "chat" not in profile.apis else "no" if "stop" in profile.refused else "yes",
        _efforts(profile),
        "any" if profile.verbosity is None else ", ".join(profile.verbosity) or "no",
        _parallel(profile),
        {"user": "in the user's message", "any": "as given"}.get(profile.system_role, f"`{profile.system_role}`"),
    )


def _models(profile: Profile) -> str:
    return ", ".join(f"`{model}`" for model in profile.models)


def _apis(profile: Profile) -> str:
    names = ["Responses" if api == "responses" else "chat" for api in profile.apis]
    return ", ".join(names) if profile.tools_with_reasoning_over_chat else "chat, tools by Responses"


def _sampling(profile: Profile) -> str:
    if not profile.refused & SAMPLING:
        return "yes"
    return "with effort none" if profile.sampling_with_effort_none else "no"


def _efforts(profile: Profile) -> str:
    if profile.efforts is None:
        return "any"
    named = [f"**{effort}**" if effort == profile.default_effort else effort for effort in profile.efforts]
    named += [f"{effort} (Responses)" for effort in profile.responses_efforts]
    return ", ".join(named) or "no"


def _parallel(profile: Profile) -> str:
    if profile.minimal_effort_forbids_parallel_calls:
        return "not with effort minimal"
    return "yes" if profile.parallel_tool_calls else "no"


def _others() -> str:
    others = [profile for profile in FAMILIES if profile.kind != "text"]
    rows = [(_models(profile), profile.kind, _limits(profile)) for profile in others]
    return _table(("Models", "Kind", "Rules"), rows)


def _limits(profile: Profile) -> str:
    rules: list[str] = []
    if profile.dimensions == 0:
        rules.append(f"no `dimensions`: always {profile.own_dimensions}")
    elif profile.dimensions:
        rules.append(f"`dimensions` up to {profile.dimensions}")
    if profile.most_inputs:
        rules.append(f"{profile.most_inputs:,} inputs a request")
    if profile.image_formats == ():
        rules.append("no `response_format`: always base64")
    if profile.most_images:
        rules.append(f"`n` up to {profile.most_images}")
    return "; ".join([*rules, profile.note] if profile.note else rules) or "everything passes"


def _sources(profiles: list[Profile]) -> str:
    rows = [(profile.family, profile.source, profile.note) for profile in profiles]
    return (
        "## Where the facts are from\n\nThis page is generated from the package's own tables by "
        "`docs/generate_models.py`.\n\n" + _table(("Family", "Source", "Note"), rows)
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

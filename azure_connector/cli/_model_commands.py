"""The commands that ask models: their options; what they do is imported when they run."""

from __future__ import annotations

from typing import Annotated

import typer

from ._options import AsJson, Config, Endpoint, EnvFile, Price, Verbose, examples
from ._request_options import (
    Attach,
    Effort,
    MaxTokens,
    Schema,
    System,
    Temperature,
    Verbosity,
)
from ._running import reported, set_up_logging

__all__ = ["CHAT_EXAMPLES", "COMPARE_EXAMPLES", "EMBED_EXAMPLES", "chat", "compare", "embed"]

Model = Annotated[
    str | None, typer.Option("--model", "-m", metavar="NAME", help="The model; the settings' own by default.")
]
Tools = Annotated[
    str | None,
    typer.Option("--tools", metavar="FILE", help="A Python file whose public functions the model may call."),
]
Save = Annotated[
    str | None, typer.Option("--save", metavar="NAME", help="Keep the conversation; later: --continue NAME.")
]
Continue = Annotated[
    str | None, typer.Option("--continue", "-c", metavar="NAME", help="Go on with a conversation that was kept.")
]
Plain = Annotated[bool, typer.Option("--no-markdown", help="Show answers as they come, also in a terminal.")]

CHAT_EXAMPLES = examples(
    "azure-connector chat",
    'azure-connector chat "What is the capital of Norway?"',
    "git diff | azure-connector chat --model gpt-5-mini --system 'Review this'",
    'azure-connector chat "What is on it?" --attach receipt.jpg --schema receipt.json',
    'azure-connector chat "Plan a week in Oslo" --save oslo',
    "azure-connector chat --tools mytools.py",
)


@reported
def chat(
    prompt: Annotated[str | None, typer.Argument(metavar="PROMPT", help="Ask this and stop; without it, talk.")] = None,
    model: Model = None,
    system: System = None,
    attach: Attach = None,
    temperature: Temperature = None,
    max_tokens: MaxTokens = None,
    reasoning_effort: Effort = None,
    verbosity: Verbosity = None,
    schema: Schema = None,
    tools: Tools = None,
    price: Price = None,
    save: Save = None,
    continue_: Continue = None,
    plain: Plain = False,
    config: Config = None,
    _env_file: EnvFile = None,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Talk to a model: streamed, with tools shown, history and cost. Ctrl-C stops an answer, Ctrl-D ends."""
    set_up_logging(verbose)
    from . import _chat

    _chat.run(locals())


COMPARE_EXAMPLES = examples(
    'azure-connector compare "Name a fish" -m gpt-5 -m gpt-4.1-mini',
    "azure-connector compare --file questions.txt -m gpt-5 -m gpt-5-mini --markdown",
    "azure-connector compare --file questions.jsonl -m gpt-5 -m gpt-5-mini --json > answers.json",
)
Models = Annotated[
    list[str], typer.Option("--model", "-m", metavar="NAME", help="A model or deployment; give it once for each.")
]
Questions = Annotated[
    str | None,
    typer.Option("--file", "-f", metavar="FILE", help="Questions, one a line: text, or JSONL with prompt. - is stdin."),
]
Together = Annotated[
    int,
    typer.Option("--concurrency", metavar="N", help="Questions under way at each; more than 1 blurs the times.", min=1),
]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="A Markdown table, to be pasted into an issue.")]


@reported
def compare(
    prompt: Annotated[str | None, typer.Argument(metavar="PROMPT", help="The question.")] = None,
    model: Models = [],  # noqa: B006  # typer's way to say that none is given
    file: Questions = None,
    system: System = None,
    attach: Attach = None,
    temperature: Temperature = None,
    max_tokens: MaxTokens = None,
    reasoning_effort: Effort = None,
    verbosity: Verbosity = None,
    schema: Schema = None,
    price: Price = None,
    concurrency: Together = 1,
    markdown: AsMarkdown = False,
    config: Config = None,
    _env_file: EnvFile = None,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Ask several deployments the same: answers side by side, time, tokens and cost.

    All are asked at once, each one question after the other. One that fails is a row, and the exit code is 1.
    """
    set_up_logging(verbose)
    from . import _compare

    _compare.run(locals())


EMBED_EXAMPLES = examples(
    'azure-connector embed "a cat" "a tiger" --similarity',
    "azure-connector embed --file texts.txt --json > vectors.json",
    "git log --format=%s | azure-connector embed --dimensions 256",
)
Texts = Annotated[
    str | None,
    typer.Option("--file", "-f", metavar="FILE", help="Texts, one a line: text, or JSONL with text. - is stdin."),
]
Whole = Annotated[bool, typer.Option("--whole", help="A file, or stdin, is one text.")]
Size = Annotated[int | None, typer.Option(metavar="N", help="How many numbers for a text.", min=1)]
Similarity = Annotated[bool, typer.Option("--similarity", help="How alike the texts are: the cosine of each pair.")]


@reported
def embed(
    texts: Annotated[list[str] | None, typer.Argument(metavar="TEXT", help="The texts.")] = None,
    model: Model = None,
    file: Texts = None,
    whole: Whole = False,
    dimensions: Size = None,
    similarity: Similarity = False,
    price: Price = None,
    config: Config = None,
    _env_file: EnvFile = None,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Texts as vectors: a line of numbers for each, or JSON. From arguments, a file or stdin."""
    set_up_logging(verbose)
    from . import _embed

    _embed.run(locals())

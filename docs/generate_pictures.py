"""Draws docs/images/concepts.svg and endpoints.svg: `python docs/generate_pictures.py`.

White text on filled boxes and mid-grey lines, so that they read on a light and on a dark page.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

IMAGES = Path(__file__).with_name("images")

BLUE, GREEN, PURPLE, GREY, SLATE = "#1565c0", "#2e7d32", "#6a3fb5", "#8a93a0", "#5c6672"
FONT = "font-family='system-ui, sans-serif'"
MONO = "font-family='ui-monospace, monospace'"


def box(x: int, y: int, width: int, height: int, colour: str, *lines: str) -> str:
    """A filled box with centred lines, the first one bold."""
    parts = [f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='8' fill='{colour}'/>"]
    top = y + height / 2 - (len(lines) - 1) * 9 + 5
    for number, line in enumerate(lines):
        weight = "600" if number == 0 else "400"
        parts.append(
            f"<text x='{x + width / 2}' y='{top + number * 18}' text-anchor='middle' fill='#fff' {FONT} "
            f"font-size='{14 if number == 0 else 12.5}' font-weight='{weight}'>{escape(line)}</text>"
        )
    return "".join(parts)


def frame(x: int, y: int, width: int, height: int, title: str) -> str:
    """A dashed frame with a title inside its top."""
    return (
        f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='12' fill='none' stroke='{GREY}' "
        f"stroke-width='1.5' stroke-dasharray='6 5'/>{note(x + 14, y + 22, title)}"
    )


def note(x: float, y: float, text: str, *, anchor: str = "start", mono: bool = False, bold: bool = False) -> str:
    """Grey text outside of boxes."""
    return (
        f"<text x='{x}' y='{y}' fill='{GREY}' text-anchor='{anchor}' {MONO if mono else FONT} font-size='13' "
        f"font-weight='{600 if bold else 400}'>{escape(text)}</text>"
    )


def arrow(x1: int, y1: int, x2: int, y2: int) -> str:
    """A line with a head."""
    return f"<line x1='{x1}' y1='{y1}' x2='{x2}' y2='{y2}' stroke='{GREY}' stroke-width='2' marker-end='url(#head)'/>"


def picture(width: int, height: int, title: str, *parts: str) -> str:
    """The whole file."""
    head = (
        f"<marker id='head' markerWidth='9' markerHeight='8' refX='8' refY='4' orient='auto'>"
        f"<path d='M0,0 L9,4 L0,8 z' fill='{GREY}'/></marker>"
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' "
        f"role='img'><title>{escape(title)}</title><defs>{head}</defs>{''.join(parts)}</svg>\n"
    )


def concepts() -> str:
    """From a program's model to the base model that runs."""
    return picture(
        860,
        330,
        "From a model's name to a deployment",
        box(10, 130, 150, 60, BLUE, "your program", "model=“gpt-5”"),
        arrow(160, 160, 218, 160),
        box(220, 130, 150, 60, BLUE, "AzureConnector", "deployment_mapping"),
        arrow(370, 150, 438, 96),
        arrow(370, 172, 438, 256),
        note(372, 106, "first", anchor="start"),
        note(372, 234, "then", anchor="start"),
        frame(430, 20, 420, 140, "resource “default”: https://RESOURCE.openai.azure.com"),
        box(445, 65, 170, 60, GREEN, "deployment", "team-chat"),
        arrow(615, 95, 668, 95),
        box(670, 65, 165, 60, PURPLE, "base model", "gpt-5"),
        note(445, 148, "its endpoint, its key, its quota per deployment"),
        frame(430, 180, 420, 140, "resource “west”: https://WEST.openai.azure.com"),
        box(445, 225, 170, 60, GREEN, "deployment", "spare"),
        arrow(615, 255, 668, 255),
        box(670, 225, 165, 60, PURPLE, "base model", "gpt-5"),
        note(445, 308, "another endpoint, another credential"),
    )


def endpoints() -> str:
    """The two forms of an address, piece by piece."""
    return picture(
        1006,
        232,
        "The v1 and the classic form of an address",
        note(10, 24, 'v1 (the default): no api-version; the body says {"model": "team-chat", …}', bold=True),
        box(10, 38, 304, 40, BLUE, "https://RESOURCE.openai.azure.com"),
        box(318, 38, 184, 40, SLATE, "/openai/v1"),
        box(506, 38, 164, 40, SLATE, "/chat/completions"),
        note(162, 100, "endpoint", anchor="middle"),
        note(410, 100, "form", anchor="middle"),
        note(588, 100, "operation", anchor="middle"),
        note(10, 142, "classic: the deployment stands in the path, and a date is required", bold=True),
        box(10, 156, 304, 40, BLUE, "https://RESOURCE.openai.azure.com"),
        box(318, 156, 184, 40, SLATE, "/openai/deployments"),
        box(506, 156, 104, 40, GREEN, "/team-chat"),
        box(614, 156, 164, 40, SLATE, "/chat/completions"),
        box(782, 156, 214, 40, PURPLE, "?api-version=2024-10-21"),
        note(162, 218, "endpoint", anchor="middle"),
        note(410, 218, "form", anchor="middle"),
        note(558, 218, "deployment", anchor="middle"),
        note(696, 218, "operation", anchor="middle"),
        note(889, 218, "api-version", anchor="middle"),
    )


if __name__ == "__main__":
    (IMAGES / "concepts.svg").write_text(concepts(), encoding="utf-8")
    (IMAGES / "endpoints.svg").write_text(endpoints(), encoding="utf-8")

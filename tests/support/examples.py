"""How many examples a property takes."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings, strategies

__all__ = ["examples", "first_property", "register_profiles"]

_USUAL = 100


def register_profiles() -> None:
    """Makes the profiles known, and loads the one of `make test`.

    `repeatable` finds the same examples in every run, so that a change is never blamed for a chance find; `long`
    (`make test-long`) looks for new ones, twenty times as many. Neither minds how slow the machine is.
    """
    unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("repeatable", unhurried, derandomize=True, database=None)
    settings.register_profile("long", unhurried, max_examples=20 * _USUAL, print_blob=True)
    settings.load_profile("repeatable")


@given(strategies.none())
def first_property(_: None) -> None:
    """Lets Hypothesis make its random numbers, whose owner it looks for with the garbage collector.

    To be called before what there is gets frozen: from Python 3.14 on, the owner is among that from the start.
    """


def examples(number: int) -> settings:
    """Settings for a property that takes another number than the usual hundred, scaled as the profile scales that."""
    return settings(max_examples=number * settings().max_examples // _USUAL)

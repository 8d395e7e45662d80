from __future__ import annotations

import logging

import pytest

from azure_connector.errors import InvalidRequestError
from azure_connector.routing import AttemptOutcome, BackOff, GiveUp, RetryPolicy, SendTo


def sends_to(step, target, *, probe=False):
    assert step == SendTo(target, probe)


def waits(step, seconds, target):
    assert isinstance(step, BackOff)
    assert step.target == target
    assert step.seconds == pytest.approx(seconds, abs=0.002)


def gives_up(step, reason, kind, target, attempt):
    assert isinstance(step, GiveUp)
    assert (step.reason, step.outcome.kind, step.target, step.attempt) == (reason, kind, target, attempt)


def test_the_usual_call(world):
    route = world.route()
    sends_to(route.first(), world.A)
    world.now += 1.5
    route.succeeded(world.A, world.OK, world.now)
    assert [str(attempt) for attempt in route.attempts] == ["a@west: 200 in 1.50 s"]
    assert world.health.has_answered(world.A)


def test_a_429_moves_to_the_next_target_at_once(world):
    route = world.route(world.A, world.B, world.C)
    route.first()
    sends_to(route.failed(world.A, world.limited(7.0), world.now), world.B)
    sends_to(route.failed(world.B, world.limited(9.0), world.now), world.C)


def test_when_all_cool_down_it_waits_for_the_soonest(world):
    route = world.route(world.A, world.B, world.C)
    route.first()
    route.failed(world.A, world.limited(7.0), world.now)
    route.failed(world.B, world.limited(3.0), world.now)
    waits(route.failed(world.C, world.limited(5.0), world.now), 3.0, world.B)
    world.now += 3.001
    sends_to(route.resume(world.now), world.B)


def test_after_a_wait_it_looks_again(world):
    route = world.route(world.A, world.B)
    route.first()
    route.failed(world.A, world.limited(3.0), world.now)
    route.failed(world.B, world.limited(9.0), world.now)
    world.observe(world.A, "rate_limited", 429, retry_after=6.0)  # another call fared worse meanwhile
    world.now += 3.001
    waits(route.resume(world.now), 3.0, world.A)


def test_another_call_s_429_is_known_before_the_first_attempt(world):
    world.observe(world.A, "rate_limited", 429, retry_after=7.0)
    sends_to(world.route(world.A, world.B).first(), world.B)
    waits(world.route(world.A).first(), 7.0, world.A)


@pytest.mark.parametrize("kind", ["transient", "timeout", "unreachable", "reset", "not_sent"])
def test_a_failure_moves_to_an_untried_target_at_once_and_backs_off_when_there_is_none(world, kind):
    route = world.route(world.A, world.B)
    route.first()
    sends_to(route.failed(world.A, world.failed(kind), world.now), world.B)
    world.now += 0.1
    waits(route.failed(world.B, world.failed(kind), world.now), 0.4, world.A)
    world.now += 0.401
    sends_to(route.resume(world.now), world.A)
    waits(route.failed(world.A, world.failed(kind), world.now), 0.1, world.B)


def test_backoff_of_a_single_target_doubles_with_jitter(make_world):
    world = make_world(failures_before_cooldown=99, max_attempts=4)
    route = world.route()
    route.first()
    for chance, seconds in ((0.0, 0.5), (0.5, 0.75), (1.0, 1.0)):
        world.chance = chance
        waits(route.failed(world.A, world.failed(), world.now), seconds, world.A)
        world.now += seconds + 0.001
        route.resume(world.now)
    gives_up(route.failed(world.A, world.failed(), world.now), "exhausted", "transient", world.A, 3)


def test_a_failed_target_is_not_asked_while_a_cooling_one_is_free_sooner(make_world):
    world = make_world(backoff=5.0)
    world.observe(world.B, "rate_limited", 429, retry_after=2.0)
    route = world.route(world.A, world.B)
    route.first()
    waits(route.failed(world.A, world.failed(), world.now), 2.0, world.B)


def test_a_cooling_target_is_not_asked_while_another_is_free(world):
    world.observe(world.A, "rate_limited", 429, retry_after=50.0)
    route = world.route(world.A, world.B)
    route.first()
    waits(route.failed(world.B, world.failed(), world.now), 0.5, world.B)


def test_a_503_with_a_time_is_obeyed(world):
    route = world.route()
    route.first()
    waits(route.failed(world.A, world.failed(status=503, retry_after=4.0), world.now), 4.0, world.A)


def test_retry_after_zero_does_not_spend_all_attempts_at_once(world):
    route = world.route()
    route.first()
    waits(route.failed(world.A, world.limited(0.0), world.now), 0.5, world.A)


@pytest.mark.parametrize("kind", ["refused"])
def test_the_caller_s_fault_ends_the_call_whatever_else_there_is(world, kind):
    route = world.route(world.A, world.B)
    route.first()
    gives_up(route.failed(world.A, AttemptOutcome(kind, 400), world.now), "fatal", kind, world.A, 0)


@pytest.mark.parametrize("kind", ["auth", "forbidden", "not_found", "not_found_deployment"])
def test_what_this_target_cannot_serve_is_never_asked_of_it_again(world, kind):
    route = world.route()
    route.first()
    gives_up(route.failed(world.A, AttemptOutcome(kind, 404), world.now), "fatal", kind, world.A, 0)


@pytest.mark.parametrize("kind", ["auth", "forbidden", "not_found"])
def test_a_resource_that_refuses_is_left_and_not_silently(world, kind, caplog):
    route = world.route(world.A, world.A2, world.B)
    route.first()
    with caplog.at_level(logging.WARNING, "azure_connector"):
        sends_to(route.failed(world.A, AttemptOutcome(kind, 403, "Denied"), world.now), world.B)
    assert "a@west cannot serve 'gpt-5' (403 Denied): trying the next target" in caplog.text
    assert route.attempts[0].status == 403


def test_a_missing_deployment_is_left_for_any_other_and_not_silently(world, caplog):
    route = world.route(world.A, world.A2)
    route.first()
    missing = AttemptOutcome("not_found_deployment", 404, "DeploymentNotFound")
    with caplog.at_level(logging.WARNING, "azure_connector"):
        sends_to(route.failed(world.A, missing, world.now), world.A2)
    assert "404 DeploymentNotFound" in caplog.text
    route.succeeded(world.A2, world.OK, world.now)
    assert [attempt.status for attempt in route.attempts] == [404, 200]
    sends_to(world.route(world.A, world.A2).first(), world.A2)  # it stands last in line now
    sends_to(world.route(world.A).first(), world.A)  # and is asked at once where it is the only one


@pytest.mark.parametrize("how", ["answered", "discovered"])
def test_a_deployment_known_to_exist_is_asked_again(world, how, caplog):
    if how == "answered":
        world.observe(world.A, "ok", 200)
    route = world.route(rule="discovered" if how == "discovered" else "mapping", repeatable=False)
    route.first()
    missing = AttemptOutcome("not_found_deployment", 404, "DeploymentNotFound")
    waits(route.failed(world.A, missing, world.now), 0.5, world.A)
    world.now += 0.501
    sends_to(route.resume(world.now), world.A)


def test_which_error_stands_for_the_call(world, make_world):
    missing = AttemptOutcome("not_found_deployment", 404, "DeploymentNotFound")
    route = world.route(world.A, world.B)
    route.first()
    route.failed(world.A, missing, world.now)
    gives_up(route.failed(world.B, AttemptOutcome("auth", 401), world.now), "fatal", "not_found_deployment", world.A, 0)
    world = make_world()
    route = world.route(world.A2, world.C, deadline=5)
    sends_to(route.first(), world.A2)
    route.failed(world.A2, world.limited(30.0), world.now)
    step = route.failed(world.C, missing, world.now)
    gives_up(step, "deadline", "rate_limited", world.A2, 0)
    assert step.retry_after == pytest.approx(30.0)


def test_a_request_that_may_have_been_executed_is_repeated_only_where_that_is_safe(world, make_world):
    for outcome in (world.failed("timeout"), world.failed("reset"), world.failed(status=500), world.failed(status=503)):
        route = world.route(world.A, world.B, repeatable=False)
        route.first()
        step = route.failed(world.A, outcome, world.now)
        gives_up(step, "not_repeatable", outcome.kind, world.A, 0)
        world.observe(world.A, "ok", 200)
        bold = make_world(repeat_unsafe=True)
        route = bold.route(world.A, world.B, repeatable=False)
        route.first()
        sends_to(route.failed(world.A, outcome, bold.now), world.B)


@pytest.mark.parametrize(
    "outcome",
    [
        AttemptOutcome("unreachable"),
        AttemptOutcome("not_sent"),
        AttemptOutcome("rate_limited", 429),
        AttemptOutcome("transient", 409),
    ],
)
def test_a_request_that_was_not_executed_is_always_repeatable(world, outcome):
    route = world.route(world.A, world.B, repeatable=False)
    route.first()
    sends_to(route.failed(world.A, outcome, world.now), world.B)


def test_a_request_that_was_adapted_goes_to_the_same_target_at_once(world):
    route = world.route(world.A, world.B)
    route.first()
    for _ in range(3):
        sends_to(route.failed(world.A, AttemptOutcome("adapt", 400), world.now), world.A)
    gives_up(route.failed(world.A, AttemptOutcome("adapt", 400), world.now), "fatal", "adapt", world.A, 3)


def test_a_changed_request_does_not_ask_a_target_that_was_limited_meanwhile(world):
    route, alone = world.route(world.A, world.B), world.route(world.A)
    route.first(), alone.first()
    world.observe(world.A, "rate_limited", 429, retry_after=6.0)  # another call fared worse meanwhile
    sends_to(route.failed(world.A, AttemptOutcome("adapt", 400), world.now), world.B)
    waits(alone.failed(world.A, AttemptOutcome("adapt", 400), world.now), 6.0, world.A)
    world.now += 6.1
    sends_to(alone.resume(world.now), world.A)


def test_a_changed_request_to_a_failing_target_is_its_only_probe(make_world):
    world = make_world(cooldown=5, probe_interval=10)
    late, later, probing = (world.route(world.A, world.B) for _ in range(3))
    late.first(), later.first()
    world.now += 1
    world.break_down(world.A)
    world.observe(world.B, "rate_limited", 429, retry_after=50.0)
    world.now += 6
    sends_to(late.failed(world.A, AttemptOutcome("adapt", 400), world.now), world.A, probe=True)
    waits(probing.resume(world.now), 0.125, world.A)
    waits(later.failed(world.A, AttemptOutcome("adapt", 400), world.now), 0.125, world.A)
    late.cancelled(world.A, world.now)
    sends_to(later.resume(world.now), world.A, probe=True)


def test_a_changed_request_that_may_not_be_sent_fails_for_that_and_not_for_the_refusal(make_world):
    world = make_world(max_wait=5)
    route, moved = world.route(), world.route(world.B, world.A)
    route.first(), moved.first()
    moved.failed(world.A, world.failed(), world.now)
    for target in (world.A, world.B):
        world.observe(target, "rate_limited", 429, retry_after=3000.0)
    end = route.failed(world.A, AttemptOutcome("adapt", 400), world.now)
    gives_up(end, "exhausted", "rate_limited", world.A, None)
    assert end.retry_after == pytest.approx(3000.0)
    gives_up(moved.failed(world.B, AttemptOutcome("adapt", 400), world.now), "exhausted", "transient", world.A, 0)


def test_adaptations_are_not_attempts_but_end_with_the_deadline(make_world):
    world = make_world(max_attempts=2)
    route = world.route(deadline=10)
    route.first()
    sends_to(route.failed(world.A, AttemptOutcome("adapt", 400), world.now), world.A)
    waits(route.failed(world.A, world.failed(), world.now), 0.5, world.A)
    world.now += 0.6
    sends_to(route.resume(world.now), world.A)
    world.now += 10
    gives_up(route.failed(world.A, AttemptOutcome("adapt", 400), world.now), "deadline", "adapt", world.A, 2)


def test_attempts_are_bounded_per_target_and_in_all(make_world):
    world = make_world(max_attempts=5, attempts_per_target=2, failures_before_cooldown=99)
    route, sent = world.route(world.A, world.B, world.C), []
    step = route.first()
    while not isinstance(step, GiveUp):
        if isinstance(step, SendTo):
            sent.append(step.target.deployment)
            step = route.failed(step.target, world.failed(), world.now)
        else:
            world.now += step.seconds
            step = route.resume(world.now)
    assert sent == ["a", "b", "c", "a", "b"]
    assert step.reason == "exhausted"
    assert sent.count("a") == world.policy.attempts_per_target


def test_the_only_target_may_have_all_attempts(make_world):
    world = make_world(max_attempts=7, attempts_per_target=2, failures_before_cooldown=99)
    route, sent = world.route(), 0
    step = route.first()
    while not isinstance(step, GiveUp):
        if isinstance(step, SendTo):
            sent += 1
            step = route.failed(step.target, world.failed(), world.now)
        else:
            world.now += step.seconds
            step = route.resume(world.now)
    assert sent == 7


def test_a_target_that_asks_not_to_be_asked_again_is_not(world):
    route = world.route(world.A, world.B)
    route.first()
    route.failed(world.A, world.failed(final=True), world.now)
    waits(route.failed(world.B, world.failed(), world.now), 0.5, world.B)
    route = world.route()
    route.first()
    gives_up(route.failed(world.A, world.failed(final=True), world.now), "exhausted", "transient", world.A, 0)


def test_nothing_is_sent_or_waited_for_beyond_the_deadline(world):
    route = world.route(deadline=5.0)
    assert route.remaining(world.now + 2) == 3.0
    assert route.remaining(world.now + 20) == 0.0
    route.first()
    gives_up(route.failed(world.A, world.limited(5.0), world.now), "deadline", "rate_limited", world.A, 0)
    route = world.route(world.A, world.B, deadline=5.0)
    route.first()
    world.now += 5.0
    gives_up(route.failed(world.B, world.failed("timeout"), world.now), "deadline", "timeout", world.B, 0)
    gives_up(world.route(world.C, deadline=0.0).first(), "deadline", "timeout", world.C, None)


def test_the_policy_may_set_the_deadline(make_world):
    world = make_world(deadline=3.0)
    assert world.route().remaining(world.now) == 3.0
    assert world.route(deadline=1.0).remaining(world.now) == 1.0
    assert make_world().route().remaining(5.0) is None


def test_jitter_never_carries_a_wait_beyond_the_deadline(world):
    world.chance = 1.0
    world.observe(world.A, "rate_limited", 429, retry_after=4.9)
    waits(world.route(deadline=5.0).first(), 4.9, world.A)
    waits(world.route(deadline=9.0).first(), 4.9 + 0.25, world.A)


def test_a_wait_that_is_too_long_ends_the_call_at_once(world):
    route = world.route()
    route.first()
    step = route.failed(world.A, world.limited(3600.0), world.now)
    gives_up(step, "exhausted", "rate_limited", world.A, 0)
    assert step.retry_after == pytest.approx(3600.0)


def test_all_waits_together_are_bounded(make_world):
    world = make_world(max_total_wait=100.0)
    route = world.route()
    route.first()
    step = route.failed(world.A, world.limited(59.0), world.now)
    for _ in range(10):
        if isinstance(step, GiveUp):
            break
        world.now += step.seconds
        world.observe(world.A, "rate_limited", 429, retry_after=59.0)  # others are quicker each time
        step = route.resume(world.now)
    gives_up(step, "exhausted", "rate_limited", world.A, 0)


def test_a_call_that_cannot_wait_for_anything_is_told_why(world):
    world.observe(world.A, "rate_limited", 429, retry_after=30.0)
    world.break_down(world.B)
    step = world.route(world.A, world.B, deadline=2.0).first()
    gives_up(step, "deadline", "transient", world.B, None)
    assert step.retry_after == pytest.approx(5.0)
    gives_up(world.route(world.A, deadline=2.0).first(), "deadline", "rate_limited", world.A, None)


def test_a_target_that_failed_repeatedly_is_probed_by_one_call(world):
    world.break_down(world.A)
    world.now += world.policy.cooldown
    probing, other = world.route(world.A, world.B), world.route(world.A, world.B)
    sends_to(probing.first(), world.A, probe=True)
    sends_to(other.first(), world.B)
    probing.succeeded(world.A, world.OK, world.now)
    sends_to(world.route(world.A, world.B).first(), world.A)


def test_calls_without_a_free_target_look_often_whether_the_probe_came_back(world):
    world.break_down(world.A)
    world.break_down(world.B)
    world.now += world.policy.cooldown
    probing, second, other = (world.route(world.A, world.B) for _ in range(3))
    sends_to(probing.first(), world.A, probe=True)
    sends_to(second.first(), world.B, probe=True)
    waits(other.first(), 0.125, world.A)
    world.now += 0.2
    probing.succeeded(world.A, world.OK, world.now)
    sends_to(other.resume(world.now), world.A)


def test_the_only_target_is_asked_at_once_although_its_circuit_is_open(world):
    world.break_down(world.A)
    sends_to(world.route().first(), world.A, probe=True)
    world.now += world.policy.cooldown
    probing, other = world.route(), world.route()
    sends_to(probing.first(), world.A, probe=True)
    sends_to(other.first(), world.A, probe=True)
    waits(other.failed(world.A, world.failed(), world.now), 0.5, world.A)
    probing.succeeded(world.A, world.OK, world.now)
    assert world.health.is_clear(world.A, world.now)


def test_the_only_target_s_quota_is_waited_for_although_its_circuit_is_open(world):
    world.break_down(world.A)
    world.observe(world.A, "rate_limited", 429, retry_after=7.0)
    waits(world.route().first(), 7.0, world.A)


def test_an_open_circuit_lets_nobody_past_a_long_quota(world):
    world.break_down(world.A, "unreachable")
    world.observe(world.A, "rate_limited", 429, retry_after=3600.0)
    world.break_down(world.A2, "unreachable")
    world.now += world.policy.probe_interval
    first, second = world.route(), world.route()
    sends_to(first.first(), world.A, probe=True)
    gives_up(second.first(), "exhausted", "rate_limited", world.A, None)


def test_a_long_quota_ends_each_call_at_once_but_for_one_in_the_probe_interval(world):
    world.observe(world.A, "rate_limited", 429, retry_after=3600.0)
    step = world.route().first()
    gives_up(step, "exhausted", "rate_limited", world.A, None)
    assert step.retry_after == pytest.approx(3600.0)
    world.now += world.policy.probe_interval
    trial, other = world.route(), world.route()
    sends_to(trial.first(), world.A, probe=True)
    step = other.first()
    gives_up(step, "exhausted", "rate_limited", world.A, None)
    assert step.retry_after == pytest.approx(3590.0)
    gives_up(trial.failed(world.A, world.limited(3590.0), world.now), "exhausted", "rate_limited", world.A, 0)
    world.now += world.policy.probe_interval
    trial = world.route()
    sends_to(trial.first(), world.A, probe=True)
    trial.succeeded(world.A, world.OK, world.now)
    sends_to(world.route().first(), world.A)


DEAD = AttemptOutcome("unreachable", code="gaierror", permanent=True)


def run_dead(world, *targets, outcome=DEAD):
    route, sent, waited = world.route(*targets), [], 0.0
    step = route.first()
    while not isinstance(step, GiveUp):
        if isinstance(step, SendTo):
            sent.append(step.target)
            step = route.failed(step.target, outcome, world.now)
        else:
            waited += step.seconds
            world.now += step.seconds
            step = route.resume(world.now)
    assert step.outcome.kind == "unreachable"
    return sent, waited


def test_the_first_failure_is_quick_to_see(world):
    for _ in range(5):  # also once the circuit is open
        sent, waited = run_dead(world)
        assert sent == [world.A] * 2
        assert waited <= 1.0


def test_with_several_dead_targets_each_is_asked_once(world):
    assert run_dead(world, world.A, world.B, world.C) == ([world.A, world.B, world.C], 0.0)
    for _ in range(5):
        sent, waited = run_dead(world, world.A, world.B, world.C)
        assert len(sent) == 3
        assert set(sent) == {world.A, world.B, world.C}
        assert waited <= 1.0


def test_whoever_says_how_often_gets_it(make_world):
    assert len(run_dead(make_world(patient=True, max_attempts=5))[0]) == 5
    assert len(run_dead(make_world(max_attempts=1))[0]) == 1


def test_what_may_pass_by_itself_or_has_answered_before_is_tried_as_often_as_ever(make_world):
    assert len(run_dead(make_world(), outcome=AttemptOutcome("unreachable", code="gaierror"))[0]) == 6
    world = make_world()
    world.observe(world.A, "auth", 401)
    assert len(run_dead(world)[0]) == 6


def test_a_target_that_lives_is_no_reason_for_haste(world):
    route, sent = world.route(world.A, world.B), 0
    step = route.first()
    while not isinstance(step, GiveUp):
        if isinstance(step, SendTo):
            sent += 1
            step = route.failed(step.target, DEAD if step.target == world.A else world.failed(), world.now)
        else:
            world.now += step.seconds
            step = route.resume(world.now)
    assert sent == world.policy.max_attempts


def test_the_first_long_wait_of_a_call_is_one_warning(world, caplog):
    route = world.route()
    route.first()
    step = route.failed(world.A, world.limited(7.0), world.now)
    for _ in range(2):
        world.now += step.seconds
        route.resume(world.now)
        step = route.failed(world.A, world.limited(7.0), world.now)
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "waiting 7.0 s for a@west (rate_limited)"
    ]


def test_attempts_and_waits_are_told_to_those_who_debug(world, caplog):
    caplog.set_level(logging.DEBUG, "azure_connector.routing")
    route = world.route()
    route.first()
    world.now += 0.25
    step = route.failed(world.A, world.failed(), world.now)
    world.now += step.seconds
    route.resume(world.now)
    route.succeeded(world.A, world.OK, world.now)
    assert [record.getMessage() for record in caplog.records] == [
        "attempt 1: a@west: 500 in 0.25 s",
        "waiting 0.5 s for a@west (transient)",
        "attempt 2: a@west: 200 in 0.00 s",
    ]


def test_a_resend_after_an_adaptation_asks_the_health_of_its_target(world):
    """Another call's probe is on its way: the resend must not be a second one."""
    route = world.route(world.A, world.B)
    sends_to(route.first(), world.A)
    world.now += 1.0
    world.break_down(world.A)  # after it was sent, so its reply proves nothing
    world.now += world.policy.cooldown
    probing = world.route(world.A, world.B)
    sends_to(probing.first(), world.A, probe=True)
    sends_to(route.failed(world.A, AttemptOutcome("adapt", 400), world.now), world.B)


def test_an_operation_with_an_id_in_its_path_is_the_operation(world):
    for number in range(3):
        route = world.route(world.A, world.B, operation=f"/responses/resp_{number}/cancel")
        sends_to(route.first(), world.A)
        route.failed(world.A, world.failed(), world.now)
        route.cancelled()
    assert "/responses/cancel:a@west" in world.health.report(world.now)
    sends_to(world.route(world.A, world.B, operation="/responses/resp_9/cancel").first(), world.B)
    sends_to(world.route(world.A, world.B, operation="/responses").first(), world.A)


@pytest.mark.parametrize("status", [421, 425])
def test_a_misdirected_or_early_request_is_repeated_whatever_it_was(world, status):
    route = world.route(world.A, world.B, repeatable=False)
    route.first()
    sends_to(route.failed(world.A, AttemptOutcome("transient", status), world.now), world.B)


def test_a_limit_that_somebody_named_is_patient():
    assert RetryPolicy().limited_to(9) == RetryPolicy(max_attempts=9, patient=True)


def test_a_failed_probe_moves_on_at_once(world):
    world.break_down(world.A)
    world.now += world.policy.cooldown
    route = world.route(world.A, world.B)
    route.first()
    sends_to(route.failed(world.A, world.failed(), world.now), world.B)
    assert world.ready_in(world.A) == world.policy.probe_interval


def test_cancellation_is_no_failure_and_gives_the_probe_back(world):
    world.break_down(world.A)
    world.now += world.policy.cooldown
    before = world.health.report(world.now)
    route = world.route()
    route.first()
    route.cancelled(world.A, world.now)
    assert world.health.report(world.now) == before
    sends_to(world.route().first(), world.A, probe=True)
    for _ in range(10):
        route = world.route(world.B)
        route.first()
        route.cancelled(world.B, world.now)
        route.cancelled()  # may come at any time
    assert world.health.is_clear(world.B, world.now)


def test_misuse_is_caught(world):
    route = world.route(world.A, world.B)
    with pytest.raises(RuntimeError, match="nothing is on its way"):
        route.succeeded(world.A, world.OK, world.now)
    route.first()
    with pytest.raises(RuntimeError, match="a@west has not been reported"):
        route.resume(world.now)
    with pytest.raises(RuntimeError, match="nothing is on its way to b@east"):
        route.failed(world.B, world.failed(), world.now)


def test_within_a_rank_weights_decide(world):
    from dataclasses import replace

    heavy, light, never = (
        replace(world.A, deployment=name, weight=weight) for name, weight in (("h", 3.0), ("l", 1.0), ("n", 0.0))
    )
    chosen = []
    for tenth in range(10):
        world.chance = tenth / 10
        chosen.append(world.route(heavy, light, never, world.B).first().target.deployment)
    assert chosen == ["h"] * 8 + ["l"] * 2
    sends_to(world.route(never).first(), never)
    sends_to(world.route(never, replace(never, deployment="n2")).first(), never)


def test_a_rank_is_asked_before_the_next_in_whatever_order_they_are_listed(world):
    sends_to(world.route(world.C, world.B, world.A).first(), world.A)


def test_a_quota_near_its_end_is_chosen_less_often_and_one_used_up_last(world):
    world.observe(world.A, "ok", 200, remaining_tokens=1_000, limit_tokens=100_000, reset_tokens=9.0)
    world.chance = 0.2
    sends_to(world.route(world.A, world.A2).first(), world.A2)
    world.observe(world.A, "ok", 200, remaining_tokens=0, limit_tokens=100_000, reset_tokens=9.0)
    world.chance = 0.0
    sends_to(world.route(world.A, world.B).first(), world.B)
    sends_to(world.route(world.A).first(), world.A)


def test_a_deployment_that_spills_over_is_chosen_less_often(world):
    world.observe(world.A, "ok", 200, spilled_over=True)
    world.chance = 0.3
    sends_to(world.route(world.A, world.A2).first(), world.A2)


def test_waits_are_recorded_with_the_attempt_that_follows(world):
    route = world.route()
    route.first()
    world.now += 0.2
    step = route.failed(world.A, world.limited(2.0), world.now)
    world.now += step.seconds
    route.resume(world.now)
    world.now += 1.0
    route.succeeded(world.A, world.OK, world.now)
    first, second = route.attempts
    assert (first.status, first.waited) == (429, 0.0)
    assert first.elapsed == pytest.approx(0.2)
    assert second.waited == pytest.approx(2.0, abs=0.01)
    assert second.elapsed == pytest.approx(1.0)


def test_pinning_keeps_one_resource(world):
    plan = world.plan(world.A, world.B, world.A2)
    assert plan.pinned_to("west").targets == (world.A, world.A2)
    assert plan.pinned_to("west").pinned_to("west") == plan.pinned_to("west")
    with pytest.raises(InvalidRequestError, match=r"'south'.*east, west") as caught:
        plan.pinned_to("south", param="input[0].id")
    assert caught.value.param == "input[0].id"

from __future__ import annotations

import threading

import pytest

from azure_connector.deployments import Target
from azure_connector.errors import ConfigurationError
from azure_connector.routing import AttemptOutcome, RetryPolicy
from tests.support.tables import each_row


def standing(world, target):
    return world.health.view([target], world.now)[0]


def test_an_unknown_target_is_free(world):
    assert world.health.is_clear(world.A, world.now)
    assert standing(world, world.A)[1:] == (world.now, world.now, False, 1.0, False, False, "ok", False)
    assert world.health.report(world.now) == {}


def test_a_429_keeps_everybody_out_for_the_time_it_names(world):
    world.observe(world.A, "rate_limited", 429, retry_after=7.0)
    assert world.ready_in(world.A) == 7.0
    assert not world.health.is_clear(world.A, world.now)
    assert standing(world, world.A).cause == "rate_limited"
    world.now += 7.0
    assert world.health.is_clear(world.A, world.now)
    assert not standing(world, world.A).needs_probe


def test_a_429_without_a_time_takes_the_policy_s_and_a_week_is_a_week(world):
    world.observe(world.A, "no_capacity", 429)
    assert world.ready_in(world.A) == world.policy.cooldown
    world.observe(world.B, "rate_limited", 429, retry_after=604_800.0)
    assert world.ready_in(world.B) == 604_800.0


def test_a_shorter_time_does_not_undo_a_longer_one(world):
    world.observe(world.A, "rate_limited", 429, retry_after=20.0)
    world.observe(world.A, "rate_limited", 429, retry_after=2.0)
    assert world.ready_in(world.A) == 20.0


def test_a_good_reply_to_an_older_request_does_not_end_a_429(world):
    world.observe(world.A, "rate_limited", 429, retry_after=7.0)
    world.observe(world.A, "ok", 200)
    assert world.ready_in(world.A) == 7.0


@pytest.mark.parametrize("kind", ["transient", "timeout", "unreachable", "reset"])
def test_failures_in_a_row_open_the_circuit(world, kind):
    for _ in range(world.policy.failures_before_cooldown - 1):
        world.observe(world.A, kind)
    assert world.health.is_clear(world.A, world.now)
    world.observe(world.A, kind)
    assert world.ready_in(world.A) == world.policy.cooldown
    assert standing(world, world.A).needs_probe


def test_a_good_reply_in_between_begins_the_row_anew(world):
    for _ in range(10):
        world.observe(world.A, "transient")
        world.observe(world.A, "transient")
        world.observe(world.A, "ok", 200)
    assert world.health.is_clear(world.A, world.now)


@pytest.mark.parametrize("kind", ["refused", "adapt", "not_found", "rate_limited"])
def test_any_reply_but_a_failure_ends_the_row(world, kind):
    world.observe(world.A, "transient")
    world.observe(world.A, "transient")
    world.observe(world.A, kind, retry_after=0.0)
    world.observe(world.A, "transient")
    assert world.health.is_clear(world.A, world.now)


def test_one_probe_at_a_time_then_open_to_all(world):
    world.break_down(world.A)
    assert not world.health.claim(world.A, "early", world.now)
    world.now += world.policy.cooldown
    assert world.health.claim(world.A, "first", world.now)
    assert not world.health.claim(world.A, "second", world.now)
    assert standing(world, world.A).probed
    world.health.observe(world.A, world.OK, world.now, caller="first")
    assert world.health.is_clear(world.A, world.now)
    assert world.health.claim(world.A, "second", world.now)


def test_a_failed_probe_costs_another_interval(world):
    world.break_down(world.A)
    world.now += world.policy.cooldown
    assert world.health.claim(world.A, "first", world.now)
    world.health.observe(world.A, world.failed(), world.now, caller="first")
    assert world.ready_in(world.A) == world.policy.probe_interval
    world.now += world.policy.probe_interval
    assert world.health.claim(world.A, "second", world.now)


def test_a_probe_that_never_comes_back_blocks_for_its_lease_only(world):
    world.break_down(world.A)
    world.now += world.policy.cooldown
    assert world.health.claim(world.A, "lost", world.now)
    assert world.ready_in(world.A) == world.policy.probe_interval
    world.now += world.policy.probe_interval
    assert world.health.claim(world.A, "next", world.now)
    # The lost one's failure, when it comes at last, is not the probe's verdict any more.
    world.health.observe(world.A, world.failed(), world.now, caller="lost")
    assert not world.health.claim(world.A, "third", world.now)
    world.health.observe(world.A, world.OK, world.now, caller="next")
    assert world.health.is_clear(world.A, world.now)


def test_a_released_probe_leaves_everything_as_it_was(world):
    world.break_down(world.A)
    world.now += world.policy.cooldown
    before = world.health.report(world.now)
    assert world.health.claim(world.A, "first", world.now)
    assert world.health.report(world.now) != before
    world.health.release(world.A, "first")
    assert world.health.report(world.now) == before
    assert world.health.claim(world.A, "second", world.now)


def test_late_failures_of_older_calls_do_not_prolong_the_cooldown(world):
    world.break_down(world.A)
    world.now += world.policy.cooldown - 1
    for _ in range(100):
        world.observe(world.A, "transient")
    assert world.ready_in(world.A) == 1.0


def test_a_reply_to_a_request_sent_before_the_failure_proves_nothing(world):
    sent_at = world.now
    world.now += 1
    world.break_down(world.A)
    world.health.observe(world.A, world.OK, world.now, sent_at=sent_at)
    assert not world.health.is_clear(world.A, world.now)
    world.health.observe(world.A, world.OK, world.now, sent_at=world.now)
    assert world.health.is_clear(world.A, world.now)


def test_timeouts_on_several_deployments_mark_the_resource(world):
    untouched = Target("west", "other")
    world.observe(world.A, "timeout")
    world.observe(world.A2, "timeout")
    assert world.ready_in(untouched) == 0
    world.observe(world.A, "timeout")
    assert world.ready_in(untouched) == world.policy.cooldown
    assert world.ready_in(world.B) == 0
    assert world.health.report(world.now)["@west"].failing


@pytest.mark.parametrize("kind", ["transient", "timeout"])
def test_an_operation_that_fails_says_nothing_of_the_others(world, kind):
    for _ in range(10):
        world.health.observe(world.A, AttemptOutcome(kind, 500), world.now, operation="/responses")
    assert world.health.is_clear(world.A, world.now, "/chat/completions")
    assert world.health.view([world.A], world.now, "/chat/completions")[0].ready_at == world.now
    assert not world.health.is_clear(world.A, world.now, "/responses")
    assert world.health.view([world.A], world.now, "/responses")[0].needs_probe
    assert world.health.report(world.now)["/responses:a@west"].failing
    world.now += world.policy.cooldown
    assert world.health.claim(world.A, "first", world.now, "/responses")
    assert not world.health.claim(world.A, "second", world.now, "/responses")
    world.health.observe(world.A, world.OK, world.now, caller="first", operation="/responses")
    assert world.health.is_clear(world.A, world.now, "/responses")


def test_a_good_reply_of_one_operation_does_not_close_another_s_circuit(world):
    for _ in range(3):
        world.health.observe(world.A, world.failed(), world.now, operation="/responses")
        world.health.observe(world.A, world.OK, world.now, operation="/chat/completions")
    assert not world.health.is_clear(world.A, world.now, "/responses")


def test_the_connection_is_the_resource_s_and_the_quota_the_deployment_s_whatever_the_operation(world):
    for operation in ("/responses", "/chat/completions", "/embeddings"):
        world.health.observe(world.A, world.failed("reset"), world.now, operation=operation)
    assert not world.health.is_clear(world.A2, world.now, "/audio/speech")
    world.health.observe(world.B, world.limited(9.0), world.now, operation="/responses")
    assert world.health.view([world.B], world.now, "/chat/completions")[0].ready_at == world.now + 9.0


def test_a_5xx_of_two_deployments_leaves_the_third_alone(world):
    for _ in range(5):
        world.observe(world.A, "transient", 500)
        world.observe(world.A2, "transient", 500)
    assert world.ready_in(Target("west", "other")) == 0


def test_operations_without_end_take_no_memory_without_end(world):
    for number in range(1000):
        world.health.observe(world.A, world.failed(), world.now, operation=f"/made/up{number}")
    assert len(world.health.report(world.now)) < 100


def test_a_long_pause_is_tried_now_and_then_and_a_success_ends_it(world):
    world.observe(world.A, "rate_limited", 429, retry_after=3600.0)
    assert not world.health.claim(world.A, "early", world.now)
    world.now += world.policy.probe_interval
    assert standing(world, world.A).needs_probe
    assert world.health.claim(world.A, "first", world.now)
    assert not world.health.claim(world.A, "second", world.now)
    assert world.ready_in(world.A) == pytest.approx(3590.0), "nobody waits for the trial"
    world.health.observe(world.A, world.limited(3580.0), world.now, caller="first")
    assert not world.health.claim(world.A, "third", world.now)
    world.now += world.policy.probe_interval
    assert world.health.claim(world.A, "third", world.now)
    world.health.observe(world.A, world.OK, world.now, caller="third")
    assert world.health.is_clear(world.A, world.now)


def test_a_success_ends_a_long_pause_of_one_operation_too(make_world):
    world = make_world(max_wait=5.0)
    unwell = AttemptOutcome("transient", 503, retry_after=60.0)
    world.health.observe(world.A, unwell, world.now, operation="/responses")
    world.now += world.policy.probe_interval
    assert world.health.claim(world.A, "first", world.now, "/responses")
    world.health.observe(world.A, world.OK, world.now, caller="first", operation="/responses")
    assert world.health.is_clear(world.A, world.now, "/responses")


@pytest.mark.parametrize("kind", ["refused", "transient", "unreachable", "timeout"])
def test_a_trial_that_tells_nothing_of_the_quota_leaves_the_pause(world, kind):
    world.observe(world.A, "rate_limited", 429, retry_after=3600.0)
    world.now += world.policy.probe_interval
    assert world.health.claim(world.A, "first", world.now)
    world.health.observe(world.A, AttemptOutcome(kind), world.now, caller="first")
    assert world.ready_in(world.A) == pytest.approx(3590.0)
    world.now += world.policy.probe_interval
    assert world.health.claim(world.A, "second", world.now)


def test_a_trial_that_was_cancelled_may_be_made_by_the_next(world):
    world.observe(world.A, "rate_limited", 429, retry_after=3600.0)
    world.now += world.policy.probe_interval
    assert world.health.claim(world.A, "first", world.now)
    world.health.release(world.A, "first")
    assert world.health.claim(world.A, "second", world.now)


def test_what_another_process_says_of_a_long_pause_is_cut_short(world):
    world.health.learn("a@west", 3600.0, "rate_limited", world.now)
    assert world.ready_in(world.A) == world.policy.max_cooldown


def test_another_process_may_tell_of_one_operation(world):
    world.health.learn("/responses:a@west", 5.0, "transient", world.now)
    assert world.health.is_clear(world.A, world.now, "/chat/completions")
    assert not world.health.is_clear(world.A, world.now, "/responses")


def test_failures_on_one_deployment_say_nothing_of_its_resource(world):
    world.break_down(world.A)
    world.break_down(world.A)
    assert world.ready_in(world.A2) == 0


def test_a_host_that_cannot_be_reached_is_out_for_all_its_deployments(world):
    world.break_down(world.A, "unreachable")
    assert world.ready_in(world.A2) == world.policy.cooldown
    assert standing(world, world.A2).needs_probe


def test_a_reply_of_any_deployment_ends_the_resource_s_row(world):
    world.observe(world.A, "unreachable")
    world.observe(world.A, "unreachable")
    world.observe(world.A2, "rate_limited", 429, retry_after=0.0)
    world.observe(world.A, "unreachable")
    assert world.ready_in(Target("west", "other")) == 0


def test_one_probe_for_a_whole_resource_and_all_return_with_it(world):
    world.break_down(world.A, "unreachable")
    world.break_down(world.A2, "unreachable")
    world.now += world.policy.cooldown
    assert world.health.claim(world.A, "first", world.now)
    assert not world.health.claim(world.A2, "second", world.now)
    world.health.observe(world.A, world.failed("unreachable"), world.now, caller="first")
    assert world.ready_in(world.A2) == world.policy.probe_interval
    world.now += world.policy.probe_interval
    assert world.health.claim(world.A2, "second", world.now)
    world.health.observe(world.A2, world.OK, world.now, caller="second")
    assert world.health.is_clear(world.A2, world.now)
    assert world.ready_in(world.A) == 0  # its own circuit may be probed at once
    assert world.health.claim(world.A, "third", world.now)


def test_what_went_down_with_a_resource_need_not_wait_out_its_own_time(world):
    world.break_down(world.A2, "unreachable")
    world.now += 3.0
    world.break_down(world.A, "timeout")
    world.now += 2.0
    assert world.ready_in(world.A) == 3.0
    assert world.health.claim(world.A2, "first", world.now)
    world.health.observe(world.A2, world.OK, world.now, caller="first")
    assert world.ready_in(world.A) == 0.0
    assert standing(world, world.A).needs_probe


def test_a_claim_that_the_target_denies_leaves_the_resource_s_probe_free(world):
    world.break_down(world.A, "unreachable")
    world.now += world.policy.cooldown
    world.observe(world.A2, "transient", retry_after=30.0)
    assert not world.health.claim(world.A2, "first", world.now)
    assert world.health.claim(world.A, "second", world.now)


def test_a_request_that_never_left_says_nothing_but_gives_the_probe_back(world):
    world.break_down(world.A)
    world.now += world.policy.cooldown
    assert world.health.claim(world.A, "first", world.now)
    world.health.observe(world.A, AttemptOutcome("not_sent"), world.now, caller="first")
    assert world.health.claim(world.A, "second", world.now)


def test_a_503_with_a_time_is_obeyed_at_once(world):
    world.observe(world.A, "transient", 503, retry_after=4.0)
    assert world.ready_in(world.A) == 4.0
    assert not standing(world, world.A).needs_probe


@pytest.mark.parametrize("kind", ["auth", "forbidden", "not_found_deployment"])
def test_a_wrongly_configured_target_stands_last_in_line_for_a_while(world, kind):
    world.observe(world.A, kind, 404)
    assert standing(world, world.A).deprioritized
    assert world.ready_in(world.A) == 0
    world.now += world.policy.config_fault_memory
    assert not standing(world, world.A).deprioritized


def test_a_good_reply_ends_standing_last(world):
    world.observe(world.A, "auth", 401)
    world.observe(world.A, "ok", 200)
    assert not standing(world, world.A).deprioritized
    assert world.health.has_answered(world.A)
    assert not world.health.has_answered(world.B)


def test_a_quota_that_runs_low_lowers_the_weight_and_one_used_up_goes_last(world):
    world.observe(world.A, "ok", 200, remaining_tokens=50_000, limit_tokens=100_000)
    assert standing(world, world.A).weight == 1.0
    world.observe(world.A, "ok", 200, remaining_tokens=5_000, limit_tokens=100_000, reset_tokens=6.0)
    assert standing(world, world.A).weight == pytest.approx(0.5)
    world.observe(world.A, "ok", 200, remaining_tokens=1, limit_tokens=100_000, reset_tokens=6.0)
    assert standing(world, world.A).weight == pytest.approx(0.05)
    world.observe(world.A, "ok", 200, remaining_tokens=0, limit_tokens=100_000, reset_tokens=6.0)
    assert standing(world, world.A).deprioritized
    world.now += 6.0
    assert standing(world, world.A)[3:5] == (False, 1.0)


def test_a_limit_that_is_not_told_is_learned_and_the_scarcer_quota_counts(world):
    world.observe(world.A, "ok", 200, remaining_requests=250, remaining_tokens=250_000)
    assert standing(world, world.A).weight == 1.0
    world.observe(world.A, "ok", 200, remaining_requests=200, remaining_tokens=12_500)
    assert standing(world, world.A).weight == pytest.approx(0.5)
    assert world.health.report(world.now)["a@west"].quota_share == pytest.approx(0.05)
    world.now += world.policy.quota_memory
    assert standing(world, world.A).weight == 1.0
    assert world.health.report(world.now)["a@west"].quota_share is None


def test_after_a_refusal_its_own_time_counts(world):
    world.observe(world.A, "rate_limited", 429, retry_after=2.0, remaining_tokens=0, reset_tokens=50.0)
    world.now += 2.0
    assert standing(world, world.A)[1:4] == (world.now, world.now, False)


def test_a_spilled_over_reply_is_a_success_of_a_target_that_is_full(world):
    world.observe(world.A, "ok", 200, spilled_over=True, spillover_from="a")
    assert standing(world, world.A)[2:5] == (world.now, False, 0.25)
    assert world.health.has_answered(world.A)
    world.now += world.policy.spill_memory
    assert standing(world, world.A).weight == 1.0


def test_what_is_remembered_is_bounded_and_trouble_is_kept_longest(make_world):
    world = make_world(max_known=100)
    world.observe(world.A, "rate_limited", 429, retry_after=60.0)
    for number in range(1000):
        world.now += 0.001
        world.observe(Target("west", f"d{number}"), "ok", 200)
    report = world.health.report(world.now)
    assert len(report) <= 100
    assert "a@west" in report
    assert "d999@west" in report


def test_threads_never_share_a_probe(world):
    world.break_down(world.A)
    world.now += world.policy.cooldown
    barrier, won = threading.Barrier(16), []

    def contend(name):
        barrier.wait()
        for _ in range(200):
            if world.health.claim(world.A, name, world.now):
                won.append(name)

    threads = [threading.Thread(target=contend, args=(name,)) for name in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(won)) == 1


@each_row(
    "wrong",
    [
        {"max_attempts": 0},
        {"attempts_per_target": 0},
        {"failures_before_cooldown": 0},
        {"backoff": -1.0},
        {"cooldown": float("nan")},
        {"max_wait": float("inf")},
        {"jitter": 1.5},
        {"deadline": -0.1},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        RetryPolicy(**wrong)


def test_backoff_doubles_to_its_end_and_jitter_only_shortens_it():
    policy = RetryPolicy(backoff=0.5, max_backoff=8.0, jitter=0.5)
    assert [policy.backoff_after(n, 0.0) for n in range(1, 7)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert policy.backoff_after(1, 1.0) == 0.25
    assert policy.backoff_after(10_000, 0.0) == 8.0


def test_another_process_s_word_does_not_take_a_probe_s_right(world):
    world.break_down(world.A)
    world.now += world.policy.cooldown
    assert world.health.claim(world.A, "mine", world.now)
    world.health.learn("a@west", 50.0, "transient", world.now)
    world.health.observe(world.A, world.OK, world.now, caller="mine")
    assert world.health.is_clear(world.A, world.now)
    world.health.learn("a@west", 500.0, "transient", world.now)
    assert world.ready_in(world.A) == world.policy.max_cooldown
    world.health.learn_recovery("a@west", world.now)
    assert world.ready_in(world.A) == 0
    assert standing(world, world.A).needs_probe


def test_older_news_of_a_quota_do_not_replace_newer_ones(world):
    world.observe(world.A, "ok", 200, remaining_tokens=50, limit_tokens=100, reset_tokens=20.0)
    world.health.learn_quota("a@west", 0.01, 10.0, world.now)
    assert world.health.report(world.now)["a@west"].quota_share == 0.5
    world.health.learn_quota("a@west", 0.01, 30.0, world.now)
    assert world.health.report(world.now)["a@west"].quota_share == 0.01

"""Many calls at once against one memory of health, checked against a second, much simpler model of the same rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from azure_connector.deployments import Plan, Target
from azure_connector.routing import AttemptOutcome, BackOff, Health, RetryPolicy, Route, SendTo
from tests.support.examples import examples

TARGETS = (
    Target("west", "a", rank=0, weight=2.0),
    Target("west", "b", rank=0),
    Target("east", "c", rank=1),
    Target("north", "d", rank=2),
)
KINDS = (
    "ok", "ok", "rate_limited", "no_capacity", "transient", "timeout", "unreachable", "reset", "not_sent",
    "auth", "forbidden", "not_found_deployment", "not_found", "refused", "adapt", "dead",
)  # fmt: skip
OPERATIONS = ("", "/chat/completions", "/responses")
NO_ANSWER = {"timeout", "unreachable", "reset", "not_sent"}
MAY_HAVE_RUN = {"transient", "timeout", "reset"}


@dataclass
class Call:
    """What the model knows of one call."""

    route: Route
    targets: tuple[Target, ...]
    deadline: float | None
    repeatable: bool
    operation: str
    trial: bool = False
    on_its_way: Target | None = None
    sent_at: float = 0.0
    probes: set[str] = field(default_factory=set)
    claimed: set[str] = field(default_factory=set)
    wait_until: float = 0.0
    sent: list[Target] = field(default_factory=list)
    tried: set[Target] = field(default_factory=set)
    adapted: int = 0

    def keys(self, target: Target) -> tuple[str, ...]:
        """What may keep this call from a target."""
        own = (f"{self.operation}:{target.key}",) if self.operation else ()
        return (target.key, f"@{target.resource}", *own)


class Routing(RuleBasedStateMachine):
    @initialize(
        attempts=st.integers(1, 6),
        per_target=st.integers(1, 3),
        failures=st.integers(1, 3),
        cooldown=st.sampled_from([0.0, 1.0, 5.0]),
        probe_interval=st.sampled_from([0.0, 2.0, 10.0]),
        max_wait=st.sampled_from([5.0, 60.0]),
        patient=st.booleans(),
        seed=st.randoms(use_true_random=False),
    )
    def begin(self, attempts, per_target, failures, cooldown, probe_interval, max_wait, patient, seed):
        self.policy = RetryPolicy(
            max_attempts=attempts,
            attempts_per_target=per_target,
            failures_before_cooldown=failures,
            cooldown=cooldown,
            probe_interval=probe_interval,
            max_wait=max_wait,
            patient=patient,
        )
        self.now = 100.0
        self.chance = seed
        self.health = Health(self.policy, lambda: self.now)
        self.calls: list[Call] = []
        self.paused: dict[str, float] = {}  # the service's own word: a 429's for all, a 503's for one
        self.trying: dict[str, Call] = {}
        self.reached: set[str] = set()
        self.dead: set[str] = set()

    @rule(
        choice=st.lists(st.sampled_from(TARGETS), min_size=1, unique=True),
        deadline=st.none() | st.floats(0, 30),
        repeatable=st.booleans(),
        operation=st.sampled_from(OPERATIONS),
    )
    @precondition(lambda self: len(self.calls) < 6)
    def call(self, choice, deadline, repeatable, operation):
        until = None if deadline is None else self.now + deadline
        route = Route(
            Plan("m", tuple(choice), "mapping"), self.health, self.policy, self.now, until,
            repeatable=repeatable, operation=operation, rng=self.chance.random,
        )  # fmt: skip
        call = Call(route, tuple(choice), until, repeatable, operation)
        self.calls.append(call)
        self.check(call, route.first(), None)

    @rule(seconds=st.sampled_from([0.0, 0.05, 0.5, 1.0, 5.0, 61.0]))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(data=st.data(), kind=st.sampled_from(KINDS), retry_after=st.sampled_from([None, 0.0, 0.7, 7.0, 1e6]))
    @precondition(lambda self: any(call.on_its_way for call in self.calls))
    def answer(self, data, kind, retry_after):
        call = data.draw(st.sampled_from([call for call in self.calls if call.on_its_way]))
        target, call.on_its_way = call.on_its_way, None
        kind, permanent = ("unreachable", True) if kind == "dead" else (kind, False)
        wait = retry_after if kind not in ("ok", *NO_ANSWER) else None
        outcome = AttemptOutcome(kind, retry_after=wait, remaining_tokens=5, limit_tokens=9, permanent=permanent)
        self.note(target, kind, permanent=permanent)
        over = self.trial_ends(call, target, good=kind == "ok")
        if kind == "transient" and wait:
            self.pause(target, call.operation, min(wait, self.policy.max_cooldown))
        if kind in ("rate_limited", "no_capacity"):
            self.pause(target, "", self.policy.cooldown if retry_after is None else retry_after)
        if kind == "ok":
            call.route.succeeded(target, outcome, self.now)
            self.calls.remove(call)
            self.check_trial_is_over(over)
        else:
            call.tried.add(target)
            call.adapted += kind == "adapt"
            step = call.route.failed(target, outcome, self.now)
            if kind == "adapt":
                self.check_adapted(call, target, step)
            self.check(call, step, outcome)

    def trial_ends(self, call, target, *, good):
        """A good reply to the one try of a long pause ends the pause."""
        tried = [key for key in call.keys(target) if call.trial and self.trying.get(key) is call]
        call.trial = False
        for key in tried:
            del self.trying[key]
            if good:
                self.paused[key] = 0.0
        return tried

    def check_trial_is_over(self, keys):
        report = self.health.report(self.now)
        for key in keys:
            assert key not in report or not report[key].ready_in, f"a good reply leaves {key} paused"

    def pause(self, target, operation, seconds):
        key = f"{operation}:{target.key}" if operation else target.key
        self.paused[key] = max(self.paused.get(key, 0.0), self.now + seconds)

    def note(self, target, kind, *, permanent=False):
        """A second, simpler account of what has answered."""
        if kind not in NO_ANSWER:
            self.reached.add(target.resource)
            self.dead.discard(target.resource)
        elif kind != "not_sent":
            (self.dead.add if permanent else self.dead.discard)(target.resource)

    def told(self, call, target):
        """Until when the service itself wants no call like this one at a target."""
        return max(self.paused.get(key, 0.0) for key in call.keys(target))

    def is_hopeless(self, call):
        resources = {target.resource for target in call.targets}
        return not self.policy.patient and resources <= self.dead - self.reached

    def asks_anyway(self, call):
        """An open circuit is never waited for where it spares nobody anything."""
        return len(call.targets) == 1 or self.is_hopeless(call)

    @rule(
        whom=st.sampled_from(TARGETS),
        kind=st.sampled_from(["transient", "timeout", "unreachable", "dead"]),
        operation=st.sampled_from(OPERATIONS),
    )
    def other_calls_find_it_broken(self, whom, kind, operation):
        kind, permanent = ("unreachable", True) if kind == "dead" else (kind, False)
        for _ in range(self.policy.failures_before_cooldown):
            self.note(whom, kind, permanent=permanent)
            self.health.observe(whom, AttemptOutcome(kind, permanent=permanent), self.now, operation=operation)

    @rule(whom=st.sampled_from(TARGETS), seconds=st.sampled_from([0.5, 3.0, 50.0, 5000.0]))
    def other_calls_find_it_limited(self, whom, seconds):
        self.note(whom, "rate_limited")
        self.health.observe(whom, AttemptOutcome("rate_limited", 429, retry_after=seconds), self.now)
        self.pause(whom, "", seconds)

    @rule(data=st.data(), late=st.floats(0, 2))
    @precondition(lambda self: any(not call.on_its_way for call in self.calls))
    def wait_ends(self, data, late):
        call = data.draw(st.sampled_from([call for call in self.calls if not call.on_its_way]))
        self.now = max(self.now, call.wait_until + late)
        self.check(call, call.route.resume(self.now), None)

    @rule(data=st.data())
    @precondition(lambda self: self.calls)
    def cancel(self, data):
        call = data.draw(st.sampled_from(self.calls))
        before = self.health.report(self.now)
        call.route.cancelled(call.on_its_way, self.now)
        after = self.health.report(self.now)
        self.calls.remove(call)
        given_back = {key for key, other in self.trying.items() if call.trial and other is call} | call.claimed
        if call.on_its_way:
            self.trial_ends(call, call.on_its_way, good=False)
        assert before.keys() == after.keys()
        for key, was in before.items():
            same = (was.failing, was.cause, was.quota_share) == (
                after[key].failing, after[key].cause, after[key].quota_share
            )  # fmt: skip
            assert same, f"a cancellation was taken for news of {key}"
            assert was.ready_in == after[key].ready_in or key in given_back, "only a probe may be given back"

    def check(self, call, step, outcome):
        if isinstance(step, SendTo):
            self.check_send(call, step, outcome)
        elif isinstance(step, BackOff):
            assert step.seconds > 0
            assert step.seconds <= self.policy.max_wait + 1
            assert call.deadline is None or self.now + step.seconds < call.deadline, "waits beyond the deadline"
            assert not self.untried_and_free(call), "waits although an untried target is free"
            if self.asks_anyway(call) and not call.sent:
                assert all(self.told(call, one) > self.now for one in call.targets), "waits for an open circuit"
            if (
                self.is_hopeless(call)
                and call.sent
                and not any(self.told(call, one) > self.now for one in call.targets)
            ):
                assert step.seconds <= 1.5, "waits long where nothing has ever answered"
            call.wait_until = self.now + step.seconds
        else:
            self.check_give_up(call, step, outcome)
            self.calls.remove(call)

    def check_adapted(self, call, target, step):
        """A changed request goes to the same target at once, unless that is not to be asked by now."""
        over = call.deadline is not None and self.now >= call.deadline
        free = self.told(call, target) <= self.now and self.health.is_clear(target, self.now, call.operation)
        if free and not over and call.adapted <= self.policy.max_adaptations:
            assert isinstance(step, SendTo)
            assert step.target == target

    def check_send(self, call, step, outcome):
        assert step.target in call.targets
        assert call.on_its_way is None, "two targets at once"
        assert call.deadline is None or self.now < call.deadline, "sends beyond the deadline"
        call.trial = self.told(call, step.target) > self.now
        for key in call.keys(step.target):
            left = self.paused.get(key, 0.0) - self.now
            if left > 0:
                assert step.probe, "asks a cooling target"
                assert left > self.policy.max_wait, "tries a pause that calls wait for"
                other = self.trying.get(key)
                assert other is None or self.now >= other.sent_at + self.policy.probe_interval, "tried twice at once"
                self.trying[key] = call
        if outcome is not None and outcome.kind in MAY_HAVE_RUN:
            assert call.repeatable, "repeats what may have been executed"
        report = self.health.report(self.now)
        failing = {key for key in call.keys(step.target) if key in report and report[key].failing}
        assert step.probe == bool(failing or call.trial)
        call.claimed = failing
        call.probes = set() if self.asks_anyway(call) else failing
        call.on_its_way, call.sent_at = step.target, self.now
        call.sent.append(step.target)
        assert len(call.sent) - call.adapted <= self.policy.max_attempts
        if self.is_hopeless(call) and len(call.sent) - call.adapted > 1:
            assert len(call.sent) - call.adapted <= max(2, len(call.targets)), "goes on where nothing ever answered"
        assert call.adapted <= self.policy.max_adaptations
        if len(call.targets) > 1:
            assert call.sent.count(step.target) - call.adapted <= self.policy.attempts_per_target

    def check_give_up(self, call, step, outcome):
        free = self.untried_and_free(call)
        if step.reason == "exhausted":
            tries = len(call.sent) - call.adapted
            assert not free or tries >= self.policy.max_attempts or (self.is_hopeless(call) and tries >= 2)
        elif step.reason == "deadline":
            assert call.deadline is not None
            assert not free or self.now >= call.deadline
        elif step.reason == "not_repeatable":
            assert not call.repeatable
            assert outcome.kind in MAY_HAVE_RUN
        elif outcome.kind not in ("refused", "adapt"):
            assert not {target for target in free if target.resource not in {one.resource for one in call.tried}}
        if step.attempt is not None:
            assert step.target in call.tried
            assert len(call.route.attempts) == len(call.sent)
        else:
            assert len(call.sent) == call.adapted
            assert not call.sent or step.retry_after > 0

    def untried_and_free(self, call):
        left = {one.resource for one in call.tried}
        return {
            target
            for target in call.targets
            if target.resource not in left  # a resource that refused is left as a whole
            and self.told(call, target) <= self.now
            and self.health.is_clear(target, self.now, call.operation)
        }

    @invariant()
    def one_probe_at_a_time(self):
        if not hasattr(self, "calls"):
            return
        failing = {key for key, row in self.health.report(self.now).items() if row.failing}
        for call in self.calls:  # another call's good reply ends a probe's mission
            call.probes &= failing
        for key in failing:
            probes = [
                call
                for call in self.calls
                if call.on_its_way and key in call.probes and self.now < call.sent_at + self.policy.probe_interval
            ]
            assert len(probes) <= 1, f"{key} is probed twice at once"

    def teardown(self):
        """Every call ends: in a reply once targets are well again, or by its own limits."""
        for _ in range(2000):
            if not getattr(self, "calls", None):
                return
            call = self.calls[0]
            if call.on_its_way:
                target = call.on_its_way
                self.note(target, "ok")
                over = self.trial_ends(call, target, good=True)
                call.route.succeeded(target, AttemptOutcome("ok", 200), self.now)
                self.check_trial_is_over(over)
                self.calls.remove(call)
            else:
                self.now = max(self.now, call.wait_until)
                self.check(call, call.route.resume(self.now), None)
        raise AssertionError("a call does not end")


TestRouting = Routing.TestCase
TestRouting.settings = settings(examples(200), stateful_step_count=40)

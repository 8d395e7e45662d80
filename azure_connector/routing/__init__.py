"""Which deployment next, and when: retry, backoff, circuit breaker, affinity."""

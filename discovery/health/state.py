"""What a row of check results says of one endpoint: it turns unhealthy and healthy again after so many in a row."""

from __future__ import annotations


class FlipCounter:
    """Results of the checks of one endpoint, one after the other.

    `healthy` is None until the endpoint is judged for the first time: by one good result, or by `unhealthy_threshold`
    bad ones in a row. A healthy one turns by `unhealthy_threshold` bad ones in a row, an unhealthy one by
    `healthy_threshold` good ones. `successes` and `failures` are the length of the row that ends with the last result;
    one of them is 0.
    """

    __slots__ = ("_healthy_threshold", "_unhealthy_threshold", "failures", "healthy", "successes")

    def __init__(self, unhealthy_threshold: int, healthy_threshold: int) -> None:
        """Both thresholds are 1 or more."""
        self.healthy: bool | None = None
        self.successes = 0
        self.failures = 0
        self._unhealthy_threshold = unhealthy_threshold
        self._healthy_threshold = healthy_threshold

    def configure(self, unhealthy_threshold: int, healthy_threshold: int) -> None:
        """Take other thresholds for the results to come."""
        self._unhealthy_threshold = unhealthy_threshold
        self._healthy_threshold = healthy_threshold

    def record(self, *, passed: bool) -> bool:
        """Take a result; whether `healthy` is another one now."""
        before = self.healthy
        if passed:
            self.successes += 1
            self.failures = 0
            if before is None or self.successes >= self._healthy_threshold:
                self.healthy = True
        else:
            self.failures += 1
            self.successes = 0
            if self.failures >= self._unhealthy_threshold:
                self.healthy = False
        return self.healthy is not before

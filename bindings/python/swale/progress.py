"""Progress of a run: snapshots and a bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Bar", "Progress"]


@dataclass(frozen=True)
class Progress:
    """A snapshot of a run; unknown numbers are NaN, an unknown total is -1."""

    reason: int
    step: int
    total_steps: int
    evaluations: int
    seconds: float
    value: float
    gradient_norm: float

    @classmethod
    def from_native(cls, now: Any) -> Progress:
        """Copy a native snapshot, which is only valid during the callback."""
        return cls(now.reason, now.step, now.total_steps, now.evaluations, now.seconds, now.value, now.gradient_norm)


class Bar:
    """A tqdm bar that follows the steps of a run."""

    def __init__(self, title: str) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError as error:
            raise ImportError("progress=True needs tqdm: pip install tqdm") from error
        self._bar: Any = tqdm(desc=title, unit="step", leave=False)

    def show(self, now: Progress) -> None:
        """Move to the step of a snapshot."""
        if now.total_steps > 0:
            self._bar.total = now.total_steps
        if now.value == now.value:
            self._bar.set_postfix_str(f"{now.value:.4g}", refresh=False)
        self._bar.update(now.step - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()

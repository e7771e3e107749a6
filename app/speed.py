"""How fast training may go: a class wants to watch it learn, an experiment wants it done."""

from __future__ import annotations

import math

from app.session import Session
from app.widgets.choice import Dropdown

SPEEDS: dict[str, tuple[str, float]] = {
    "1": ("1 epoch/s", 1.0),
    "10": ("10 epochs/s", 10.0),
    "60": ("60 epochs/s", 60.0),
    "full": ("Full speed", math.inf),
}
"""Names of the choices, and epochs a second."""
USUAL = "60"


class SpeedDropdown(Dropdown):
    """At most so many epochs a second, or as many as the machine can."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            "Speed",
            [(key, title, "") for key, (title, _) in SPEEDS.items()],
            help="At most so many epochs a second, so that there is something to watch; a slow machine does fewer.",
        )
        self.session = session
        self.chosen.connect(self.choose)
        self.choose(USUAL)

    def choose(self, key: str) -> None:
        """Train at the speed called ``key``."""
        self.set_key(key)
        self.session.set_speed(SPEEDS[key][1])

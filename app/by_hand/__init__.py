"""The parts of the by-hand panel: what is written for each phase, and the widgets that show it."""

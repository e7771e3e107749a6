"""Probes: pure functions of θ that say what a network does; they keep nothing and know nothing of training."""

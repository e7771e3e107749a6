"""The controls every panel is made of."""

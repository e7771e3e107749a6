"""The few operations on stacks of θ that everything else is made of."""

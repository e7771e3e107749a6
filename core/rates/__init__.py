"""What learning rates and optimizers do: many short runs from one θ, side by side."""

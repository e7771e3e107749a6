"""What ``learnscape bench`` measures: each benchmark a function, in a process of its own."""

"""The window: it shows and asks, and computes nothing."""

import os

# Before NumPy is imported. The networks here are small; OpenBLAS's own threads would only take the cores from the
# trainer, the probes and the window, which are threads already.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

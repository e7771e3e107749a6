"""What others can read: the record of runs as a table of text."""

from core.export.history import history_csv, write_history

__all__ = ["history_csv", "write_history"]

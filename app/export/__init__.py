"""Pictures of panels and of the window, animations of a run, and its record as a table."""

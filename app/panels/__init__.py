"""The panels: one file for each picture of what a network does."""

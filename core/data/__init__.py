"""Data: made by generators or drawn by hand, split, turned into features, scaled."""

DOMAIN = 6.0
"""The plane that data live on is [-DOMAIN, DOMAIN]², as in TensorFlow Playground."""

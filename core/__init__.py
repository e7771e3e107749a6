"""Learnscape's numerical core: networks as flat vectors, trained and looked at, without a window."""

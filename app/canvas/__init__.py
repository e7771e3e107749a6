"""The plane, the tools that draw on it, and the pictures of what could be on it."""

"""Open and save: one JSON file holds the whole Experiment, its points, and where its run is.

The file is text that a person can read, write and compare: every point is a line, every setting has its name; only θ
and the optimizer's arrays are base64. Numbers come back bit for bit. Nothing in a file is ever executed. A file may
also be an Experiment alone, written by hand, and leave out the points where a generator says how to make them.
"""

from core.project.codec import FORMAT, VERSION, Project, decode, encode
from core.project.faults import ProjectError
from core.project.storage import load, save, write_whole

__all__ = ["FORMAT", "VERSION", "Project", "ProjectError", "decode", "encode", "load", "save", "write_whole"]

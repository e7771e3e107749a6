"""The commands of the command line, one file each: NAME, ``add`` its options, ``run`` it."""

from app.commands import bench, demo, gui, list, reference, train

COMMANDS = (gui, demo, train, list, reference, bench)

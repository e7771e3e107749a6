"""The commands of the command line, one file each: NAME, ``add`` its options, ``run`` it."""

from app.commands import demo, gui, train

COMMANDS = (gui, demo, train)

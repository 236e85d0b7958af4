"""The commands of `improv-train`, a module each.

A module has `SHORT` and `LONG` (what --help says), `options(command)`, which adds the command's options to its
parser, and `run(options)`. None imports anything heavy before it runs.
"""

"""The commands of ``app.py``, by theme. Each imports what it needs when it runs: a start loads nothing it does not use.

Beside a command stand its arguments, in ``…_arguments``; its docstring is its help. ``table`` lists them all.
What one command alone needs has a file or folder of its own here: ``announcing``, ``checks``, ``demo`` and so on.
"""

"""Prints where this Python's package torch lies, its version and that of its CUDA, a line each.

torch itself is not imported: that takes seconds, and loads what the program will load anew. Its file version.py
stands by itself.
"""

import importlib.util
import runpy
import sys

try:
    spec = importlib.util.find_spec("torch")
except (ImportError, ValueError) as error:
    sys.exit(f"{sys.executable}: {error}")
if spec is None or not spec.submodule_search_locations:
    sys.exit(f"{sys.executable} has no package torch.")
folder = spec.submodule_search_locations[0]
try:
    version = runpy.run_path(folder + "/version.py")
except OSError as error:
    sys.exit(f"{folder} is not a package torch: {error}")
print(folder)
print(version["__version__"])
print(version.get("cuda") or "none")

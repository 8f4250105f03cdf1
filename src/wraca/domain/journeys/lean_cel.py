"""The CEL library without its interactive shell.

`import cel` also imports its command line, and with that prompt_toolkit and typer: 440 ms and 26 MB in every process, for something
nobody here can reach. An empty module stands in its place while the library is imported; `import cel.cli` still works afterwards.
"""

import sys
from types import ModuleType

__all__ = ["cel"]

if "cel" in sys.modules:
    import cel
else:
    sys.modules["cel.cli"] = ModuleType("cel.cli")
    try:
        import cel
    finally:
        del sys.modules["cel.cli"]

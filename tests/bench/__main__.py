"""`./run bench NAME`: the module of that name, with what else is said."""

import sys
from importlib import import_module
from pathlib import Path

NAMES = sorted(
    path.stem
    for path in Path(__file__).parent.glob("[!_]*.py")
    if "\ndef main(" in path.read_text()
)


def main() -> int:
    name, *arguments = sys.argv[1:] or [""]
    if name not in NAMES:
        print(f"./run bench NAME, where NAME is one of: {', '.join(NAMES)}")
        return 2
    result: int = import_module(f"tests.bench.{name}").main(arguments)
    return result


if __name__ == "__main__":
    sys.exit(main())

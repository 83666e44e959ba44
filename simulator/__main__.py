"""``python -m simulator``."""

from __future__ import annotations

from simulator.qt.running import main

if __name__ == "__main__":
    main()

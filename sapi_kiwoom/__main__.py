"""``python -m sapi_kiwoom``: the same command as ``sapi-kiwoom``."""

import sys

from sapi_kiwoom.cli import main

if __name__ == "__main__":
    sys.exit(main())

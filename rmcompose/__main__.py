"""`python -m rmcompose` is the command."""

import sys

from rmcompose.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

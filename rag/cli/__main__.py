"""``python -m rag.cli`` is ``geungeo``."""

import sys

from rag.cli import main

sys.exit(main())

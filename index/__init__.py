"""Articles in, a searchable index out. Knows nothing of questions, answers or HTTP."""

import os

# One question's products are small: over several threads these wait for each other longer than they work, where the
# machine does something else too. Heeded only before numpy is loaded; whoever sets it otherwise is obeyed.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

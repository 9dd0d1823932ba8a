"""Articles in, a searchable index out. Knows nothing of questions, answers or HTTP."""

import os

# One question's products are small: over two threads, these wait for each other longer than they work (on a machine that
# does something else too, 13 ms for 3). Only before numpy is loaded; whoever sets it otherwise is obeyed.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

"""Speed as ratios to a floor or a peer measured in the same run, on one thread of linear algebra."""

import os

# Small matrices on many threads mostly wait for each other, and processor time counts the waiting.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

"""Settings of the whole test run."""

import os

# Before numpy is imported anywhere: see the Makefile.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

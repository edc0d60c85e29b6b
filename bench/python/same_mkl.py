"""Lets MKL choose the same kernels as the engine does: import this before torch.

MKL asks `mkl_serv_intel_cpu_true` for the vendor and takes a slow path where it is not Intel's; the
engine answers 1. Without a C compiler the baseline stays as it is shipped, and says so.
"""

import ctypes
import os
import subprocess
import sys
import tempfile


def answer_vendor_check():
    if os.environ.get("VL_RETHINKER_MKL_AS_SHIPPED"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        source, library = os.path.join(folder, "vendor.c"), os.path.join(folder, "vendor.so")
        with open(source, "w") as file:
            file.write("int mkl_serv_intel_cpu_true(void) { return 1; }\n")
        for compiler in ("cc", "gcc", "g++"):
            try:
                subprocess.run([compiler, "-shared", "-fPIC", source, "-o", library], check=True)
            except (OSError, subprocess.CalledProcessError):
                continue
            ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
            return True
    print("no C compiler: MKL's kernels are as shipped, the engine's may be faster", file=sys.stderr)
    return False


answered = answer_vendor_check()

"""Tests whether CUDA works in this image on this node: starts it on each card and multiplies two matrices there.

Ends with one line of JSON on standard output, or with CUDA's own error on standard error and another exit status
than 0. Argument: the seconds that all of it may take.
"""

import ctypes
import faulthandler
import json
import signal
import sys

# Ends even what hangs inside a library, and shows where. The text is Python's own: `Timeout (0:02:00)!`.
faulthandler.dump_traceback_later(float(sys.argv[1]), exit=True)
# The first process of a container is ended by no signal that it does not handle, and a handler in Python would wait
# until the library that hangs returns. The C library's `_exit` does not; the status is the signal's number, 15.
libc = ctypes.CDLL(None)
libc.signal(signal.SIGTERM, libc._exit)

import torch  # noqa: E402  (it is what may hang or fail)

torch.cuda.init()
size = 64
cards = []
for index in range(torch.cuda.device_count()):
    ones = torch.ones(size, size, device=f"cuda:{index}")
    total = (ones @ ones).sum().item()
    if total != size**3:
        sys.exit(f"card {index} does not multiply: it makes {total} of {size**3}")
    card = torch.cuda.get_device_properties(index)
    cards.append(
        {
            "name": card.name,
            "computeCapability": f"{card.major}.{card.minor}",
            "memoryMiB": card.total_memory // 2**20,
        }
    )
print(json.dumps({"torch": torch.__version__, "cuda": torch.version.cuda, "cards": cards}))

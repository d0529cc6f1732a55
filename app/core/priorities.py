"""What gives way to what, where both want the same core."""

import os
import sys
import threading
from typing import Final

NICENESS: Final = 10  # a tenth of a core, where a request wants all of it


def give_way() -> None:
    """Lets everything else go before this thread and what it starts.

    Linux schedules threads one by one; elsewhere a priority is the whole process's, and stays.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        own = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, own + NICENESS)

"""A program that does not end when it is told to: it says so, and goes on."""

import signal
import sys
import threading

signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.stdout.write("ready\n")
sys.stdout.flush()
threading.Event().wait()

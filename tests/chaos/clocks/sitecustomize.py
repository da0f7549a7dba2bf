"""Read by parts whose clock can be set: faketime does not know how Python sleeps."""

import threading
import time


def sleep(seconds: float) -> None:
    threading.Event().wait(seconds)


time.sleep = sleep

"""Many who call WeCom at the same moment, in a process of their own.

`python -m tests.chaos.callers THREADS MOMENT`: each thread calls once at that moment
(seconds since 1970) and again until it succeeds; prints how many did.
"""

import sys
import threading
import time

import django


def main(threads: int, moment: float) -> None:
    django.setup()
    from django.db import connections

    from apps.common.errors import TryLater
    from apps.wecom.calls import call

    done: list[bool] = []

    def one() -> None:
        call("externalcontact.get_follow_user_list")  # with the token that still lives
        time.sleep(max(0.0, moment - time.time()))
        while time.time() < moment + 40:
            try:
                call("externalcontact.get_follow_user_list")
            except TryLater:
                time.sleep(0.2)
            else:
                done.append(True)
                break
        connections.close_all()

    crowd = [threading.Thread(target=one) for _number in range(threads)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    print(len(done))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))

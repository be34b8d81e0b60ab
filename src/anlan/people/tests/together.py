"""Several acts in one moment, each on a connection of its own: for tests of what two people do at once."""

import threading

from django.db import connections


def together(*acts):
    """Run acts in threads that start as one; returns what each returned or raised."""
    gate, came = threading.Barrier(len(acts)), [None] * len(acts)

    def run(i, act):
        try:
            gate.wait(10)
            came[i] = act()
        except Exception as error:  # noqa: BLE001 - a thread tells what it met
            came[i] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(i, act)) for i, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return came

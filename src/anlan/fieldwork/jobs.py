"""Jobs by name."""

from procrastinate.contrib.django import app

from anlan.fieldwork.services import redrawing

QUEUE = "fieldwork"


@app.periodic(cron="* * * * *")
@app.task(name="fieldwork.redraw", queue=QUEUE, queueing_lock="fieldwork.redraw", pass_context=False)
def redraw(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Make harmless copies of the files that came."""
    return redrawing.redraw()


@app.periodic(cron="43 3 * * *")
@app.task(name="fieldwork.forget", queue=QUEUE, queueing_lock="fieldwork.forget")
def forget(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Give up pieces of files that never became whole."""
    return redrawing.forget()


@app.periodic(cron="*/10 * * * *")
@app.task(name="fieldwork.look-again", queue=QUEUE, queueing_lock="fieldwork.look-again")
def look_again(timestamp: int) -> int:  # noqa: ARG001 - a periodic job is told its minute
    """Hash what was drawn before hashes were kept; nothing to do once all are."""
    return redrawing.look_again()

"""Reading a text aloud into a WAV file, by a program of this machine. It is called, never linked."""

import logging
import shlex
import shutil
import subprocess

from django.conf import settings

PATIENCE = 30  # seconds
LARGEST = 8 * 2**20  # bytes of a file: three minutes of ordinary speech

log = logging.getLogger(__name__)


def available() -> bool:
    """Say whether the program that ANLAN_SPEECH names is on this machine."""
    words = shlex.split(settings.SPEECH)
    return bool(words) and shutil.which(words[0]) is not None


def aloud(text: str) -> bytes | None:
    """Return a WAV file of the text; None where no program is here, or it failed: then the gateway reads the text."""
    if not available():
        return None
    try:
        done = subprocess.run(  # noqa: S603 - the command is the operator's own setting; the text goes in by stdin
            shlex.split(settings.SPEECH), input=text.encode(), capture_output=True, timeout=PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError) as broken:
        log.warning("the text could not be read aloud here, so it goes as text: %s", broken)
        return None
    if not done.stdout.startswith(b"RIFF") or len(done.stdout) > LARGEST:
        log.warning("the program that reads aloud made no WAV file (%d bytes)", len(done.stdout))
        return None
    return done.stdout

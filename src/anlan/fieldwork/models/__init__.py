"""Forms, records that came from devices, uploads."""

from anlan.fieldwork.models.forms import Form, FormVersion, Submission
from anlan.fieldwork.models.parts import UploadPart
from anlan.fieldwork.models.records import Record
from anlan.fieldwork.models.uploads import Upload

__all__ = ["Form", "FormVersion", "Record", "Submission", "Upload", "UploadPart"]

"""Pages: the reporter's (field face) and the duty desk's."""

"""One module is one command of `anlan`: HELP, arguments(parser), run(args) -> exit code.

Optional constants, read from the source before the module is imported: NAME (else the module's name with dashes),
AS_OWNER (connect in the role that owns the tables), STORE = False (needs no database), DJANGO = False (nor Django).
"""

"""What the lines of an issue's search text begin with, so that functions, modules and files are told apart. Pure.

Characters that no text of an event holds and nobody types: free text reads over them.
"""

MARKS = {"function": "\x01", "module": "\x02", "filename": "\x03"}

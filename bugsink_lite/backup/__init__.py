"""A backup is one file that holds database, spool, uploads and key, as they were at one moment, with checksums.

archive     the file: what is in it, and whether it is whole
tables      PostgreSQL's tables as text, out and in
make        from a running installation into a file
restore     from a file into an empty installation
"""

"""Log lines -> event payloads, as SDKs would send them. Pure.

A line, or the object that a log shipper made of it, goes through `auto.decode`; each format has a module of its own.
Nothing here raises for what a sender can write but `values.NotUnderstood`, and every expression is linear in the
length of the line. Source: ingest contract, section 18.
"""

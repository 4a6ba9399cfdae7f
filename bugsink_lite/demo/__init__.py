"""A shop that never was: three projects with two weeks of errors, for trying the product and for pictures of it."""

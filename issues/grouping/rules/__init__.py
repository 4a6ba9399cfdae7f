"""What a project's admins say about grouping: fingerprint rules and stack-trace rules. Pure.

Parsed when they are saved, and again where they are used; a line that will not do is left out there.
"""

from .fingerprints import FingerprintRule, FingerprintRules, parse_fingerprint_rules
from .stacks import StackRules, parse_stack_rules
from .syntax import Mistake

__all__ = [
    "FingerprintRule",
    "FingerprintRules",
    "Mistake",
    "StackRules",
    "parse_fingerprint_rules",
    "parse_stack_rules",
]

"""The names of PostgreSQL's error codes. Pure.

Source: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes"; the ones that servers
write to their logs every day.
"""

_NAMES = {
    "08000": "connection_exception",
    "08003": "connection_does_not_exist",
    "08006": "connection_failure",
    "08P01": "protocol_violation",
    "0A000": "feature_not_supported",
    "21000": "cardinality_violation",
    "22001": "string_data_right_truncation",
    "22003": "numeric_value_out_of_range",
    "22007": "invalid_datetime_format",
    "22008": "datetime_field_overflow",
    "22012": "division_by_zero",
    "22021": "character_not_in_repertoire",
    "22023": "invalid_parameter_value",
    "22P02": "invalid_text_representation",
    "22P05": "untranslatable_character",
    "23000": "integrity_constraint_violation",
    "23001": "restrict_violation",
    "23502": "not_null_violation",
    "23503": "foreign_key_violation",
    "23505": "unique_violation",
    "23514": "check_violation",
    "23P01": "exclusion_violation",
    "25001": "active_sql_transaction",
    "25006": "read_only_sql_transaction",
    "25P02": "in_failed_sql_transaction",
    "25P03": "idle_in_transaction_session_timeout",
    "28000": "invalid_authorization_specification",
    "28P01": "invalid_password",
    "3D000": "invalid_catalog_name",
    "3F000": "invalid_schema_name",
    "40001": "serialization_failure",
    "40P01": "deadlock_detected",
    "42501": "insufficient_privilege",
    "42601": "syntax_error",
    "42602": "invalid_name",
    "42622": "name_too_long",
    "42701": "duplicate_column",
    "42702": "ambiguous_column",
    "42703": "undefined_column",
    "42704": "undefined_object",
    "42710": "duplicate_object",
    "42803": "grouping_error",
    "42804": "datatype_mismatch",
    "42883": "undefined_function",
    "42P01": "undefined_table",
    "42P02": "undefined_parameter",
    "42P04": "duplicate_database",
    "42P07": "duplicate_table",
    "42P10": "invalid_column_reference",
    "53000": "insufficient_resources",
    "53100": "disk_full",
    "53200": "out_of_memory",
    "53300": "too_many_connections",
    "54000": "program_limit_exceeded",
    "55000": "object_not_in_prerequisite_state",
    "55006": "object_in_use",
    "55P03": "lock_not_available",
    "57014": "query_canceled",
    "57P01": "admin_shutdown",
    "57P02": "crash_shutdown",
    "57P03": "cannot_connect_now",
    "58000": "system_error",
    "58030": "io_error",
    "P0001": "raise_exception",
    "XX000": "internal_error",
    "XX001": "data_corrupted",
    "XX002": "index_corrupted",
}


# What the commonest messages say, for logs whose prefix has no %e. In English: lc_messages may differ.
_MESSAGES = (
    ("duplicate key value violates unique constraint", "23505"),
    ("violates foreign key constraint", "23503"),
    ("violates not-null constraint", "23502"),
    ("violates check constraint", "23514"),
    ("conflicting key value violates exclusion constraint", "23P01"),
    ("deadlock detected", "40P01"),
    ("could not serialize access", "40001"),
    ("too many clients already", "53300"),
    ("remaining connection slots are reserved", "53300"),
    ("too many connections for", "53300"),
    ("canceling statement due to", "57014"),
    ("canceling autovacuum task", "57014"),
    ("terminating connection due to administrator command", "57P01"),
    ("the database system is", "57P03"),
    ("current transaction is aborted", "25P02"),
    ("password authentication failed", "28P01"),
    ("no pg_hba.conf entry", "28000"),
    ("permission denied", "42501"),
    ("division by zero", "22012"),
    ("invalid input syntax", "22P02"),
    ("value too long for type", "22001"),
    ("out of range", "22003"),
    ("syntax error at", "42601"),
    ("out of shared memory", "53200"),
    ("out of memory", "53200"),
    ("No space left on device", "53100"),
    ("lock timeout", "55P03"),
    ("could not obtain lock", "55P03"),
)
_MISSING = {
    "relation": "42P01",
    "table": "42P01",
    "column": "42703",
    "function": "42883",
    "operator": "42883",
    "database": "3D000",
    "schema": "3F000",
    "type": "42704",
    "role": "28000",
}


def is_known(state: str) -> bool:
    return state in _NAMES


def guess(message: str) -> str:
    """The code of a message in English; "" if it is none of the common ones."""
    head = message[:500]
    for words, state in _MESSAGES:
        if words in head:
            return state
    return _MISSING.get(head.partition(" ")[0], "") if "does not exist" in head else ""


def condition(state: str) -> str:
    """23505 -> unique_violation; a code without a name here stays a code."""
    return _NAMES.get(state, f"SQLSTATE {state}")

"""Grouping stored events again: look first (plan), then move them (apply), chunk by chunk, journalled and undoable."""

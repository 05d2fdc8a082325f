"""An application for processes of their own."""

from pathlib import Path

READY = Path(__file__).with_name("application")
"""Its folder: a contract with one operation, its handler, and no database."""

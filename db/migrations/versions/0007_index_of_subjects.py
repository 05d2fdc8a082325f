"""The index that finds what is kept about somebody.

Revision: 0007, after 0006.
"""

from db.migrations import online

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    online.create_index("ix_idempotency_records_subject_id", "idempotency_records", ["subject_id"])


def downgrade() -> None:
    online.drop_index("ix_idempotency_records_subject_id", "idempotency_records")

"""The index of stored responses by their subject.

Revision: 0007, after 0006.
"""

from orderly.database.migrations import online_ddl

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    online_ddl.create_index("ix_idempotency_records_subject_id", "idempotency_records", ["subject_id"])


def downgrade() -> None:
    online_ddl.drop_index("ix_idempotency_records_subject_id", "idempotency_records")

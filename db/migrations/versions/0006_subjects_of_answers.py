"""The subject of a stored response.

Revision: 0006, after 0005. With the subject a response can be erased together with the account of a person. Responses
stored before have no subject; they expire within a day.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("idempotency_records", sa.Column("subject_id", sa.String(40)))


def downgrade() -> None:
    op.drop_column("idempotency_records", "subject_id")

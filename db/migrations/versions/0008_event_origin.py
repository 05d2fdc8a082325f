"""The epoch of event positions, for moved or restored databases.

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_origin",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("server", sa.String(40), nullable=False),
        sa.Column("shift", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event_origin"),
        sa.CheckConstraint("id = 1", name=op.f("ck_event_origin_one")),
    )


def downgrade() -> None:
    op.drop_table("event_origin")

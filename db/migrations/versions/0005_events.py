"""Events.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TYPES = (
    "'product.created', 'product.updated', 'product.archived', 'stock.adjusted', 'order.created', 'order.updated',"
    " 'order.paid', 'order.fulfilled', 'order.cancelled', 'order.refunded', 'user.created', 'user.updated',"
    " 'user.disabled', 'user.enabled', 'user.erased'"
)


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.String(40), nullable=False),
        sa.Column("actor_id", sa.String(40)),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_events_actor_id"),
        sa.CheckConstraint(f"type IN ({TYPES})", name=op.f("ck_events_type")),
    )
    op.create_index("ix_events_position", "events", ["position", "id"])
    op.create_index("ix_events_type", "events", ["type", "position", "id"])


def downgrade() -> None:
    op.drop_table("events")

"""Idempotency records without a foreign key to users.

Revision: 0009, after 0008.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("idempotency_records") as table:
        table.drop_constraint("fk_idempotency_records_user_id", type_="foreignkey")


def downgrade() -> None:
    with op.batch_alter_table("idempotency_records") as table:
        table.create_foreign_key("fk_idempotency_records_user_id", "users", ["user_id"], ["id"])

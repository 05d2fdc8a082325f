"""Orders and their lines.

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "orders",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("total_amount", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(1000)),
        sa.Column("shipping_address", sa.JSON()),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("payment_reference", sa.String(200)),
        sa.Column("tracking", sa.String(200)),
        sa.Column("refunded_amount", sa.BigInteger()),
        sa.Column("restocked", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("updated_at", time, nullable=False),
        sa.Column("paid_at", time),
        sa.Column("fulfilled_at", time),
        sa.Column("cancelled_at", time),
        sa.Column("refunded_at", time),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_orders_user_id"),
        sa.UniqueConstraint("payment_reference", name="uq_orders_payment_reference"),
        sa.CheckConstraint(
            "status IN ('pending', 'paid', 'fulfilled', 'cancelled', 'refunded')", name=op.f("ck_orders_status")
        ),
        sa.CheckConstraint("total_amount >= 0", name=op.f("ck_orders_total_amount")),
        sa.CheckConstraint(
            "(status IN ('pending', 'cancelled')) = (paid_at IS NULL)"
            " AND (paid_at IS NULL) = (payment_reference IS NULL)",
            name=op.f("ck_orders_paid"),
        ),
        sa.CheckConstraint(
            "(status <> 'fulfilled' OR fulfilled_at IS NOT NULL)"
            " AND (fulfilled_at IS NULL OR status IN ('fulfilled', 'refunded'))"
            " AND (tracking IS NULL OR fulfilled_at IS NOT NULL)",
            name=op.f("ck_orders_fulfilled"),
        ),
        sa.CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_orders_cancelled")),
        sa.CheckConstraint(
            "(status = 'refunded') = (refunded_at IS NOT NULL) AND (refunded_at IS NULL) = (refunded_amount IS NULL)",
            name=op.f("ck_orders_refunded"),
        ),
        sa.CheckConstraint("refunded_amount BETWEEN 0 AND total_amount", name=op.f("ck_orders_refunded_amount")),
        sa.CheckConstraint(
            "(status <> 'cancelled' OR restocked) AND (NOT restocked OR status IN ('cancelled', 'refunded'))",
            name=op.f("ck_orders_restocked"),
        ),
    )
    op.create_index("ix_orders_created_at", "orders", ["created_at", "id"])
    op.create_index("ix_orders_user_id", "orders", ["user_id", "created_at", "id"])
    op.create_index("ix_orders_status", "orders", ["status", "created_at", "id"])
    op.create_table(
        "order_lines",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("order_id", sa.String(40), nullable=False),
        sa.Column("product_id", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_order_lines"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_order_lines_order_id"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_order_lines_product_id"),
        sa.UniqueConstraint("order_id", "product_id", name="uq_order_lines_order_id_product_id"),
        sa.CheckConstraint("quantity BETWEEN 1 AND 1000000", name=op.f("ck_order_lines_quantity")),
        sa.CheckConstraint("unit_price_amount >= 0", name=op.f("ck_order_lines_unit_price_amount")),
    )
    op.create_index("ix_order_lines_product_id", "order_lines", ["product_id"])


def downgrade() -> None:
    op.drop_table("order_lines")
    op.drop_table("orders")

"""Products and their stock ledger.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FOR_SALE = {
    "ix_products_created_at": ["created_at", "id"],
    "ix_products_name": ["name", "id"],
    "ix_products_price_amount": ["price_amount", "id"],
    "ix_products_category": ["category", "created_at", "id"],
    "ix_products_currency": ["currency", "price_amount", "id"],
    "ix_products_in_stock": ["in_stock", "created_at", "id"],
}


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "products",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql"), nullable=False),
        sa.Column("description", sa.String(2000)),
        sa.Column("category", sa.String(100)),
        sa.Column("price_amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("in_stock", sa.Boolean(), sa.Computed("stock > 0", persisted=True), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("updated_at", time, nullable=False),
        sa.Column("archived_at", time),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
        sa.CheckConstraint("price_amount BETWEEN 0 AND 1000000000", name=op.f("ck_products_price_amount")),
        sa.CheckConstraint("stock BETWEEN 0 AND 1000000000", name=op.f("ck_products_stock")),
    )
    _index_those_for_sale("ix_products_sku", ["sku"], unique=True)
    for name, columns in FOR_SALE.items():
        _index_those_for_sale(name, columns)
    _index_for_search()
    op.create_table(
        "stock_adjustments",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("product_id", sa.String(40), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("user_id", sa.String(40)),
        sa.Column("created_at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stock_adjustments"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name="fk_stock_adjustments_product_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_stock_adjustments_user_id"),
        sa.CheckConstraint("delta <> 0", name=op.f("ck_stock_adjustments_delta")),
    )
    op.create_index("ix_stock_adjustments_product_id", "stock_adjustments", ["product_id", "created_at", "id"])


def downgrade() -> None:
    op.drop_table("stock_adjustments")
    op.drop_table("products")


def _index_those_for_sale(name: str, columns: list[str], *, unique: bool = False) -> None:
    condition = sa.text("archived_at IS NULL")
    op.create_index(name, "products", columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _index_for_search() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    # A trusted extension, so the owner of the database may create it. A downgrade does not drop it.
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    ops = {"search": "gin_trgm_ops"}
    op.create_index("ix_products_search", "products", ["search"], postgresql_using="gin", postgresql_ops=ops)

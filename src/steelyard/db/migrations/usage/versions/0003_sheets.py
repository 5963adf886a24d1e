"""Events lie in the order of their time without any index, and are counted into sheets by the fold."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EPOCH_MS = 1_577_836_800_000
_INDEXES = ("at_ms", "model", "principal", "address", "type", "failed")
# Every event goes through the fold once more, which counts it; its new key holds its time.
_MOVE = f"""
INSERT INTO usage_hot (id, type, model, principal, address, agent, success, error_code, request, session, duration_us,
    queue_us, load_us, first_token_us, tokens_in, tokens_out, bytes_in, bytes_out, vram_mb, gpu_utilization, parameters)
SELECT ((at_ms - {_EPOCH_MS}) * 2097152) + row_number() OVER (PARTITION BY at_ms ORDER BY id) - 1,
    type, model, principal, address, agent, success, error_code, request, session,
    CAST(round(duration_ms * 1000) AS BIGINT), CAST(round(queue_ms * 1000) AS BIGINT),
    CAST(round(load_ms * 1000) AS BIGINT), CAST(round(first_token_ms * 1000) AS BIGINT),
    tokens_in, tokens_out, bytes_in, bytes_out, vram_mb, gpu_utilization, parameters
FROM usage_events
"""  # noqa: S608 - no text of anybody else
_BACK = f"""
INSERT INTO usage_events (id, at_ms, type, model, principal, address, agent, success, error_code, request, session,
    duration_ms, queue_ms, load_ms, first_token_ms, tokens_in, tokens_out, bytes_in, bytes_out, vram_mb,
    gpu_utilization, parameters)
SELECT id, (id >> 21) + {_EPOCH_MS}, type, model, principal, address, agent, success, error_code, request, session,
    duration_us / 1000.0, queue_us / 1000.0, load_us / 1000.0, first_token_us / 1000.0,
    tokens_in, tokens_out, bytes_in, bytes_out, vram_mb, gpu_utilization,
    COALESCE(parameters, (SELECT {{word}} FROM usage_words WHERE usage_words.id = parameter_word))
FROM {{table}}
"""  # noqa: S608 - no text of anybody else
# What the fold has not counted yet.
_TOTALS = f"""
INSERT INTO usage_totals (type, model, events, first_ms, last_ms)
SELECT type, COALESCE(model, 0), COUNT(*), MIN(id >> 21) + {_EPOCH_MS}, MAX(id >> 21) + {_EPOCH_MS}
FROM usage_hot WHERE true GROUP BY type, COALESCE(model, 0)
ON CONFLICT (type, model) DO UPDATE SET events = usage_totals.events + excluded.events
"""  # noqa: S608 - no text of anybody else


def _event_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("model", sa.Integer()),
        sa.Column("principal", sa.BigInteger()),
        sa.Column("address", sa.Integer()),
        sa.Column("agent", sa.Integer()),
        sa.Column("success", sa.Boolean()),
        sa.Column("error_code", sa.Integer()),
        sa.Column("request", sa.String(length=64)),
        sa.Column("session", sa.String(length=64)),
        sa.Column("duration_us", sa.BigInteger()),
        sa.Column("queue_us", sa.BigInteger()),
        sa.Column("load_us", sa.BigInteger()),
        sa.Column("first_token_us", sa.BigInteger()),
        sa.Column("tokens_in", sa.BigInteger()),
        sa.Column("tokens_out", sa.BigInteger()),
        sa.Column("bytes_in", sa.BigInteger()),
        sa.Column("bytes_out", sa.BigInteger()),
        sa.Column("vram_mb", sa.Float()),
        sa.Column("gpu_utilization", sa.Float()),
        sa.Column("repeated", sa.Boolean()),
        sa.Column("parameter_word", sa.Integer()),
        sa.Column("parameters", sa.JSON(none_as_null=True)),
    ]


def upgrade() -> None:
    """Expand, and move every event to where the fold finds it."""
    op.create_table("usage_hot", *_event_columns(), sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_hot")))
    op.create_table("usage_log", *_event_columns(), sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_log")))
    op.create_table(
        "usage_sheets",
        sa.Column("key", _KEY, autoincrement=False, nullable=False),
        sa.Column("series", sa.LargeBinary()),
        sa.Column("bag", sa.LargeBinary(), nullable=False),
        sa.Column("quarters", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_usage_sheets")),
    )
    op.create_table(
        "usage_state",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_usage_state")),
    )
    op.execute("INSERT INTO usage_state (name, value) VALUES ('fold_turn', 0)")
    op.execute(_MOVE)
    op.execute("DELETE FROM usage_totals")
    for name in _INDEXES:
        op.drop_index(f"ix_usage_events_{name}", "usage_events")
    op.drop_table("usage_events")


def downgrade() -> None:
    """Events go back with keys and parameters as they are; those that were erased or have grown too old stay away."""
    _create_old()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in ("usage_hot", "usage_log"):
        op.execute(_BACK.format(table=table, word="text" if is_sqlite else "CAST(text AS JSON)"))
    op.execute(_TOTALS)
    for name in ("usage_state", "usage_sheets", "usage_log", "usage_hot"):
        op.drop_table(name)


def _create_old() -> None:
    new = {"duration_us", "queue_us", "load_us", "first_token_us", "repeated", "parameter_word"}
    columns = [column for column in _event_columns() if column.name not in new]
    times = [sa.Column(name, sa.Float()) for name in ("duration_ms", "queue_ms", "load_ms", "first_token_ms")]
    at_ms = sa.Column("at_ms", sa.BigInteger(), nullable=False)
    op.create_table("usage_events", *columns, *times, at_ms, sa.PrimaryKeyConstraint("id", name="pk_usage_events"))
    op.create_index("ix_usage_events_at_ms", "usage_events", ["at_ms", "id"])
    for name in ("model", "principal", "address", "type"):
        op.create_index(f"ix_usage_events_{name}", "usage_events", [name, "at_ms"])
    op.create_index(
        "ix_usage_events_failed",
        "usage_events",
        ["at_ms"],
        sqlite_where=sa.text("success IS 0"),
        postgresql_where=sa.text("success IS false"),
    )

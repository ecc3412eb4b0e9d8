"""The tables' metadata, and columns that several tables have."""

from sqlalchemy import CheckConstraint, Column, DateTime, MetaData, Text
from sqlalchemy.types import UserDefinedType

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s",
    }
)


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in SQL."""
        return "xid8"


def code() -> tuple[Column[str], CheckConstraint]:
    """A public name: no comma (codes are listed with commas in requests) and no white space."""
    return Column("code", Text, nullable=False, unique=True), CheckConstraint("code ~ '^[^[:space:],]{1,100}$'", name="code_plain")


def names() -> tuple[Column[str], Column[str]]:
    """What people read, in two languages."""
    return Column("name_ru", Text, nullable=False), Column("name_en", Text, nullable=False)


def instant(name: str, *, nullable: bool = True) -> Column[object]:
    """A moment in time; it may be left open unless that is said otherwise."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """Only these values, and no others."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_known")

"""The events of all rooms in one SQLite file, every commit durable before it returns."""

import time
import uuid

from sqlalchemy import create_engine, event, func, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

from models import Comment


class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "events"

    room: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str]
    actor: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[int]


class Store:
    def __init__(self, file: str) -> None:
        engine = create_engine(f"sqlite:///{file}")
        event.listen(engine, "connect", _set_pragmas)
        Base.metadata.create_all(engine)
        self._session = sessionmaker(engine)

    def append(self, room: str, actor: str, text: str) -> Comment:
        """Writes an event with the next number of its room."""
        last = select(func.coalesce(func.max(Event.seq), 0)).where(Event.room == room)
        values = {
            "id": str(uuid.uuid4()),
            "actor": actor,
            "text": text,
            "created_at": time.time_ns() // 1_000_000,
        }
        new = insert(Event).values(room=room, seq=last.scalar_subquery() + 1, **values)
        with self._session.begin() as session:
            seq = session.scalar(new.returning(Event.seq))
        return _comment(room, seq, **values)

    def list(self, room: str, limit: int) -> list[Comment]:
        """The last events of a room, the newest first."""
        query = select(Event).where(Event.room == room).order_by(Event.seq.desc()).limit(limit)
        with self._session() as session:
            return [
                _comment(e.room, e.seq, e.id, e.actor, e.text, e.created_at)
                for e in session.scalars(query)
            ]


def _comment(room: str, seq: int, id: str, actor: str, text: str, created_at: int) -> Comment:
    return Comment(
        id=id, seq=seq, ticket_id=room, author_id=actor, text=text, created_at=created_at
    )


def _set_pragmas(connection, _record) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")

"""The rooms' sockets: Socket.IO, over WebSockets alone."""

import socketio
from pydantic import ValidationError

from models import Comment, CommentFrame, Join
from store import Store
from tokens import subject


class Sockets:
    def __init__(self, store: Store) -> None:
        self.io = socketio.AsyncServer(async_mode="asgi", transports=["websocket"])
        self._store = store
        self.io.on("connect", self._connect)
        self.io.on("join", self._join)
        self.io.on("comment", self._comment)

    async def tell(self, comment: Comment) -> None:
        """Tells a room of an event."""
        await self.io.emit("event", comment.model_dump(by_alias=True), room=comment.ticket_id)

    async def _connect(self, sid: str, _environ: dict, auth: object = None) -> None:
        actor = subject(auth.get("token")) if isinstance(auth, dict) else None
        if actor is None:
            raise socketio.exceptions.ConnectionRefusedError("unauthorized")
        await self.io.save_session(sid, {"actor": actor})

    async def _join(self, sid: str, data: object) -> dict:
        try:
            room = Join.model_validate(data).room
        except ValidationError:
            return {"error": "invalid"}
        await self.io.enter_room(sid, room)
        return {"ok": True}

    async def _comment(self, sid: str, data: object) -> dict:
        try:
            frame = CommentFrame.model_validate(data)
        except ValidationError:
            return {"error": "invalid"}
        if frame.room not in self.io.rooms(sid):
            return {"error": "not_joined"}
        session = await self.io.get_session(sid)
        comment = self._store.append(frame.room, session["actor"], frame.text)
        await self.tell(comment)
        return {"id": frame.id, "seq": comment.seq}

"""The HTTP API: FastAPI in one process. PORT, DATA (a folder) and JWT_SECRET are its settings."""

import os
from typing import Annotated

import socketio
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Path, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from models import Comment, CommentList, Health, NewComment, Room
from sockets import Sockets
from store import Store
from tokens import subject

app = FastAPI(openapi_url=None)
store = Store(os.path.join(os.environ["DATA"], "events.sqlite"))
sockets = Sockets(store)

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


async def authenticated(bearer: Bearer) -> str:
    actor = subject(bearer.credentials) if bearer else None
    if actor is None:
        raise HTTPException(401, "unauthorized")
    return actor


Actor = Annotated[str, Depends(authenticated)]


@app.get("/health")
async def health() -> Health:
    return Health()


# SQLite's calls run on the event loop, as those of better-sqlite3 do in Node: it allows one write
# at a time, and so a hop to a thread and back would be paid by every request.
@app.post("/v1/tickets/{room}/comments", status_code=201)
async def post_comment(room: Annotated[Room, Path()], body: NewComment, actor: Actor) -> Comment:
    comment = store.append(room, actor, body.text)
    await sockets.tell(comment)
    return comment


@app.get("/v1/tickets/{room}/comments")
async def list_comments(
    room: Annotated[Room, Path()],
    _actor: Actor,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> CommentList:
    return CommentList(items=store.list(room, limit))


if __name__ == "__main__":
    uvicorn.run(
        socketio.ASGIApp(sockets.io, app),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        log_level="warning",
        access_log=False,
        backlog=4096,  # a thousand clients may knock at once
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
    )

"""What is written and what is told."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Text = Annotated[str, Field(min_length=1, max_length=65_536)]
Room = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewComment(Request):
    text: Text


class Join(Request):
    room: Room


class CommentFrame(Request):
    id: str
    text: Text
    room: Room


class Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class Comment(Answer):
    id: str
    seq: int
    ticket_id: str
    author_id: str
    text: str
    created_at: int


class CommentList(Answer):
    items: list[Comment]


class Health(Answer):
    ok: Literal[True] = True

"""Who asks: the subject of a JSON Web Token."""

import os

import jwt

SECRET = os.environ["JWT_SECRET"]


def subject(token: str | None) -> str | None:
    """The subject of a valid token that has not expired, or none."""
    try:
        claims = jwt.decode(
            token or "", SECRET, algorithms=["HS256"], options={"require": ["sub", "exp"]}
        )
    except jwt.InvalidTokenError:
        return None
    return claims["sub"]

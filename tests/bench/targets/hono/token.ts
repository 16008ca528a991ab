// Who asks: the subject of a JSON Web Token, checked by hono/jwt.

import { verify } from "hono/jwt";
import { z } from "zod";

export const Claims = z.object({ sub: z.string().min(1), exp: z.number() });

/** The subject of a valid token that has not expired, or undefined. */
export async function subject(token: string | undefined, secret: string) {
  if (!token) return undefined;
  try {
    return Claims.parse(await verify(token, secret, "HS256")).sub;
  } catch {
    return undefined;
  }
}

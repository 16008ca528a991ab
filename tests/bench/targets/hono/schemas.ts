// What is written and what is told.

import { z } from "zod";

const text = z.string().min(1).max(65_536);

export const Params = z.object({ room: z.string().regex(/^[\w-]{1,64}$/) });
export const NewComment = z.strictObject({ text });
export const Listing = z.object({ limit: z.coerce.number().int().min(1).max(100).default(50) });
export const Frame = z.strictObject({ type: z.literal("comment"), id: z.string(), text });

export type Comment = {
  id: string;
  seq: number;
  ticketId: string;
  authorId: string;
  text: string;
  createdAt: number;
};

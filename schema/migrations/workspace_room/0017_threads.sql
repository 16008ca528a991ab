-- What else shows which ticket a mail belongs to, and how a workspace wants that.

-- The conversation that the mail's sender put it in, by Thread-Index; absent where it names none.
alter table mail_ids add column conversation text;
create index mail_ids_of_conversation on mail_ids (conversation, ticket)
where conversation is not null;

-- Whether answers are asked to go to an address with a token, and the key that makes the tokens.
alter table workspace add column reply_tokens integer not null default 0
    check (reply_tokens in (0, 1));
alter table workspace add column reply_key blob;
-- Within how many days the subject alone joins a mail to its sender's ticket.
alter table workspace add column thread_by_subject_days integer;
-- For how many days after it was solved a ticket is opened again by an answer.
alter table workspace add column reopen_days integer;
-- Whether an answer with another subject opens a ticket.
alter table workspace add column new_subject_opens integer not null default 0
    check (new_subject_opens in (0, 1));

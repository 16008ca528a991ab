-- Whether the signature of who wrote a comment stands below it where it leaves as mail.
alter table workspace add column sign_replies integer not null default 1
    check (sign_replies in (0, 1));

-- The mails of outreach that people wrote, by the key of their request: asked for again, it is the
-- same mail.
create table outreach_by_hand (
    key text primary key,
    hash text not null,
    -- What was answered, as JSON; it names nobody.
    reply text not null
) strict, without rowid;

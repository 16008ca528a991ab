-- Who has claimed what: asked for whoever comes in, and when an agent may no longer work. There are
-- few at any time.

create index tickets_claimed on tickets (claimed_until) where claimed_until is not null;

-- What last came back from an enrolment's prospect.
create table outreach_answers (
    enrolment integer primary key,
    kind text not null,
    at integer not null,
    ticket_id text,
    -- Whether the operators were told that they want to meet: once, however often they say so.
    told integer not null check (told in (0, 1))
) strict;

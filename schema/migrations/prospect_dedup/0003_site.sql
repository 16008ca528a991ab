-- What the pages of the person's company say of it, as JSON; empty where they were not read.
create table site (
    id integer primary key check (id = 1),
    facts text not null
) strict;

-- The record of what was done to this object's tables; made before anything else.
create table if not exists migrations (
    part text not null,
    number integer not null,
    name text not null,
    primary key (part, number)
) strict, without rowid;

-- When operators were last told of something: of the next they are told as later, also where the
-- clock stands still.
create table alerts (
    type text primary key,
    at integer not null
) strict, without rowid;

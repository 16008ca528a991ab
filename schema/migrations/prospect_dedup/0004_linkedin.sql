-- A profile at LinkedIn is an identity too. SQLite changes no check of a table that there is.
create table me_of_any_kind (
    id integer primary key check (id = 1),
    kind text not null check (kind in ('email', 'linkedin', 'name')),
    -- Null once the person was erased.
    identity text,
    -- Null for the owner. An alias points to a stronger identity and stays an alias for ever.
    alias_of text,
    erased integer not null check (erased in (0, 1)),
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    stage text not null,
    stage_at integer not null,
    last_contact_at integer,
    follow_up_at integer,
    follow_up_note text,
    follow_up_due integer not null check (follow_up_due in (0, 1))
) strict;

insert into me_of_any_kind (id, kind, identity, alias_of, erased, version, created_at, updated_at,
        stage, stage_at, last_contact_at, follow_up_at, follow_up_note, follow_up_due)
    select id, kind, identity, alias_of, erased, version, created_at, updated_at,
        stage, stage_at, last_contact_at, follow_up_at, follow_up_note, follow_up_due
    from me;

drop table me;

alter table me_of_any_kind rename to me;

-- What the workspace tells language models; no row where nobody has said anything.
create table ai_settings (
    id integer primary key check (id = 1),
    prompt text not null,
    version integer not null
) strict;

-- What models write to the prospects of campaigns: one text for each step of an enrolment.
create table outreach_texts (
    number integer primary key,
    campaign integer not null,
    enrolment integer not null,
    step integer not null,
    state text not null,
    text text,
    reason text,
    writer text,
    -- A hash of what the model was told of the person; null where a person wrote it.
    facts text,
    -- A hash of the step and the rules that it is written for; null where nobody has begun.
    basis text,
    -- Numbers the tries: what is told of an earlier one changes nothing.
    attempt integer not null,
    refusals integer not null,
    -- How often in a row no provider could be asked.
    delays integer not null,
    -- When it is asked for again where nothing was heard of it; null where nobody is asked.
    ask_at integer,
    -- Until then a consumer is at it.
    leased_until integer not null,
    updated_at integer not null,
    unique (enrolment, step)
) strict;

create index outreach_texts_by_campaign on outreach_texts (campaign, number);
create index outreach_texts_by_state on outreach_texts (campaign, state, number);
create index outreach_texts_to_ask on outreach_texts (ask_at) where ask_at is not null;

-- Whether models read the answers that the rules cannot tell apart.
alter table ai_settings add column
    classify_answers integer not null default 0 check (classify_answers in (0, 1));

-- Whether a model said what an answer is. While it is to be read it stands in outreach_texts, as
-- step 0 of its enrolment; there, text is the id of its comment.
alter table outreach_answers add column
    by_ai integer not null default 0 check (by_ai in (0, 1));

-- How many answers of an enrolment were to be read since one of them, at most a day.
alter table outreach_answers add column read_from integer not null default 0;
alter table outreach_answers add column readings integer not null default 0;

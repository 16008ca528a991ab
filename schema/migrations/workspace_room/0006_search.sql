-- Search. What the index holds, how it is fed and why it is cut so: search/mod.rs.

-- Words only: no texts, no places of words in texts, no lengths of texts. Its rows are numbered by
-- what they stand for: a comment by its seq, a ticket by its number and 2^44, a user by their
-- number and 2^45. It is given folded words in ASCII letters or other scripts, nothing else.
create virtual table search_words using fts5 (
    words, content = '', columnsize = 0, detail = none, prefix = '2 3 4 5 6',
    tokenize = 'ascii'
);

-- A word whose last text is erased goes at once, not when the index is next merged.
insert into search_words (search_words, rank) values ('secure-delete', 1);

-- One row: up to which comment, ticket and user the index has come.
create table search_state (
    id integer primary key check (id = 1),
    comments integer not null,
    tickets integer not null,
    users integer not null
) strict;

insert into search_state (id, comments, tickets, users) values (1, 0, 0, 0);

-- What has changed behind those marks, and the text that the index still has of it.
create table search_changes (
    -- The row of the index.
    entry integer primary key,
    was text not null
) strict;

create trigger search_comment_changed after update of body on comments
when old.body <> new.body and old.seq <= (select comments from search_state)
begin
    insert or ignore into search_changes (entry, was) values (old.seq, old.body);
end;

create trigger search_comment_gone after delete on comments
when old.seq <= (select comments from search_state)
begin
    insert or ignore into search_changes (entry, was) values (old.seq, old.body);
end;

create trigger search_ticket_changed after update of subject, tags on tickets
when (old.subject <> new.subject or old.tags <> new.tags)
    and old.number <= (select tickets from search_state)
begin
    insert or ignore into search_changes (entry, was)
    values (17592186044416 + old.number, old.number || ' ' || old.subject || ' ' || old.tags);
end;

create trigger search_ticket_gone after delete on tickets
when old.number <= (select tickets from search_state)
begin
    insert or ignore into search_changes (entry, was)
    values (17592186044416 + old.number, old.number || ' ' || old.subject || ' ' || old.tags);
end;

-- Of a user who was merged or erased (archived is 2) the index has nothing.
create trigger search_user_changed after update of email, name, company_id, archived on users
when (old.email is not new.email or old.name is not new.name
    or old.company_id is not new.company_id or (old.archived = 2) <> (new.archived = 2))
    and old.number <= (select users from search_state)
begin
    insert or ignore into search_changes (entry, was)
    values (35184372088832 + old.number, case when old.archived = 2 then ''
        else coalesce(old.email, '') || ' ' || coalesce(old.name, '') || ' '
        || coalesce((select name from companies where id = old.company_id), '') end);
end;

create trigger search_user_gone after delete on users
when old.number <= (select users from search_state)
begin
    -- The number of the last user is used again.
    update search_state set users = min(users, (select coalesce(max(number), 0) from users));
    insert or ignore into search_changes (entry, was)
    values (35184372088832 + old.number, case when old.archived = 2 then ''
        else coalesce(old.email, '') || ' ' || coalesce(old.name, '') || ' '
        || coalesce((select name from companies where id = old.company_id), '') end);
end;

create trigger search_company_renamed after update of name on companies
when old.name <> new.name
begin
    insert or ignore into search_changes (entry, was)
    select 35184372088832 + u.number,
        coalesce(u.email, '') || ' ' || coalesce(u.name, '') || ' ' || old.name
    from users u
    where u.company_id = old.id and u.archived < 2 and u.number <= (select users from search_state);
end;

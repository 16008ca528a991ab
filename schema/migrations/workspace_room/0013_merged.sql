-- What was merged into a ticket: its customer's answer is theirs too.
create index tickets_merged on tickets (merged_into) where merged_into is not null;

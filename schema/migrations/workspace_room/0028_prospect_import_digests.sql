-- The SHA-256 of the file, once it was read: another one under the same key is refused.
alter table prospect_imports add column digest text;

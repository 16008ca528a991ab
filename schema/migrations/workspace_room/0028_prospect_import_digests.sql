-- Which file an import is of: another one under the same key is refused. The SHA-256 of its first
-- bytes, and of all of it once it was read to its end.
alter table prospect_imports add column head text;
alter table prospect_imports add column digest text;

-- The hashes of its parts, 16 characters each, one behind the other, once it was read to its end.
alter table prospect_imports add column hashes text;

-- The hash of the part that was counted.
alter table prospect_import_parts add column hash text;

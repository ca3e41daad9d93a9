-- Expand only: nullable and without a default, so that a release of schema 1 goes on reading and writing jobs.
ALTER TABLE jobs ADD COLUMN deadline timestamptz;

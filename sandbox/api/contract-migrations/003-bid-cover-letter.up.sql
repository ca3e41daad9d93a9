-- Contract: a release of schema 2 writes bids.message.
ALTER TABLE bids RENAME COLUMN message TO cover_letter;

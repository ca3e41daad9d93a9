ALTER TABLE bids RENAME COLUMN cover_letter TO message;

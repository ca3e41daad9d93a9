DROP TABLE webhook_events, reviews, notifications, idempotency_keys, wallet_transactions, chat_messages, bids, jobs,
  rate_limits, refresh_tokens, otps, users;

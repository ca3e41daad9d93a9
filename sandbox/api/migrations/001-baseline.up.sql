CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('client', 'freelancer', 'admin'))
);

INSERT INTO users (id, email, name, role) VALUES
  ('00000000-0000-4000-8000-000000000001', 'client@example.com', 'Carla Client', 'client'),
  ('00000000-0000-4000-8000-000000000002', 'freelancer@example.com', 'Felix Freelancer', 'freelancer'),
  ('00000000-0000-4000-8000-000000000003', 'admin@example.com', 'Ada Admin', 'admin'),
  ('00000000-0000-4000-8000-000000000004', 'client2@example.com', 'Colin Client', 'client'),
  ('00000000-0000-4000-8000-000000000005', 'freelancer2@example.com', 'Fiona Freelancer', 'freelancer');

-- A user may hold several unused codes: two devices that log in at once must not lock each other out.
CREATE TABLE otps (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users,
  code_hash text NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX otps_by_code ON otps (user_id, code_hash);

CREATE TABLE refresh_tokens (
  token_hash text PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users,
  expires_at timestamptz NOT NULL
);

-- Unlogged: a crash may forget who called how often, and the counters cost no write-ahead log.
CREATE UNLOGGED TABLE rate_limits (
  key text PRIMARY KEY,
  calls integer NOT NULL,
  resets_at timestamptz NOT NULL
);

CREATE TABLE jobs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner_id uuid NOT NULL REFERENCES users,
  title text NOT NULL,
  description text NOT NULL,
  category text NOT NULL,
  budget numeric(14, 2) NOT NULL CHECK (budget >= 0),
  status text NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED')),
  payment_state text NOT NULL DEFAULT 'PENDING_ESCROW'
    CHECK (payment_state IN ('PENDING_ESCROW', 'ESCROWED', 'RELEASED')),
  escrow_amount numeric(14, 2),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX jobs_newest_first ON jobs (created_at DESC, id DESC);

CREATE TABLE bids (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  job_id uuid NOT NULL REFERENCES jobs,
  freelancer_id uuid NOT NULL REFERENCES users,
  amount numeric(14, 2) NOT NULL CHECK (amount >= 0),
  message text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX bids_by_job ON bids (job_id, created_at);

CREATE TABLE chat_messages (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  job_id uuid NOT NULL REFERENCES jobs,
  user_id uuid NOT NULL REFERENCES users,
  message text NOT NULL,
  attachment bytea,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX chat_messages_by_job ON chat_messages (job_id, created_at);

CREATE TABLE wallet_transactions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users,
  job_id uuid NOT NULL REFERENCES jobs,
  type text NOT NULL CHECK (type IN ('ESCROW', 'RELEASE')),
  amount numeric(14, 2) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX wallet_transactions_by_user ON wallet_transactions (user_id, created_at DESC);

CREATE TABLE idempotency_keys (
  user_id uuid NOT NULL REFERENCES users,
  key text NOT NULL,
  job_id uuid NOT NULL REFERENCES jobs,
  answer jsonb NOT NULL,
  PRIMARY KEY (user_id, key)
);

CREATE TABLE notifications (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users,
  job_id uuid NOT NULL REFERENCES jobs,
  category text NOT NULL,
  message text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX notifications_by_user ON notifications (user_id, created_at DESC);

CREATE TABLE reviews (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  job_id uuid NOT NULL REFERENCES jobs,
  user_id uuid NOT NULL REFERENCES users,
  rating integer NOT NULL CHECK (rating BETWEEN 1 AND 5),
  comment text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE webhook_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider text NOT NULL,
  job_id uuid NOT NULL REFERENCES jobs,
  state text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

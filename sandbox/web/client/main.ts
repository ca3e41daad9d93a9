import * as api from './api.ts';

declare const RELEASE_BUTTON: string;

const element = <T extends HTMLElement>(id: string): T => document.querySelector<T>(`#${id}`) as T;
const status = element('status');
const alertBox = element('alert');

let user: api.User | undefined;
let openJob: api.Job | undefined;

const tell = (text: string): void => {
  status.textContent = text;
};

/** Every act of the user either says what it did or says why it could not. */
async function attempt(act: () => Promise<string>): Promise<void> {
  alertBox.textContent = '';
  try {
    tell(await act());
  } catch (error) {
    tell('');
    alertBox.textContent = error instanceof Error ? error.message : String(error);
  }
}

function onSubmit(id: string, act: (field: (name: string) => string) => Promise<string>): void {
  const form = element<HTMLFormElement>(id);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const data = new FormData(form);
    void attempt(() => act((name) => String(data.get(name) ?? '')));
  });
}

let email = '';
onSubmit('ask-code', async (field) => {
  email = field('email');
  const { otp } = await api.askCode(email);
  element('enter-code').hidden = false;
  element('enter-code').querySelector('input')?.focus();
  return otp === undefined ? 'A code is on its way to you.' : `Your test code is ${otp}`;
});

onSubmit('enter-code', async (field) => {
  const { accessToken, user: known } = await api.enterCode(email, field('otp'));
  api.useToken(accessToken);
  user = known;
  element('log-in').hidden = true;
  element('who').hidden = false;
  element('who-name').textContent = `${known.name} (${known.role})`;
  element('post').hidden = known.role !== 'client';
  element('browse').hidden = false;
  for (const part of document.querySelectorAll<HTMLElement>('[data-for]'))
    part.hidden = part.dataset['for'] !== known.role;
  await listJobs('');
  return `Welcome, ${known.name}.`;
});

element('log-out').addEventListener('click', () => location.reload());

onSubmit('post-job', async (field) => {
  const job = {
    title: field('title'),
    description: field('description'),
    category: field('category'),
    budget: Number(field('budget')),
  };
  const posted = await api.postJob(job);
  element<HTMLFormElement>('post-job').reset();
  await listJobs('');
  await show(posted);
  return `Job posted: ${posted.title}`;
});

onSubmit('search-jobs', async (field) => `${await listJobs(field('search'))} jobs found.`);

async function listJobs(search: string): Promise<number> {
  const { items } = await api.searchJobs(search);
  element('jobs').replaceChildren(
    ...items.map((job) => {
      const open = document.createElement('button');
      open.type = 'button';
      open.textContent = `Open ${job.title}`;
      open.addEventListener('click', () => void attempt(() => show(job)));
      const about = document.createElement('span');
      about.textContent = `${job.status}, ${job.budget}`;
      const row = document.createElement('li');
      row.append(open, about);
      return row;
    }),
  );
  return items.length;
}

async function show(job: api.Job): Promise<string> {
  openJob = job;
  element('job').hidden = false;
  element('job-title').textContent = job.title;
  element('job-description').textContent = job.description;
  element('chat').replaceChildren();
  await refresh();
  return `Job opened: ${job.title}`;
}

/** The state of the open job is read again, not guessed from what was clicked. */
async function refresh(): Promise<void> {
  if (!openJob) return;
  const { id, title } = openJob;
  const { items } = await api.searchJobs(title);
  const now = items.find((job) => job.id === id);
  if (!now) return;
  openJob = now;
  element('job-status').textContent = now.status;
  element('job-payment').textContent = now.payment_state;
}

async function refreshChat(): Promise<void> {
  if (!openJob) return;
  const { items } = await api.readChat(openJob.id);
  element('chat').replaceChildren(
    ...items.map(({ userId, message }) => {
      const line = document.createElement('li');
      line.textContent = `${userId === user?.id ? 'You' : 'They'}: ${message}`;
      return line;
    }),
  );
}

/** The acts on a job need the job that is open. */
const onJob =
  (act: (job: api.Job, field: (name: string) => string) => Promise<string>) =>
  async (field: (name: string) => string) => {
    if (!openJob) throw new Error('Open a job first.');
    const told = await act(openJob, field);
    await refresh();
    return told;
  };

onSubmit(
  'place-bid',
  onJob(async (job, field) => {
    await api.placeBid(job.id, Number(field('amount')), field('message'));
    return 'Your bid was placed.';
  }),
);
onSubmit(
  'send-message',
  onJob(async (job, field) => {
    await api.writeChat(job.id, field('message'));
    element<HTMLFormElement>('send-message').reset();
    await refreshChat();
    return 'Message sent.';
  }),
);
onSubmit(
  'pay-escrow',
  onJob(async (job, field) => {
    await api.payEscrow(job.id, Number(field('amount')));
    return 'Paid into escrow.';
  }),
);
document.querySelector(`#${RELEASE_BUTTON}`)?.addEventListener('click', () => {
  const release = onJob(async (job) => {
    await api.releasePayment(job.id);
    return 'Payment released.';
  });
  void attempt(() => release(() => ''));
});

// A browser cannot send the token with a WebSocket's upgrade, so the chat is asked for; a stranger to it sees an empty one.
setInterval(() => void Promise.all([refreshChat(), refresh()]).catch(() => undefined), 1000);

import * as api from './api.ts';
import { createChat } from './chat.ts';
import { byId, form, type Field, onSubmit } from './page.ts';

declare const RELEASE_BUTTON: string;

let user: api.User | undefined;
let openJob: api.Job | undefined;
const chat = createChat({ list: byId('chat'), note: byId('chat-note') }, (id) => (id === user?.id ? 'You' : 'They'));

/** Every action of the user shows what it did or why it failed. */
async function attempt(act: () => Promise<string>): Promise<void> {
  byId('alert').textContent = '';
  try {
    byId('status').textContent = await act();
  } catch (error) {
    byId('status').textContent = '';
    byId('alert').textContent = error instanceof Error ? error.message : String(error);
  }
}

const when = (id: string, act: (field: Field) => Promise<string>): void =>
  onSubmit(id, (field) => void attempt(() => act(field)));

let email = '';
when('ask-code', async (field) => {
  email = field('email');
  const { otp } = await api.askCode(email);
  byId('enter-code').hidden = false;
  byId('enter-code').querySelector('input')?.focus();
  return otp === undefined ? 'A code is on its way to you.' : `Your test code is ${otp}`;
});

when('enter-code', async (field) => {
  const { accessToken, user: known } = await api.enterCode(email, field('otp'));
  api.useToken(accessToken);
  user = known;
  byId('log-in').hidden = true;
  byId('who').hidden = false;
  byId('who-name').textContent = `${known.name} (${known.role})`;
  byId('post').hidden = known.role !== 'client';
  byId('browse').hidden = false;
  for (const part of document.querySelectorAll<HTMLElement>('[data-for]')) {
    part.hidden = part.dataset['for'] !== known.role;
  }
  await listJobs('');
  byId('browse-title').focus();
  return `Welcome, ${known.name}.`;
});

// The token is kept in this page's memory alone.
byId('log-out').addEventListener('click', () => location.reload());

when('post-job', async (field) => {
  const posted = await api.postJob({
    title: field('title'),
    description: field('description'),
    category: field('category'),
    budget: Number(field('budget')),
  });
  form('post-job').reset();
  await listJobs('');
  await show(posted);
  return `Job posted: ${posted.title}`;
});

when('search-jobs', async (field) => {
  const found = await listJobs(field('search'));
  return found === 1 ? '1 job found.' : `${found} jobs found.`;
});

async function listJobs(search: string): Promise<number> {
  const { items } = await api.searchJobs(search);
  byId('jobs').replaceChildren(...items.map(rowOf));
  return items.length;
}

function rowOf(job: api.Job): HTMLElement {
  const open = document.createElement('button');
  open.type = 'button';
  open.textContent = `Open ${job.title}`;
  open.addEventListener('click', () => void attempt(() => show(job)));
  const about = document.createElement('span');
  about.textContent = `${job.status}, ${job.budget}`;
  const row = document.createElement('li');
  row.append(open, about);
  return row;
}

async function show(job: api.Job): Promise<string> {
  openJob = job;
  byId('job').hidden = false;
  byId('job-title').textContent = job.title;
  byId('job-description').textContent = job.description;
  byId('job-title').focus();
  await Promise.all([refreshJob(), chat.open(job.id)]);
  return `Job opened: ${job.title}`;
}

/** The state of the open job is read back, not inferred from the click. */
async function refreshJob(): Promise<void> {
  if (!openJob) return;
  const { id, title } = openJob;
  const { items } = await api.searchJobs(title);
  const now = items.find((job) => job.id === id);
  if (!now || openJob.id !== id) return;
  openJob = now;
  byId('job-status').textContent = now.status;
  byId('job-payment').textContent = now.payment_state;
}

/** An action on the open job; its effect is read back before it is shown. */
async function onJob(message: string, act: (job: api.Job) => Promise<unknown>): Promise<string> {
  if (!openJob) throw new Error('Open a job first.');
  await act(openJob);
  await Promise.all([refreshJob(), chat.refresh()]);
  return message;
}

when('place-bid', (field) =>
  onJob('Your bid was placed.', async ({ id }) => {
    await api.placeBid(id, Number(field('amount')), field('message'));
    await chat.open(id);
  }),
);
when('send-message', (field) =>
  onJob('Message sent.', async ({ id }) => {
    await api.writeChat(id, field('message'));
    form('send-message').reset();
  }),
);
when('pay-escrow', (field) => onJob('Paid into escrow.', ({ id }) => api.payEscrow(id, Number(field('amount')))));
document.querySelector(`#${RELEASE_BUTTON}`)?.addEventListener('click', () => {
  void attempt(() => onJob('Payment released.', ({ id }) => api.releasePayment(id)));
});

// Changes by the other side are shown without a click; an error of this refresh is shown by the next action.
setInterval(() => void Promise.all([refreshJob(), chat.refresh()]).catch(() => undefined), 1000);

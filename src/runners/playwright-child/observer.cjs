'use strict';
/* oxlint-disable no-underscore-dangle -- Node's loader and Playwright have no other place to observe every module and page */
/*
 * Loaded into Playwright's workers before the tests: writes one line for each answer that a test got, from the HTTP client of
 * a request and from the pages of a browser, because a report of Playwright names no address. No header but the request id and
 * the release, no query and no body is written.
 */
const { appendFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { subscribe } = require('node:diagnostics_channel');
const Module = require('node:module');

const { SHIPROOM_PLAYWRIGHT_ANSWERS: file, SHIPROOM_ID_HEADER: idHeader } = process.env;
const releaseHeader = process.env.SHIPROOM_RELEASE_HEADER;
const paceMs = Number(process.env.SHIPROOM_PACE_MS ?? 0);

function write(line) {
  // Set by the worker itself; Playwright's own process has none, and asks nothing for a test.
  const worker = process.env.TEST_WORKER_INDEX;
  if (worker === undefined) return;
  appendFileSync(file, `${JSON.stringify({ worker: Number(worker), at: Date.now(), ...line })}\n`);
}

const bare = (url) =>
  String(url)
    .replace(/[?#].*$/s, '')
    .replace(/\/\/[^/@]*@/, '//');
const named = (headers) => ({
  ...(idHeader && headers[idHeader] ? { requestId: String(headers[idHeader]) } : {}),
  ...(releaseHeader && headers[releaseHeader] ? { release: String(headers[releaseHeader]) } : {}),
});

function observeRequests() {
  subscribe('http.client.response.finish', ({ request, response }) => {
    const url = bare(`${request.protocol}//${request.getHeader('host')}${request.path}`);
    write({ kind: 'api', method: request.method, url, status: response.statusCode, ...named(response.headers) });
  });
  subscribe('undici:request:headers', ({ request, response }) => {
    write({
      kind: 'api',
      method: request.method,
      url: bare(request.origin + request.path),
      status: response.statusCode,
    });
  });
}

/** What a page shows stands on its document and on what its scripts read; images, fonts and scripts are anybody's. */
const shown = new Set(['document', 'xhr', 'fetch']);

/** Of the test in progress; undefined outside of one. */
let testInfo = () => undefined;
let nextAt = 0;

/** Below the rate limit of the target file. The time limit of a test is for the target, not for this wait. */
async function turn() {
  const now = Date.now();
  const own = Math.max(now, nextAt);
  nextAt = own + paceMs;
  if (own === now) return;
  const info = testInfo();
  if (info?.timeout > 0) info.setTimeout(info.timeout + own - now);
  await sleep(own - now);
}

/** The requests of a page are not paced: they are the browser's. */
function paceRequests(request) {
  if (!(paceMs > 0)) return;
  const fetch = request.fetch.bind(request);
  request.fetch = async (...args) => {
    await turn();
    return fetch(...args);
  };
}

function observePages(context) {
  paceRequests(context.request);
  context.on('response', (response) => {
    const request = response.request();
    const kind = request.resourceType();
    if (!shown.has(kind)) return;
    const answer = { method: request.method(), url: bare(response.url()), status: response.status() };
    write({ kind, ...answer, ...named(response.headers()) });
  });
  context.on('page', (page) => {
    page.on('websocket', (socket) => write({ kind: 'websocket', method: 'GET', url: bare(socket.url()), status: 101 }));
  });
}

/** A promise is always truthy: an assertion on one that nobody awaited asserts nothing about what it resolves to. */
function guardExpect(expect) {
  const matchers = (value, promise) =>
    new Proxy(value, {
      get(target, name) {
        const found = Reflect.get(target, name);
        if (name === 'resolves' || name === 'rejects') return found;
        if (name === 'not') return matchers(found, promise);
        if (typeof found === 'function') {
          write({ promise: String(name) });
          // This test is not believed already; where the promise is rejected later, the test that runs then is not at fault.
          promise.then(undefined, () => undefined);
        }
        return found;
      },
    });
  return new Proxy(expect, {
    apply(target, self, args) {
      const result = Reflect.apply(target, self, args);
      return typeof args[0]?.then === 'function' ? matchers(result, args[0]) : result;
    },
  });
}

/** The modules are known only once a test has loaded them. */
function observeModules() {
  const load = Module._load;
  const guarded = new WeakSet();
  Module._load = function observed(name, ...rest) {
    const exported = Reflect.apply(load, this, [name, ...rest]);
    if (/(^|[\\/])playwright-core$/.test(name) && !guarded.has(exported)) {
      guarded.add(exported);
      const instrumentation = exported._instrumentation;
      if (instrumentation)
        instrumentation.addListener({
          runAfterCreateBrowserContext: async (context) => observePages(context),
          runAfterCreateRequestContext: async (request) => paceRequests(request),
        });
      else write({ unobserved: 'the pages of its browser: this version of Playwright has no place to observe them' });
    }
    const isTest = /(^|[\\/])(@playwright[\\/]test|playwright[\\/]test)([\\/]index(\.js)?|\.js)?$/.test(name);
    // A test that is an ES module reads the exports from Node's cache, so they are changed in place.
    if (isTest && typeof exported?.expect === 'function' && !guarded.has(exported)) {
      guarded.add(exported);
      exported.expect = guardExpect(exported.expect);
      testInfo = () => {
        try {
          return exported.test.info();
        } catch {
          return undefined;
        }
      };
    }
    return exported;
  };
}

if (file !== undefined) {
  observeRequests();
  observeModules();
}

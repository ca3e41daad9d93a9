import type { RunResult } from '../core/run-result.ts';
import type { Judgement, NotChecked } from '../core/verdict.ts';

/**
 * JUnit XML for CI systems. Only a pass is a case without a child element: `inconclusive` and `error` are JUnit errors.
 * The verdict is a case of its own, so that a run without judgements is not green.
 */
export function junitXml(result: RunResult): string {
  const cases = [
    verdictCase(result),
    ...result.judgements.map(judgementCase),
    ...result.notChecked.map(notCheckedCase),
  ];
  const counted = (kind: Outcome['kind']): number => cases.filter(({ outcome }) => outcome.kind === kind).length;
  const totals = attributes({
    tests: cases.length,
    failures: counted('failure'),
    errors: counted('error'),
    skipped: counted('skipped'),
    time: seconds(result.durationMs),
  });
  const suite = `shiproom.${result.verb}.${result.target.name}.${result.target.environment}`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'shiproom' })}${totals}>`,
    `  <testsuite${attributes({ name: suite, timestamp: result.startedAt })}${totals}>`,
    ...properties(result),
    ...cases.map(caseXml),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

type Outcome =
  | { readonly kind: 'pass' }
  | {
      readonly kind: 'failure' | 'error' | 'skipped';
      readonly type: string;
      readonly message: string;
      readonly text: string;
    };

interface Case {
  readonly group: string;
  readonly name: string;
  readonly outcome: Outcome;
}

function verdictCase({ verdict, exitCode }: RunResult): Case {
  const details = { type: verdict.word, message: verdict.because, text: `exit code ${exitCode}` };
  const kind = { GO: 'pass', 'NO-GO': 'failure', HOLD: 'error' } as const;
  return { group: 'verdict', name: 'Verdict is GO', outcome: { kind: kind[verdict.word], ...details } };
}

const groupOf = (clauses: Judgement['clauses']): string =>
  clauses.length === 0 ? 'beside the SOP' : `clause ${clauses.join(', ')}`;

function judgementCase(judgement: Judgement): Case {
  const { clauses, title, status, because, expected, actual, requestIds } = judgement;
  const text = [`expected: ${expected}`, `actual: ${actual}`, ...requestIds.map((id) => `request id: ${id}`)].join(
    '\n',
  );
  const kind = { pass: 'pass', fail: 'failure', inconclusive: 'error', error: 'error', accepted: 'skipped' } as const;
  const outcome: Outcome = { kind: kind[status], type: status, message: because, text };
  return { group: groupOf(clauses), name: `${title} (${judgement.id})`, outcome };
}

function notCheckedCase({ id, title, clauses, reason, because, required }: NotChecked): Case {
  const kind = required && reason === 'skipped' ? 'error' : 'skipped';
  return {
    group: groupOf(clauses),
    name: `${title} (${id})`,
    outcome: { kind, type: reason, message: because, text: '' },
  };
}

function caseXml({ group, name, outcome }: Case): string {
  const open = `    <testcase${attributes({ classname: group, name })}`;
  if (outcome.kind === 'pass') return `${open}/>`;
  const { kind, type, message, text } = outcome;
  // The schema has no type for a skipped case.
  const details = attributes(kind === 'skipped' ? { message: `${type}: ${message}` } : { type, message });
  return `${open}>\n      <${kind}${details}>${escapeXml(text)}</${kind}>\n    </testcase>`;
}

function properties({ runId, exitCode, expectedRelease, addresses, deviations }: RunResult): string[] {
  const entries: [string, string | number | undefined][] = [
    ['run', runId],
    ['exit code', exitCode],
    ['api', addresses.api],
    ['expected release', expectedRelease],
    ...deviations.map((deviation): [string, string] => ['deviation', deviation]),
  ];
  const lines = entries.flatMap(([name, value]) =>
    value === undefined ? [] : `      <property${attributes({ name, value })}/>`,
  );
  return ['    <properties>', ...lines, '    </properties>'];
}

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');

const escapeXml = (text: string): string =>
  text.replace(/[&<>"'\n\t]/g, (character) => `&#${character.codePointAt(0)};`);

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

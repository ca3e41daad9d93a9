import { Option } from 'commander';
import { UserError } from '../src/core/errors.ts';
import { type Decision, decisionWords, describeDecision } from '../src/core/rollout/decided.ts';
import { formatMs } from '../src/core/slo.ts';
import { exitCodes } from '../src/core/verdict.ts';
import { decide, type DecideOptions } from '../src/flows/decide.ts';
import { duration, printResult, rolloutCommand, runCommand } from './cli.ts';

const about = 'Decides the open rollout: GO on a HOLD, NO-GO with a rollback, or more time.';

const program = rolloutCommand('decide', about)
  .option('--go', 'go on: to the next stage, or to the end of the rollout')
  .option('--no-go', 'roll back')
  .addOption(new Option('--extend <time>', 'observe for so much longer').argParser(duration))
  .requiredOption('--by <name>', 'who decides')
  .requiredOption('--because <reason>', 'why; the report shows it')
  .option('--digest <digest>', 'the evidence that the decision is based on, as `status` prints it')
  .option('--slo <file>', 'objectives to judge by (default: those of the rollout)');

interface Flags {
  readonly target?: string;
  readonly json?: boolean;
  readonly extend?: number;
  readonly by: string;
  readonly because: string;
  readonly digest?: string;
  readonly slo?: string;
}

// The last one of --go and --no-go would win silently.
const given = new Set<Decision['decision']>();
for (const word of decisionWords) program.on(`option:${word}`, () => given.add(word));

await runCommand(program, async (flow) => {
  const flags = program.opts<Flags>();
  const decided = await decide(optionsOf(flags), flow);
  if (decided.kind === 'ended') {
    printResult(decided.result, flow, flags.json === true);
    return decided.result.exitCode;
  }
  const { runId, decision } = decided;
  const text = `${describeDecision(decision, formatMs)}\njournalled by the process that executes ${runId}; its verdict is that of the rollout\n`;
  process.stdout.write(flags.json ? `${JSON.stringify({ runId, decision }, null, 2)}\n` : text);
  return exitCodes.go;
});

function optionsOf({ extend, by, because, digest, slo, target }: Flags): DecideOptions {
  const [decision, ...others] = given;
  const usage = ['npm run decide -- --go --by Ada --because "…"', '--no-go', '--extend 10m'];
  if (decision === undefined || others.length > 0)
    throw new UserError('A decision is one of --go, --no-go and --extend.', usage);
  if (by.trim() === '' || because.trim() === '')
    throw new UserError('A decision needs the name of who decides, and a reason.', usage);
  return { decision, by, because, digest, slo, target, ...(extend === undefined ? {} : { extendMs: extend }) };
}

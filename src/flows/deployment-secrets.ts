import { tokenNamesOf } from '../config/courtesy.ts';
import { type Deployment, serviceOfFile } from '../config/target-file.ts';
import { UserError } from '../core/errors.ts';
import type { RunSecrets } from './run-secrets.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Masks what a target file names as secret: codes, passwords, the variables of its commands, and its tokens. */
export function learnDeployment(secrets: RunSecrets, deployment: Deployment, variables: Variables): void {
  const tokens = tokenNamesOf(deployment).map(({ name }) => name);
  secrets.learnTarget({ service: serviceOfFile(deployment), env: [...deployment.env, ...tokens] }, variables);
}

/** A rollback could not inform anybody without its tokens, so a rollout is not started without them. */
export function requireTokens(deployment: Deployment, variables: Variables): void {
  const unset = tokenNamesOf(deployment).filter(({ name }) => !variables[name]);
  if (unset.length === 0) return;
  const names = unset.map(({ key, name }) => `${name} (${key})`).join(', ');
  throw new UserError(`The target file names environment variables that are not set: ${names}.`, [
    ...unset.map(({ name }) => `export ${name}=…`),
    'npm run doctor',
  ]);
}

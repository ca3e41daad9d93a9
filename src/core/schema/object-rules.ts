import { contract, expand, lossy, type Rules, unknown } from './difference.ts';
import type {
  DefinedObject,
  EnumObject,
  FunctionObject,
  ObjectOf,
  PrivilegeObject,
  SequenceObject,
  TableObject,
} from './snapshot.ts';

const unused = 'the previous release does not use it';
const relationMissing = (name: string) => `SELECT … FROM ${name} fails: relation "${name}" does not exist`;

export const tableRules: Rules<TableObject> = {
  added: ({ partition }) =>
    partition === null ? expand(unused) : unknown(`it takes rows of another table: ${partition}`),
  removed: ({ name, form }, { before, after }) => {
    const shape = (objects: typeof before.objects, table: string) =>
      objects
        .flatMap((each) => (each.kind === 'column' && each.table === table ? [`${each.name} ${each.type}`] : []))
        .toSorted()
        .join();
    const renamed = after.objects.find(
      (each) =>
        each.kind === 'table' &&
        !before.objects.some((old) => old.kind === 'table' && old.name === each.name) &&
        shape(after.objects, each.name) === shape(before.objects, name),
    );
    const what = `the ${form} does not exist any more`;
    return renamed
      ? contract(`${what}; ${renamed.name} with the same columns is new: possibly renamed`, relationMissing(name))
      : lossy(what, relationMissing(name));
  },
  changed: (from, to) => {
    if (!from.rowSecurity && to.rowSecurity)
      return contract(
        'row level security is on',
        `SELECT … FROM ${from.name} returns only rows that a policy allows, and INSERT fails: new row violates row-level security policy`,
      );
    const what = (['form', 'persistence', 'rowSecurity', 'partition'] as const)
      .filter((key) => from[key] !== to[key])
      .map((key) => `${key}: ${String(to[key])} instead of ${String(from[key])}`);
    return unknown(what.join('; ') || 'it differs in what has no rule');
  },
};

export const enumRules: Rules<EnumObject> = {
  added: () => expand(unused),
  removed: ({ name }) =>
    contract('the type does not exist any more', `$1::${name} fails: type "${name}" does not exist`),
  changed: (from, to) => {
    const gone = from.values.filter((value) => !to.values.includes(value));
    if (gone.length > 0)
      return contract(
        `without ${gone.map((value) => `'${value}'`).join(', ')}`,
        `'${gone[0]}'::${from.name} fails: invalid input value for enum ${from.name}: "${gone[0]}"`,
      );
    const kept = to.values.filter((value) => from.values.includes(value));
    if (kept.join('\0') !== from.values.join('\0'))
      return unknown('its values are in another order: they sort differently');
    const added = to.values.filter((value) => !from.values.includes(value));
    return expand(
      `with ${added.map((value) => `'${value}'`).join(', ')}; the previous release may read a value that it does not know`,
    );
  },
};

export const functionRules: Rules<FunctionObject> = {
  added: ({ called }, { before }) =>
    before.objects.some((each) => each.kind === 'function' && each.called === called)
      ? unknown(`${called} exists with other arguments: a call may be ambiguous, or reach the new one`)
      : expand(unused),
  removed: ({ name }) =>
    contract('it does not exist any more', `SELECT ${name} fails: function ${name} does not exist`),
  changed: (from, to) =>
    from.result === to.result
      ? unknown('its definition differs: what it returns is not known')
      : contract(
          `it returns ${to.result} instead of ${from.result}`,
          `SELECT ${from.name} returns another type than the previous release reads`,
        ),
};

export const sequenceRules: Rules<SequenceObject> = {
  added: () => expand(unused),
  removed: ({ name }) =>
    contract('it does not exist any more', `SELECT nextval('${name}') fails: relation "${name}" does not exist`),
  changed: (from, to) => unknown(`${to.definition} instead of ${from.definition}`),
};

export const privilegeRules: Rules<PrivilegeObject> = {
  added: () => expand('it allows more'),
  removed: ({ name, on, grantee }) =>
    contract('it is revoked', `${name} on ${on} as ${grantee} fails: permission denied`),
  changed: () => unknown('it differs in what has no rule'),
};

/** Triggers, policies and rewrite rules act on the statements of every release. */
export const tableRuleRules: Rules<ObjectOf<'trigger' | 'policy' | 'rule'>> = {
  added: ({ kind, table }) =>
    unknown(`what the ${kind} does to the statements of the previous release on ${table} is not known`),
  removed: ({ kind, table }) => unknown(`what the previous release loses without the ${kind} on ${table} is not known`),
  changed: ({ kind }) => unknown(`the definition of the ${kind} differs`),
};

export const definedRules: Rules<DefinedObject> = {
  added: ({ kind }) => (kind === 'other' ? unknown('there is no rule for this kind of object') : expand(unused)),
  removed: ({ kind, name }) => {
    switch (kind) {
      case 'view':
      case 'materialized view':
        return contract('it does not exist any more', relationMissing(name));
      case 'schema':
        return contract('it does not exist any more', `SELECT … FROM ${name}.… fails: schema "${name}" does not exist`);
      case 'domain':
      case 'composite type':
        return contract('the type does not exist any more', `$1::${name} fails: type "${name}" does not exist`);
      case 'extension':
        return contract('it is not installed any more', `its functions, types and operators fail: do not exist`);
      case 'other':
        return unknown('there is no rule for this kind of object');
    }
  },
  changed: ({ kind }) => {
    switch (kind) {
      case 'view':
      case 'materialized view':
        return unknown('its definition differs: which rows it returns is not known');
      case 'domain':
        return unknown('its definition differs: which values it refuses is not known');
      case 'composite type':
        return unknown('its attributes differ');
      default:
        return unknown('its definition differs, and there is no rule for it');
    }
  },
};

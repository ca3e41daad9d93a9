import ts from 'typescript';
import { patternOf } from './test-titles.ts';

/** An id that the code gives to a judgement or a step, `*` for what is filled in. */
export interface JudgedId {
  readonly id: string;
  /** Clauses that stand beside it; undefined where they are computed. */
  readonly clauses?: readonly string[];
  readonly isStep: boolean;
  readonly place: string;
}

/**
 * Ids of judgements in a source file: objects with `id` and `clauses` (or `clause`), calls such as `base('load.run', title, '3.2a')`,
 * and sources of rates, whose ids are the source and an objective.
 */
export function judgedIds(path: string, text: string): JudgedId[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: JudgedId[] = [];
  const isStep = path.endsWith('step-info.ts');
  const visit = (node: ts.Node): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    const judged = ts.isObjectLiteralExpression(node)
      ? ofObject(node)
      : ts.isCallExpression(node)
        ? ofCall(node)
        : undefined;
    if (judged) found.push({ ...judged, isStep, place: `${path}:${line}` });
    ts.forEachChild(node, visit);
  };
  visit(source);
  // `id: `${source}.${slo.id}`` names nothing: the sources themselves are found where they are given.
  return found.filter(({ id }) => /[a-z]/.test(id));
}

type Found = Pick<JudgedId, 'id' | 'clauses'>;

function ofObject(node: ts.ObjectLiteralExpression): Found | undefined {
  const value = (name: string) =>
    node.properties.find((each) => ts.isPropertyAssignment(each) && each.name.getText() === name) as
      | ts.PropertyAssignment
      | undefined;
  const has = (name: string) => node.properties.some((each) => each.name?.getText() === name);
  const rate = textOf(value('source')?.initializer);
  if (rate !== undefined && has('slo') && has('title')) return { id: `${rate}.*` };
  const id = textOf(value('id')?.initializer);
  const clauses = value('clauses') ?? value('clause');
  if (id === undefined) return undefined;
  if (clauses) return { id, ...literalClauses(clauses.initializer) };
  // What is handed to a judge that decides the clauses.
  return has('title') && has('evidence') ? { id } : undefined;
}

function ofCall({ arguments: [first, , third] }: ts.CallExpression): Found | undefined {
  const id = textOf(first);
  const clause = third && ts.isStringLiteralLike(third) ? third.text : undefined;
  return id !== undefined && clause !== undefined && isClause(clause) ? { id, clauses: [clause] } : undefined;
}

/** Clauses that are written out; none of them where one is computed. */
function literalClauses(node: ts.Expression): Pick<Found, 'clauses'> {
  const texts: string[] = [];
  let isComputed = false;
  const visit = (each: ts.Node): void => {
    if (ts.isStringLiteralLike(each)) texts.push(each.text);
    else if (ts.isArrayLiteralExpression(each.parent)) isComputed = true;
    ts.forEachChild(each, visit);
  };
  visit(node);
  const clauses = texts.filter(isClause);
  return isComputed || clauses.length === 0 ? {} : { clauses };
}

const isClause = (text: string): boolean => /^\d\.[\w.]+$/.test(text);

function textOf(node: ts.Node | undefined): string | undefined {
  if (!node) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? patternOf(node) : undefined;
}

import ts from 'typescript';

/** The titles of the tests of a file with those of their groups, `group > test`; what a table fills in is `*`. Skipped tests are none. */
export function testTitles(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const titles: string[] = [];
  const visit = (node: ts.Node, groups: readonly string[]): void => {
    const call = ts.isCallExpression(node) ? testCall(node) : undefined;
    if (call === undefined) return ts.forEachChild(node, (child) => visit(child, groups));
    const named = [...groups, call.title];
    if (call.isGroup) for (const argument of call.body) visit(argument, named);
    else titles.push(named.join(' > '));
  };
  visit(source, []);
  return titles;
}

interface TestCall {
  readonly isGroup: boolean;
  readonly title: string;
  readonly body: readonly ts.Node[];
}

function testCall({ expression, arguments: given }: ts.CallExpression): TestCall | undefined {
  const [first, ...body] = given;
  const { root, words } = calleeOf(expression);
  if (
    first === undefined ||
    !['it', 'test', 'describe'].includes(root) ||
    words.some((each) => /^(skip|todo)$/.test(each))
  )
    return undefined;
  // `it.each(table)` alone is the function that takes the title.
  if (['each', 'for', 'skipIf', 'runIf'].includes(words.at(-1) ?? '') && ts.isPropertyAccessExpression(expression))
    return undefined;
  const title = titleOf(first);
  return title === undefined ? undefined : { isGroup: root === 'describe', title, body };
}

/** Of `it.each(table)`: `it`, and `each`. */
function calleeOf(expression: ts.Expression): { readonly root: string; readonly words: readonly string[] } {
  if (ts.isIdentifier(expression)) return { root: expression.text, words: [] };
  if (ts.isCallExpression(expression)) return calleeOf(expression.expression);
  if (ts.isTaggedTemplateExpression(expression)) return calleeOf(expression.tag);
  if (!ts.isPropertyAccessExpression(expression)) return { root: '', words: [] };
  const { root, words } = calleeOf(expression.expression);
  return { root, words: [...words, expression.name.text] };
}

function titleOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text.replaceAll(/\$[\w.]+|%[sdifjoO#]/g, '*');
  return ts.isTemplateExpression(node) ? patternOf(node) : undefined;
}

/** A template with `*` in the place of each expression. */
export const patternOf = ({ head, templateSpans }: ts.TemplateExpression): string =>
  [head.text, ...templateSpans.map(({ literal }) => literal.text)].join('*');

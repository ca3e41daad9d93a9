import ts from 'typescript';

export interface Limits {
  /** Lines of a file. */
  readonly file: number;
  /** Lines of a function, from its first to its last; undefined where functions may have any length. */
  readonly function?: number;
}

export interface Oversized {
  readonly line: number;
  readonly name: string;
  readonly lines: number;
  readonly limit: number;
}

/** What of a source file is longer than its limit: the file itself, and each of its functions. */
export function findOversized(path: string, text: string, limits: Limits): Oversized[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
  const found: Oversized[] = [];
  const lines = text.replace(/\n$/, '').split('\n').length;
  if (lines > limits.file) found.push({ line: 1, name: 'file', lines, limit: limits.file });
  const visit = (node: ts.Node): void => {
    if (limits.function !== undefined && isFunction(node)) {
      const line = lineOf(node.getStart());
      const length = lineOf(node.end) - line + 1;
      if (length > limits.function) found.push({ line, name: nameOf(node), lines: length, limit: limits.function });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const isFunction = (node: ts.Node): node is ts.FunctionLikeDeclaration & { body: ts.Node } =>
  ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;

/** Its own name, or that of the variable or property that it is the value of. */
function nameOf(node: ts.FunctionLikeDeclaration): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  if (node.name) return node.name.getText();
  const { parent } = node;
  if ((ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) && parent.initializer === node)
    return parent.name.getText();
  return 'an anonymous function';
}

interface PostmanNode {
  readonly name?: string;
  readonly item?: readonly PostmanNode[];
  readonly event?: readonly { readonly listen?: string; readonly script?: { readonly exec?: unknown } }[];
}

/** Scripts of a Postman collection: each is a list of lines, and counts as a function. */
export function findOversizedScripts(text: string, limit: number): Oversized[] {
  const collection = JSON.parse(text) as PostmanNode;
  const inNode = ({ name = 'the collection', item = [], event = [] }: PostmanNode): Oversized[] => [
    ...event.flatMap(({ listen = 'script', script }) => {
      const lines = Array.isArray(script?.exec) ? script.exec.length : 0;
      return lines > limit ? [{ line: lineIn(text, name), name: `${listen} of "${name}"`, lines, limit }] : [];
    }),
    ...item.flatMap(inNode),
  ];
  return inNode(collection);
}

const lineIn = (text: string, name: string): number => {
  const index = text.indexOf(`"name": ${JSON.stringify(name)}`);
  return index === -1 ? 1 : text.slice(0, index).split('\n').length;
};

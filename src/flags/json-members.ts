/** Where a member of an object stands in a JSON text. */
interface Member {
  readonly name: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

interface ObjectPlace {
  /** Of its opening and its closing brace. */
  readonly open: number;
  readonly close: number;
  readonly members: readonly Member[];
}

const skipSpace = (text: string, from: number): number => {
  let at = from;
  while (/[\s]/.test(text[at] ?? '')) at += 1;
  return at;
};

/** The position after a string that starts at `from`. */
function skipString(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** The position after a value that starts at `from`; the text is known to be JSON. */
function skipValue(text: string, from: number): number {
  let at = from;
  let depth = 0;
  do {
    const character = text[at];
    if (character === '"') at = skipString(text, at);
    else if (character === '{' || character === '[') [depth, at] = [depth + 1, at + 1];
    else if (character === '}' || character === ']') [depth, at] = [depth - 1, at + 1];
    else if (depth > 0) at += 1;
    else while (at < text.length && !/[\s,\]}]/.test(text[at] ?? '')) at += 1;
  } while (depth > 0);
  return at;
}

function readObject(text: string, open: number): ObjectPlace {
  const members: Member[] = [];
  let at = skipSpace(text, open + 1);
  while (text[at] !== '}') {
    const start = at;
    const nameEnd = skipString(text, start);
    const valueStart = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = skipValue(text, valueStart);
    members.push({ name: JSON.parse(text.slice(start, nameEnd)) as string, start, valueStart, end });
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return { open, close: at, members };
}

/**
 * The text with one member of the object at `key` set, or removed where `value` is undefined; every other character stays as
 * it is. The text has to be JSON with an object at `key`.
 */
export function setMember(text: string, key: string, name: string, value: unknown): string {
  const root = readObject(text, skipSpace(text, text.startsWith('\uFEFF') ? 1 : 0));
  const place = root.members.findLast((member) => member.name === key);
  if (!place) throw new Error(`there is no "${key}"`);
  const object = readObject(text, place.valueStart);
  const index = object.members.findLastIndex((member) => member.name === name);
  const found = object.members[index];
  const splice = (from: number, to: number, inserted: string) => text.slice(0, from) + inserted + text.slice(to);
  const indent = indentOf(text, object);
  if (value === undefined) {
    if (!found) return text;
    const [previous, following] = [object.members[index - 1], object.members[index + 1]];
    if (previous) return splice(previous.end, found.end, '');
    return following ? splice(found.start, following.start, '') : splice(object.open + 1, object.close, '');
  }
  const json = format(value, indent);
  if (found) return splice(found.valueStart, found.end, json);
  const last = object.members.at(-1);
  const member = `${indent === undefined ? '' : `\n${indent}`}${JSON.stringify(name)}: ${json}`;
  if (last) return splice(last.end, last.end, `,${indent === undefined ? ' ' : ''}${member}`);
  const closing = indent === undefined ? '' : `\n${indent.slice(0, indent.length / 2)}`;
  return splice(object.open + 1, object.close, `${member}${closing}`);
}

/** The white space before the members of an object of depth two; undefined where the text is on one line. */
function indentOf(text: string, { members }: ObjectPlace): string | undefined {
  const before = members[0] ? text.slice(0, members[0].start) : '';
  const line = /\n([ \t]*)$/.exec(before)?.[1];
  if (line !== undefined) return line;
  return members.length === 0 && text.includes('\n') ? '    ' : undefined;
}

function format(value: unknown, indent: string | undefined): string {
  if (indent === undefined) return JSON.stringify(value);
  const unit = indent.slice(0, indent.length / 2);
  return JSON.stringify(value, null, unit).replaceAll('\n', `\n${indent}`);
}

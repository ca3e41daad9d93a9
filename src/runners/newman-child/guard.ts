/** What the guard prints: newman reports it as a message of the console, which no collection sees. */
const mark = 'shiproom no assertion: ';

/**
 * Put before each script of a collection, on its first line, so that line numbers stay. `pm.test` passes where its second
 * argument is no function, and where the function returns a comparison instead of asserting it; neither asserts anything.
 * Without a threshold chai writes `[ …(3) ]` in the place of a value.
 */
const guard =
  `{try{require('chai').config.truncateThreshold=0}catch{}const test=pm.test,expect=pm.expect;let expected=0;const note=(name,why)=>console.log(${JSON.stringify(mark)}+'"'+name+'" '+why);
pm.expect=Object.assign((...args)=>{expected+=1;return expect(...args)},expect);
pm.test=Object.assign((name,check)=>{
if(typeof check!=='function'){note(name,'has '+String(check).slice(0,60)+' in the place of a function');return test(name,check)}
if(check.length>0)return test(name,check);
return test(name,()=>{const before=expected,result=check();if(typeof result==='boolean'&&expected===before)note(name,'returns '+result+' and asserts nothing');return result})},test)}`
    .split('\n')
    .join('');

/** A copy of the collection in which every script runs behind the guard. */
export const guardScripts = (collection: object): object =>
  JSON.parse(
    JSON.stringify(collection, (key, value: unknown) => {
      if (key !== 'script' || typeof value !== 'object' || value === null) return value;
      const { exec } = value as { exec?: unknown };
      if (typeof exec === 'string') return { ...value, exec: guard + exec };
      return Array.isArray(exec)
        ? { ...value, exec: [guard + String(exec[0] ?? ''), ...exec.slice(1).map(String)] }
        : value;
    }),
  ) as object;

/** Why an assertion of a script asserts nothing; undefined for a message of the collection's own. */
export const noteIn = (message: unknown): string | undefined =>
  typeof message === 'string' && message.startsWith(mark) ? message.slice(mark.length) : undefined;

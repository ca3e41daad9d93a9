import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const place = /(file:\/\/[^\s()]+\.mjs):(\d+):(\d+)/;

/**
 * Stack traces name the sources of a bundle. Node's own source maps do the same, but read every map at the start; here a map
 * is read when a trace needs it, which is hardly ever.
 */
export function traceToSources(bundle) {
  const prefix = pathToFileURL(bundle).href;
  const maps = new Map();
  const mapOf = (url) => {
    if (!maps.has(url)) {
      const file = fileURLToPath(url);
      maps.set(url, { folder: dirname(file), map: new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8'))) });
    }
    return maps.get(url);
  };
  const sourceOf = (whole, url, line, column) => {
    if (!url.startsWith(prefix)) return whole;
    const { folder, map } = mapOf(url);
    const { originalSource, originalLine, originalColumn } = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (originalSource === undefined) return whole;
    return `${pathToFileURL(join(folder, originalSource)).href}:${originalLine + 1}:${originalColumn + 1}`;
  };
  const format = (frame) => {
    const text = String(frame);
    try {
      return `\n    at ${text.replace(place, sourceOf)}`;
    } catch {
      // A trace without sources is better than none.
      return `\n    at ${text}`;
    }
  };
  Error.prepareStackTrace = (error, frames) => `${Error.prototype.toString.call(error)}${frames.map(format).join('')}`;
}

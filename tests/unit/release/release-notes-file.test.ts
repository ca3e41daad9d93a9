import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyNotesFile, type FileChange, putSection, sectionIn } from '../../../src/report/release-notes-file.ts';

const section = (release: string) => `## \`${release}\`\n\nText of ${release}`;
const put = (text: string, release: string, content = section(release)): Extract<FileChange, { text: string }> => {
  const change = putSection(text, release, content);
  if ('problem' in change) throw new Error(change.problem);
  return change;
};

describe('the file of release notes', () => {
  it('has the newest release first, below its heading', () => {
    const one = put(emptyNotesFile, 'app@1').text;
    const two = put(one, 'app@2');
    expect(two.change).toBe('inserted');
    expect(two.text).toBe(
      [
        '# Release notes\n',
        '<!-- release: app@2 -->\n## `app@2`\n\nText of app@2\n<!-- end of release -->\n',
        '<!-- release: app@1 -->\n## `app@1`\n\nText of app@1\n<!-- end of release -->\n',
      ].join('\n'),
    );
    expect(sectionIn(two.text, 'app@1')).toBe(section('app@1'));
  });

  it('is put above releases that were written by hand, and not into an example', () => {
    const byHand = '# Notes\n\n```md\n## 1.2.3\n```\n\nIntro\n\n## 0.9\n\nOld\n';
    const { text } = put(byHand, 'app@1');
    expect(text.indexOf('<!-- release')).toBe(byHand.indexOf('## 0.9'));
    expect(text.replace(/<!-- release[\s\S]*end of release -->\n\n/, '')).toBe(byHand);
  });

  it('is the same after the same section, and has it once after another one', () => {
    const text = put(put(emptyNotesFile, 'app@1').text, 'app@2').text;
    expect(put(text, 'app@1')).toEqual({ text, change: 'unchanged' });
    const replaced = put(text, 'app@1', '## other');
    expect(replaced.change).toBe('replaced');
    expect(replaced.text).toBe(text.replace(section('app@1'), '## other'));
  });

  it.each([
    ['a section without its end', '<!-- release: app@1 -->\nx\n', /has no line/],
    [
      'an end that belongs to the next one',
      '<!-- release: app@1 -->\n<!-- release: app@0 -->\n<!-- end of release -->\n',
      /has no line/,
    ],
    ['a block of code without its end', '# T\n```\n', /line 2 has no end/],
    ['two sections', '<!-- release: app@1 -->\n<!-- end of release -->\n'.repeat(2), /has 2 sections/],
  ])('is refused with %s', (_, text, problem) =>
    expect(putSection(text, 'app@1', 'x')).toMatchObject({ problem: expect.stringMatching(problem) as string }),
  );

  it('takes three backticks with their end in the same line as text', () =>
    expect(putSection('# T\n\n```npm run x``` starts it\n', 'app@1', 'x')).toMatchObject({ change: 'inserted' }));

  it('keeps everything else, with its line ends and its byte order mark', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.array(fc.constantFrom('# T', '## a', 'text', '', '```', '~~~', '- x', '<!-- c -->'), { maxLength: 12 }),
        (newline, mark, lines) => {
          const before = `${mark ? '\uFEFF' : ''}${lines.join(newline)}`;
          const change = putSection(before, 'app@1', section('app@1'));
          if ('problem' in change) {
            expect(change.problem).toMatch(/block of code/);
            return;
          }
          const { text } = change;
          const start = text.indexOf('<!-- release: app@1 -->');
          const end = text.indexOf('<!-- end of release -->') + '<!-- end of release -->'.length;
          const head = text.slice(0, start);
          const tail = text.slice(end);
          // Only empty lines are added around the section.
          const bare = (part: string) => part.replaceAll(/[\r\n]+/g, '\n');
          expect(bare(`${head}\n${tail}`).trim()).toBe(bare(before).trim());
          if (/\r?\n/.test(before))
            expect(text.split(newline).join('').includes('\n')).toBe(newline === '\n' ? false : /[^\r]\n/.test(before));
          expect(text.startsWith('\uFEFF')).toBe(mark);
          expect(sectionIn(text, 'app@1')).toBe(section('app@1'));
          expect(put(text, 'app@1').change).toBe('unchanged');
        },
      ),
    ));
});

/** The first line that names an error, else the first that is not empty: of the errors before the output. */
export function firstFailingLine(stdout: string, stderr: string): string | undefined {
  const lines = `${stderr}\n${stdout}`.split('\n').map((line) => line.trim());
  return lines.find((line) => /\b(?:error|fail(?:ed|ure)?)\b/i.test(line)) ?? lines.find((line) => line !== '');
}

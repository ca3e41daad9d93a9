/** A number and its unit stay on one line, however narrow the column. */
export const unbroken = (text: string): string =>
  text.replace(/(?<=\d) (?=%|\d|ms\b|s\b)|(?<=[<>=]) (?=\d)/g, '\u00A0');

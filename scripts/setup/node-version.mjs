const wanted = [20, 19];

/** Reports a Node that is too old on stderr. False where it is. */
export function nodeIsNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > wanted[0] || (major === wanted[0] && minor >= wanted[1])) return true;
  process.stderr.write(
    `set-up: Node ${process.versions.node} is too old: ${wanted.join('.')} or newer is needed\n  try: nvm install\n`,
  );
  return false;
}

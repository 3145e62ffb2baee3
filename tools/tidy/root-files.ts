/** Everything that may stand in the root; whoever adds something there adds it here, with a reason to stand in the root. */
const KNOWN: ReadonlySet<string> = new Set([
  // Folders: rooms of ARCHITECTURE.md, and what continuous integration runs.
  ...['.ci', 'docs', 'guest', 'harness', 'impl', 'model', 'properties', 'reports', 'tools'],
  // What readers look for first.
  ...['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'STYLE.md', 'run'],
  // Where tools look for what they need.
  ...['.gitignore', '.npmrc', '.prettierignore', '.prettierrc.json', 'eslint.config.js'],
  ...['package-lock.json', 'package.json', 'tsconfig.build.json', 'tsconfig.json', 'vitest.config.ts'],
]);

/** Paths of a repository whose first part nobody knows: they came there by accident. */
export function strayPaths(paths: readonly string[]): string[] {
  const tops = new Set(paths.map((path) => path.split('/')[0] ?? ''));
  return [...tops].filter((top) => !KNOWN.has(top)).map((top) => `${top} has no business in the root`);
}

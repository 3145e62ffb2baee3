const LONG_NAME = 60;

/** Names of hundreds of characters differ in their length only; nobody reads the rest. */
export function quoted(path: string): string {
  if (path.length <= LONG_NAME) return JSON.stringify(path);
  return `${JSON.stringify(path.slice(0, LONG_NAME / 2))}… (${path.length} characters)`;
}

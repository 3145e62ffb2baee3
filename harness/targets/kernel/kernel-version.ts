/** Whether a release, `6.1.176-um`, is before a version, `6.14`. */
export function isBefore(release: string, version: string): boolean {
  const [left, right] = [numbersOf(release), numbersOf(version)];
  const differs = right.findIndex((number, index) => (left[index] ?? 0) !== number);
  return differs >= 0 && (left[differs] ?? 0) < (right[differs] ?? 0);
}

const numbersOf = (text: string): number[] =>
  (/^\d+(?:\.\d+)*/.exec(text)?.[0] ?? '').split('.').map((word) => Number(word));

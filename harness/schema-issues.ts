import * as z from 'zod';

/** How much of a wrong text is quoted. What is wrong with a long one shows at its beginning, or not at all. */
const QUOTED_MAX = 60;

/** How many places are named at once: whoever mends a file wants them all, but a screenful is enough. */
const ISSUES_MAX = 5;

/**
 * Says in one line each what is wrong with `data` and where: the path inside the JSON, what was found there, what was
 * expected. Nothing of `data` is quoted at length, for it may be anything.
 */
export function describeIssues(error: z.ZodError, data: unknown): string {
  const lines = error.issues.slice(0, ISSUES_MAX).map((issue) => describeIssue(issue, data));
  const rest = error.issues.length - lines.length;
  if (rest > 0) lines.push(`and ${rest} more`);
  return lines.join('\n');
}

function describeIssue(issue: z.core.$ZodIssue, data: unknown): string {
  const at = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return `${at}: unknown ${issue.keys.length === 1 ? 'key' : 'keys'} ${issue.keys.map(quoted).join(', ')}`;
  }
  return `${at}: found ${describeValue(valueAt(data, issue.path))}, ${expectation(issue)}`;
}

/** Our own schemas carry sentences that begin with `expected`; zod's own begin with `Invalid`. */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('expected')) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_big':
      return `expected at most ${String(issue.maximum)}${unitOf(issue.origin)}`;
    case 'too_small':
      return `expected at least ${String(issue.minimum)}${unitOf(issue.origin)}`;
    default:
      return issue.message;
  }
}

function unitOf(origin: string): string {
  if (origin === 'array') return ' elements';
  return origin === 'string' ? ' characters' : '';
}

function pathText(path: readonly PropertyKey[]): string {
  let text = '$';
  for (const key of path) text += typeof key === 'number' ? `[${key}]` : `.${String(key)}`;
  return text;
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** A value in a few words. Arrays and objects are not shown: they may be deep enough to overflow the stack. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `an array of ${value.length} elements`;
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

function quoted(text: string): string {
  return text.length <= QUOTED_MAX
    ? JSON.stringify(text)
    : `${JSON.stringify(text.slice(0, QUOTED_MAX))} and ${text.length - QUOTED_MAX} more characters`;
}

import ts from 'typescript';
import { isTestFile, treeOf, type Source } from './source.ts';

/** What would make two runs of impl/ or model/ differ, or belongs to Node and not to the language. */
const FORBIDDEN = new Set([
  'Date',
  'Promise',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'performance',
  'process',
  'Buffer',
  'BigInt',
  'crypto',
  'globalThis',
  'WeakRef',
]);

/** Uses of clocks, randomness, promises and Node in the rooms that must do without. */
export function determinismProblems(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => /^(impl|model)\//.test(path) && !isTestFile(path))
    .flatMap((source) => {
      const tree = treeOf(source);
      const problems: string[] = [];
      const visit = (node: ts.Node): void => {
        const what = forbiddenAt(node);
        if (what !== null) {
          const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
          problems.push(`${source.path}:${line} uses ${what}`);
        }
        ts.forEachChild(node, visit);
      };
      visit(tree);
      return problems;
    });
}

function forbiddenAt(node: ts.Node): string | null {
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async';
  if (ts.isAwaitExpression(node)) return 'await';
  if (ts.isBigIntLiteral(node)) return 'a BigInt';
  if (ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random') return 'Math.random';
  if (!ts.isIdentifier(node) || !FORBIDDEN.has(node.text)) return null;
  // A member that happens to have such a name is no use of the global.
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return null;
  if ('name' in parent && parent.name === node) return null;
  return node.text;
}

import ts from 'typescript';
import { treeOf, type Source } from './source.ts';

export const FILE_LINES_MAX = 500;
export const FUNCTION_LINES_MAX = 70;

/** Longer ones that are tolerated for a reason, by `path name`. They may shrink and not grow. */
export type Ratchet = Readonly<Record<string, number>>;

/** Files and functions that are longer than a reader's patience. */
export function lengthProblems(sources: readonly Source[], ratchet: Ratchet = {}): string[] {
  return sources.flatMap((source) => {
    const tree = treeOf(source);
    const problems: string[] = [];
    const judge = (what: string, length: number, most: number): void => {
      const allowed = ratchet[`${source.path} ${what}`] ?? most;
      if (length > allowed) problems.push(`${source.path}: ${what} has ${length} lines, at most ${allowed}`);
    };
    judge('the file', source.text.trimEnd().split('\n').length, FILE_LINES_MAX);
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined && !isSuite(node)) {
        const line = (position: number): number => tree.getLineAndCharacterOfPosition(position).line;
        judge(nameOf(node), line(node.getEnd()) - line(node.getStart(tree)) + 1, FUNCTION_LINES_MAX);
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
    return problems;
  });
}

/** The body of describe() is a chapter, not a function: only what stands in it has a length. */
function isSuite(node: ts.Node): boolean {
  const { parent } = node;
  return ts.isCallExpression(parent) && /^describe\b/.test(parent.expression.getText());
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name !== undefined) return node.name.getText();
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  return ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : 'a function without a name';
}

import ts from 'typescript';

/**
 * Calls that make a coroutine and let it fall: a Sleepable does nothing until `yield*` runs it, and nobody notices. A
 * call is fine where its value goes somewhere: `yield*`, return, an argument, a list, a loop.
 */
export function floatingCoroutines(program: ts.Program, isOurs: (path: string) => boolean): string[] {
  const checker = program.getTypeChecker();
  const problems: string[] = [];
  for (const file of program.getSourceFiles()) {
    if (file.isDeclarationFile || !isOurs(file.fileName)) continue;
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && isCoroutine(checker.getTypeAtLocation(node)) && !isUsed(node)) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
        problems.push(
          `${file.fileName}:${line + 1} makes a coroutine and does not run it: ${node.getText(file).split('\n', 1)[0] ?? ''}`,
        );
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return problems;
}

function isCoroutine(type: ts.Type): boolean {
  const name = type.aliasSymbol?.name ?? type.getSymbol()?.name;
  return name === 'Sleepable' || name === 'Generator';
}

/** Whether the value of an expression goes where somebody runs it. */
function isUsed(node: ts.Expression): boolean {
  const { parent } = node;
  if (ts.isYieldExpression(parent)) return parent.asteriskToken !== undefined;
  if (ts.isReturnStatement(parent) || ts.isSpreadElement(parent)) return true;
  if (ts.isArrayLiteralExpression(parent) || ts.isPropertyAssignment(parent)) return true;
  if (ts.isArrowFunction(parent)) return parent.body === node;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent))
    return parent.arguments?.includes(node) === true;
  if (ts.isForOfStatement(parent)) return parent.expression === node;
  if (ts.isConditionalExpression(parent)) return parent.condition !== node && isUsed(parent);
  if (ts.isParenthesizedExpression(parent) || ts.isAsExpression(parent)) return isUsed(parent);
  if (ts.isBinaryExpression(parent)) return isShortcut(parent, node) && isUsed(parent);
  if (ts.isVariableDeclaration(parent)) return isVariableUsed(parent);
  return ts.isPropertyAccessExpression(parent);
}

/** A coroutine with a name is run when the name stands, later in the same block, where a call might stand. */
function isVariableUsed({ name, parent }: ts.VariableDeclaration): boolean {
  const block = parent.parent.parent;
  const uses = (node: ts.Node): boolean =>
    (ts.isIdentifier(node) && node !== name && node.text === name.getText() && isUsed(node)) ||
    ts.forEachChild(node, uses) === true;
  return uses(block);
}

/** `a ?? b` and its like answer the value of their right side; `a = b` keeps it. */
function isShortcut(parent: ts.BinaryExpression, node: ts.Expression): boolean {
  return parent.right === node;
}

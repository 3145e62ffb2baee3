import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

/** A file of the project: its path relative to the root, with slashes, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** The folders that hold the project's own TypeScript. */
export const ROOMS = ['model', 'impl', 'harness', 'properties', 'reports', 'tools'] as const;

export const ROOT = resolve(import.meta.dirname, '../..');

/** Every TypeScript file of the project. */
export function projectSources(root = ROOT): Source[] {
  // A room that holds nothing yet is no folder in a fresh checkout.
  const rooms = ROOMS.map((room) => join(root, room)).filter((path) => existsSync(path));
  const paths = rooms.flatMap(filesBelow);
  return paths
    .filter((path) => /\.tsx?$/.test(path))
    .sort()
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** The source as the compiler's tree. */
export function treeOf({ path, text }: Source): ts.SourceFile {
  return ts.createSourceFile(
    path,
    text,
    ts.ScriptTarget.ES2023,
    true,
    path.endsWith('.tsx') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  );
}

export interface Import {
  /** What the import says. */
  readonly specifier: string;
  /** The file that a relative import means, relative to the root; null for a package. */
  readonly path: string | null;
  /** Nothing of it is left when the program runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** All that a file imports or exports onwards. */
export function importsOf(source: Source): Import[] {
  const tree = treeOf(source);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== null) {
      const relativePath = specifier.text.startsWith('.') ? join(dirname(source.path), specifier.text) : null;
      const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
      found.push({ specifier: specifier.text, path: relativePath, typeOnly: isTypeOnly(node), line });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function specifierOf(node: ts.Node): ts.StringLiteral | null {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)
      ? node.moduleSpecifier
      : null;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    return argument !== undefined && ts.isStringLiteral(argument) ? argument : null;
  }
  return null;
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node)) return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
  return ts.isExportDeclaration(node) && node.isTypeOnly;
}

/** Files that only tests run: tests themselves, and what they share. */
export const isTestFile = (path: string): boolean => /\.(test|property|bench|fixture)\.ts$/.test(path);

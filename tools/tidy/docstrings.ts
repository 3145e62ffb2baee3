import { dirname, join } from 'node:path';
import ts from 'typescript';
import { treeOf, type Source } from './source.ts';

/** What users import: the files that package.json exports. */
const FACES = [
  'harness/index.ts',
  'harness/vitest/conforms.ts',
  'harness/vitest-reporter.ts',
  'impl/index.ts',
  'model/index.ts',
];

/** Public exports without a docstring, from which the reference of the API is made. */
export function undocumented(sources: readonly Source[]): string[] {
  const texts = new Map(sources.map((source) => [source.path, source]));
  return FACES.flatMap((face) => exportsOf(face, texts))
    .filter(({ statement }) => ts.getJSDocCommentsAndTags(statement).length === 0)
    .map(({ path, name }) => `${path}: ${name} has no docstring`)
    .filter((problem, index, all) => all.indexOf(problem) === index);
}

interface Export {
  readonly path: string;
  readonly name: string;
  readonly statement: ts.Statement;
}

type Texts = ReadonlyMap<string, Source>;

/** Everything that a file exports, where it is declared. */
function exportsOf(path: string, texts: Texts): Export[] {
  const source = texts.get(path);
  if (source === undefined) return [];
  return [...treeOf(source).statements].flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) {
      const isExported =
        ts.canHaveModifiers(statement) &&
        ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      return isExported === true ? namesOf(statement).map((name) => ({ path, name, statement })) : [];
    }
    const { moduleSpecifier, exportClause } = statement;
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return [];
    const all = exportsOf(join(dirname(path), moduleSpecifier.text), texts);
    if (exportClause === undefined || !ts.isNamedExports(exportClause)) return all;
    const names = exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
    return all.filter(({ name }) => names.includes(name));
  });
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = statement as ts.Statement & { readonly name?: ts.Identifier };
  return [name?.text ?? 'the default'];
}

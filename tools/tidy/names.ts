import { importsOf, type Source } from './source.ts';

const KINDS = ['test', 'property', 'bench', 'fixture'];

const NOUN = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** File names that break the rules of STYLE.md: lower case with hyphens, and suffix pairs side by side. */
export function nameProblems(sources: readonly Source[]): string[] {
  const paths = new Set(sources.map(({ path }) => path));
  return sources.flatMap((source) => {
    const { path } = source;
    // `x.snapshot.test.ts` freezes what `x` yields.
    const parts = (path.split('/').at(-1) ?? '').replace('.snapshot.test.', '.test.').split('.');
    const [name = '', kind = ''] = parts;
    if (!NOUN.test(name)) return [`${path}: a file's name is lower case with hyphens`];
    if (parts.length === 2) return [];
    if (parts.length !== 3 || !KINDS.includes(kind))
      return [`${path}: a suffix is one of ${KINDS.join(', ')}`];
    const inProperties = path.startsWith('properties/');
    if (kind === 'property') return inProperties ? [] : [`${path}: properties live in properties/`];
    return kind === 'test' && !inProperties && !liesBesideSubject(source, paths)
      ? [`${path}: it tests nothing that lies beside it`]
      : [];
  });
}

/** A test proves something of its own folder: the file of its name, or something that it imports from there. */
function liesBesideSubject(source: Source, paths: ReadonlySet<string>): boolean {
  return (
    paths.has(source.path.replace('.test.ts', '.ts')) ||
    importsOf(source).some(({ specifier }) => specifier.startsWith('./'))
  );
}

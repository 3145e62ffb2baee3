import { importsOf, isTestFile, type Import, type Source } from './source.ts';

/** Which folders of impl/ a folder of impl/ may import, besides itself (ARCHITECTURE.md). */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  sched: ['lib'],
  block: ['lib', 'sched'],
  mm: ['lib', 'sched', 'block'],
  buffer: ['lib', 'sched', 'block', 'mm'],
  iomap: ['lib', 'sched', 'block', 'mm'],
  jbd2: ['lib', 'sched', 'block', 'mm', 'buffer'],
  ext4: ['lib', 'sched', 'block', 'mm', 'buffer', 'iomap', 'jbd2'],
  vfs: ['lib', 'sched', 'block', 'mm', 'ext4'],
};

/** Which packages a room may use; tests of a room may use more. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  model: [],
  impl: [],
  harness: [
    'commander',
    'execa',
    'fast-check',
    'koffi',
    'picocolors',
    'tmp-promise',
    'vitest',
    'vitest/node',
    'zod',
  ],
  properties: ['fast-check', '@fast-check/vitest', 'vitest', 'execa', 'tmp-promise'],
  reports: [],
};

/** What the page of reports is made of runs in a browser: its own packages, and nothing of Node.js. */
const CLIENT = 'reports/client/';
const CLIENT_PACKAGES = ['preact', 'preact/hooks'];

const TEST_PACKAGES = [
  'commander',
  'playwright-core',
  'rolldown',
  'vitest',
  'fast-check',
  '@fast-check/vitest',
  'execa',
  'tmp-promise',
  'zod',
];

/** Packages that one file may use and no other. */
const ONLY_IN: Readonly<Record<string, string>> = {
  execa: 'harness/process.ts',
  koffi: 'harness/fuse/libc.ts',
  'tmp-promise': 'harness/workspace.ts',
  // Types alone: whoever uses the reporter has vitest.
  'vitest/node': 'harness/vitest-reporter.ts',
  vitest: 'harness/vitest/conforms.ts',
};

/** The folders that may reach from the harness into impl/, and the face of it that each may know: one of the two builds. */
const ADAPTERS: Readonly<Record<string, string>> = {
  'harness/targets/typescript/': 'generated/impl/index.ts',
  'harness/targets/coroutines/': 'impl/index.ts',
};

/** Tests of an adapter compare the builds. */
const FACES = Object.values(ADAPTERS);

/** The one file that may know both I/O paths. */
const CHOOSER = 'impl/ext4/data/aops.ts';
const PATHS = ['impl/ext4/data/aops-buffer-head.ts', 'impl/ext4/data/aops-iomap.ts'];

/** Imports that point in a direction that ARCHITECTURE.md forbids. */
export function dependencyProblems(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const imports = importsOf(source);
    const each = imports.flatMap((one) => {
      const problem = one.path === null ? packageProblem(source.path, one) : fileProblem(source.path, one);
      return problem === null ? [] : [`${source.path}:${one.line} ${problem}`];
    });
    return [...each, ...bothPathsProblem(source.path, imports)];
  });
}

function packageProblem(path: string, { specifier }: Import): string | null {
  const room = roomOf(path);
  if (path.startsWith(CLIENT))
    return CLIENT_PACKAGES.includes(specifier) ? null : `imports ${specifier}: ${CLIENT} may not`;
  if (specifier === 'node:child_process') return 'starts processes without execa (harness/process.ts)';
  if (room === 'tools' || isTestFile(path)) return testPackageProblem(specifier);
  const owner = ONLY_IN[specifier];
  if (owner !== undefined && room === 'harness' && path !== owner)
    return `imports ${specifier}, which only ${owner} may`;
  if (specifier.startsWith('node:'))
    return room === 'model' || room === 'impl' ? `imports ${specifier}` : null;
  return PACKAGES[room]?.includes(specifier) === true ? null : `imports the package ${specifier}`;
}

const testPackageProblem = (specifier: string): string | null =>
  specifier.startsWith('node:') || specifier === 'typescript' || specifier.startsWith('vitest/')
    ? null
    : TEST_PACKAGES.includes(specifier)
      ? null
      : `imports the package ${specifier}`;

function fileProblem(from: string, { path: to, typeOnly, specifier }: Import): string | null {
  if (to === null) return null;
  // What a build starts with is JavaScript: Node 20 runs nothing else.
  const endings = [
    '.ts',
    '.json',
    ...(from.startsWith('tools/') ? ['.js'] : []),
    ...(from.startsWith(CLIENT) ? ['.tsx'] : []),
  ];
  if (!endings.some((ending) => specifier.endsWith(ending)))
    return `imports ${specifier} without its ending .ts`;
  if (isTestFile(to) && !isTestFile(from)) return `imports ${to}, which is there for tests only`;
  const [room, other] = [roomOf(from), roomOf(to)];
  if (room === 'tools') return null;
  if (room === other) return room === 'impl' ? insideImplProblem(from, to) : null;
  return betweenRoomsProblem(from, to, typeOnly);
}

function betweenRoomsProblem(from: string, to: string, typeOnly: boolean): string | null {
  const [room, other] = [roomOf(from), roomOf(to)];
  const problem = `imports ${to}: ${room}/ may not`;
  if (room === 'harness') {
    if (other === 'model') return to === 'model/index.ts' ? null : `${problem}, only model/index.ts`;
    // Commands write reports; nothing else knows that there are any.
    if (other === 'reports')
      return from.startsWith('harness/cli/') && to === 'reports/index.ts' ? null : problem;
    const [, face] = Object.entries(ADAPTERS).find(([folder]) => from.startsWith(folder)) ?? [];
    const allowed = face !== undefined && (to === face || (isTestFile(from) && FACES.includes(to)));
    return allowed ? null : problem;
  }
  if (room === 'properties') return other === 'harness' || other === 'model' ? null : problem;
  if (room === 'reports')
    return other === 'harness' && typeOnly ? null : `${problem}, only types of the harness`;
  return problem;
}

function insideImplProblem(from: string, to: string): string | null {
  const [folder, other] = [folderOf(from), folderOf(to)];
  // A test builds what it needs around its subject; the direction matters for what is shipped.
  if (isTestFile(from) || from === 'impl/index.ts' || folder === other) return null;
  return BELOW[folder]?.includes(other) === true ? null : `imports ${to}: impl/${folder}/ may not`;
}

function bothPathsProblem(from: string, imports: readonly Import[]): string[] {
  if (from === CHOOSER || isTestFile(from) || !from.startsWith('impl/')) return [];
  const known = PATHS.filter((path) => imports.some((one) => one.path === path));
  return known.length < PATHS.length ? [] : [`${from}: knows both I/O paths, which only ${CHOOSER} may`];
}

const roomOf = (path: string): string => path.split('/', 1)[0] ?? '';

const folderOf = (path: string): string => path.split('/')[1] ?? '';

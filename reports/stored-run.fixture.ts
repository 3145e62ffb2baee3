import type { BugsRecord } from '../harness/bugs/bugs-record.ts';
import type { StoredRun } from '../harness/stored-run.ts';
import type { MemoryPicture } from '../harness/memory-picture.ts';
import type { RunRecord } from '../harness/run-record.ts';
import type { Story } from '../harness/story.ts';

/** What somebody would write who wants the reader of a report to run his script. */
export const HOSTILE = [
  '</script><script>window.pwned = 1</script>',
  '<img src=x onerror="window.pwned = 1">',
  '"><svg onload=window.pwned=1>',
  "javascript:window.pwned=1//'",
  '<!--<script>\u2028\u202e${window.pwned=1}`{{}}&lt;',
] as const;

const [SCRIPT, IMAGE, SVG, SCHEME, COMMENT] = HOSTILE;

const picture = (size: number, state: 'delayed' | 'written', name: string): MemoryPicture => ({
  blockSize: 1024,
  journal: {
    running: 2,
    committed: 1,
    checkpoints: 0,
    head: 5,
    tail: 1,
    free: 1019,
    size: 1023,
    aborted: false,
  },
  files: [
    {
      name,
      ino: 12,
      links: 1,
      size,
      diskSize: 0,
      table: 'ext4_da_aops',
      inline: false,
      cut: false,
      promised: state === 'delayed' ? 1 : 0,
      runs: [{ logical: 1, length: 1, state, physical: state === 'written' ? 700 : null }],
      folios: [
        { index: 0, pages: 1, blocks: '-D--', dirty: true, uptodate: false, writeback: false, buffers: [] },
      ],
    },
  ],
});

export const story: Story = {
  format: 'twinpath-story',
  version: 1,
  summary: `impl:iomap answers pread differently: ${SCRIPT}`,
  facts: [['File system', `16 MiB ${IMAGE}`]],
  programs: [
    {
      title: `Program ${SVG}`,
      first: 0,
      lines: [
        `fd0 = open("${IMAGE}")`,
        'pwrite(fd0, 1000 bytes of content 1, at 1024)',
        'pread(fd0, 10 bytes, at 0)',
      ],
      failed: 2,
    },
  ],
  noticed: null,
  expected: '10 zeros',
  observed: `10 bytes ${COMMENT}`,
  difference: {
    bytes: { rows: [{ offset: 0, expected: '00 00', observed: '00 61' }], more: 0 },
    fields: [{ field: 'size', expected: '1', observed: SVG }],
  },
  details: `Pass 1: ${SCRIPT}`,
  recorded: 'same',
  steps: [0, 1, 2].map((step) => ({
    step,
    expected: step === 2 ? '10 zeros' : 'ok',
    answers: ['impl:buffer_head', 'impl:iomap'].map((target) => ({
      target,
      text: step === 2 ? COMMENT : 'ok',
      agrees: step < 2 || target === 'impl:buffer_head',
      picture:
        step === 2 ? ('same' as const) : picture(step * 2024, step === 0 ? 'written' : 'delayed', IMAGE),
    })),
  })),
  turns: [
    { name: 'writer', lines: ['calls write', '>>> is preempted before i_rwsem'] },
    { name: SCHEME, lines: [`returns ${IMAGE}`] },
  ],
  cuts: [
    {
      title: `Writes ${SVG}`,
      before: 2,
      writes: [
        { fate: 'durable', what: SCRIPT },
        { fate: 'there', what: 'flush' },
        { fate: 'torn', what: IMAGE, sectors: '##.#' },
        { fate: 'lost', what: SCHEME },
      ].map((one, index) => ({
        number: 2 + index,
        during: index === 0 ? 'mount' : COMMENT,
        bytes: one.what === 'flush' ? 0 : 2048,
        preflush: index === 1,
        fua: index === 3,
        underWay: index === 3,
        ...(one as { fate: 'lost'; what: string }),
      })),
    },
  ],
};

const finding = (number: number, kind: string, summary: string): RunRecord['findings'][number] => ({
  id: `${String(number).padStart(2, '0')}-${kind}`,
  kind,
  target: 'impl:iomap',
  operation: 'pread',
  detail: 'pread bytes',
  summary,
  foundWith: 60 - number,
  operations: number,
  shrinkRuns: 9,
  times: 1,
  note: IMAGE,
});

const run: RunRecord = {
  format: 'twinpath-run',
  version: 1,
  verb: 'check',
  startedAt: '2026-11-30T00:00:00.000Z',
  endedAt: '2026-11-30T00:00:10.000Z',
  outcome: 'found',
  exitCode: 1,
  versions: { twinpath: '0.1.0', node: 'v20.20.2', e2fsck: '1.47.0', kernel: SCRIPT },
  seed: 7,
  targets: ['impl:buffer_head', 'impl:iomap'],
  faults: [],
  again: 'twinpath check --seed 7',
  options: { text: SCRIPT },
  elapsedMs: 10_000,
  counts: { sequences: 20, operations: 1200 },
  unknown: { [SVG]: 2 },
  notes: [IMAGE],
  findings: [finding(1, 'result', SCRIPT), finding(2, 'tree', 'names differ'), finding(3, 'e2fsck', SVG)],
  coverage: {
    coverage: { pwrite: { ok: 12, ENOSPC: 0 }, [SCRIPT]: { ok: 1 } },
    possible: { pwrite: ['ok', 'EBADF'] },
    callbacks: { ext4_da_aops: { readFolio: 3, bmap: 0, readahead: null } },
    sizes: { pwrite: { '0': { 'both ends': 0, 'no offset': 0 }, '1': { 'both ends': 4, 'no offset': 0 } } },
    rangeStates: { pwrite: { hole: 3, 'delayed+written': 1 } },
    formats: { 'block size': { '1024': 2, '4096': 0 } },
  },
  spent: { generate: 10, run: 90 },
};

const figures = (found: number): BugsRecord['scores'][number]['figures'] => ({
  found,
  of: 2,
  judges: found === 0 ? [] : [SVG],
  tried: found === 0 ? null : { median: 1200, p90: 5000 },
  cpuMs: found === 0 ? null : { median: 800, p90: 3000 },
  largest: found === 0 ? null : 9,
  shrunk: found,
  small: 0,
});

const bugs: BugsRecord = {
  format: 'twinpath-bugs',
  version: 1,
  scores: [2, 0].map((found) => ({
    id: `B0${found} ${IMAGE}`,
    fault: SCRIPT,
    source: COMMENT,
    mechanism: SVG,
    hunter: 'check',
    needs: [SCRIPT],
    known: 4,
    hunts: [],
    control: [],
    figures: figures(found),
    controlFigures: figures(0),
    exports: found === 0 ? null : ['fsx'],
  })),
  unplanted: [],
  summary: [SCRIPT],
  impossible: [{ id: 'B36', source: SVG, mechanism: IMAGE, why: SCRIPT }],
};

/** A run with findings, of which every text is hostile. */
export const hostileRun: StoredRun = {
  path: `/runs/${SVG}`,
  name: SCRIPT,
  run,
  findings: [
    {
      record: run.findings[0] ?? finding(1, 'result', SCRIPT),
      folder: `/runs/${IMAGE}`,
      story,
      hasCase: true,
      caseText: `{ "text": "${SCRIPT}" }`,
      texts: [{ name: IMAGE, text: SCRIPT, more: 3 }],
    },
    { record: finding(2, 'tree', 'x'), folder: '/x', story: null, hasCase: true, caseText: null, texts: [] },
  ],
  trend: [1, 2].map((hour) => ({
    name: `run ${hour} ${SVG}`,
    startedAt: `2026-11-30T0${hour}:00:00.000Z`,
    outcome: 'held' as const,
    findings: 0,
    elapsedMs: 1000,
    counts: { operations: 100 * hour },
  })),
  bugs,
  measurements: ['buffer_head', 'iomap', 'memcpy', SCRIPT].flatMap((subject, index) =>
    [1024, 65536].map((sizeBytes) => ({
      format: 'twinpath-bench' as const,
      version: 1 as const,
      suite: 'paths',
      workload: 'buffered write, cached',
      subject,
      sizeBytes,
      unit: 'MiB/s' as const,
      better: 'more' as const,
      samples: [100, 200, 300].map((rate) => rate * (index + 1)),
      series: 1.5,
    })),
  ),
};

/** A run with so many findings that a page cannot show them all. */
export const longRun = (findings: number): StoredRun => ({
  ...hostileRun,
  run: {
    ...run,
    counts: { sequences: 20_000, operations: 1_000_000 },
    findings: Array.from({ length: findings }, (_, index) =>
      finding(index + 1, 'tree', `finding ${index + 1}`),
    ),
  },
  findings: Array.from({ length: 100 }, (_, index) => ({
    record: finding(index + 1, 'tree', `finding ${index + 1}`),
    folder: '/x',
    story,
    hasCase: true,
    caseText: null,
    texts: [],
  })),
});

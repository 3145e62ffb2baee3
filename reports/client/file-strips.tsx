import type { FilePicture, FolioPicture, MemoryPicture } from '../../harness/memory-picture.ts';
import { axisOf, type Axis } from './axis.ts';
import { bytesText, grouped, plural } from './numbers.ts';

export interface TargetPicture {
  readonly target: string;
  readonly picture: MemoryPicture | null;
}

interface StripsProps {
  readonly pictures: readonly TargetPicture[];
  /** One step earlier: what changed is marked. */
  readonly before: readonly TargetPicture[];
}

const PAGE_BYTES = 4096;

/** A tick so far to the right is named to its left. */
const LAST_TICK = 92;

/** Every file in memory, on each target below the other, on one axis. */
export function FileStrips({ pictures, before }: StripsProps) {
  const known = pictures.filter(({ picture }) => picture !== null);
  if (known.length === 0)
    return <p class="dim">What these targets have in memory cannot be seen from outside.</p>;
  const keys = new Map<number, string>();
  for (const { picture } of known)
    for (const { ino, name } of picture?.files ?? []) keys.set(ino, name ?? keys.get(ino) ?? '');
  return (
    <>
      {[...keys].map(([ino, name]) => (
        <FileGroup key={ino} ino={ino} name={name} pictures={known} before={before} />
      ))}
      {keys.size === 0 ? <p class="dim">No regular file is in memory.</p> : <Legend />}
      {known.map(({ target, picture }) =>
        picture === null || picture.journal === null ? null : (
          <JournalBar key={target} target={target} journal={picture.journal} />
        ),
      )}
    </>
  );
}

function FileGroup(props: StripsProps & { readonly ino: number; readonly name: string }) {
  const { ino, name, pictures, before } = props;
  const own = pictures.flatMap(({ target, picture }) => {
    const file = fileIn(picture, ino);
    return file === null || picture === null ? [] : [{ target, file, blockSize: picture.blockSize }];
  });
  const blockSize = own[0]?.blockSize ?? PAGE_BYTES;
  const axis = axisOf(
    own.map(({ file }) => file),
    blockSize,
  );
  const texts = new Set(own.map(({ file }) => shapeOf(file)));
  return (
    <figure class="file">
      <figcaption>
        {name === '' ? <em>no name</em> : <strong>{name}</strong>} <span class="dim">inode {ino}</span>
        {texts.size > 1 ? <span class="chip">the paths see it differently</span> : null}
        {axis.toScale ? null : <span class="dim"> · not to scale</span>}
      </figcaption>
      {own.map(({ target, file }) => {
        const earlier = fileIn(before.find((one) => one.target === target)?.picture ?? null, ino);
        const changed = JSON.stringify(earlier) !== JSON.stringify(file);
        return <Strip key={target} {...{ target, file, blockSize, axis, changed }} />;
      })}
      <div class="ticks" aria-hidden="true">
        {axis.ticks.map((byte) => (
          <span
            key={byte}
            class={axis.place(byte) > LAST_TICK ? 'last' : undefined}
            style={{ left: `${axis.place(byte)}%` }}
          >
            {bytesText(byte)}
          </span>
        ))}
      </div>
    </figure>
  );
}

const fileIn = (picture: MemoryPicture | null, ino: number): FilePicture | null =>
  picture?.files.find((file) => file.ino === ino) ?? null;

/** What of a file should look alike on all paths: which blocks hold what, not where, nor in which folios. */
const shapeOf = ({ runs, size, inline }: FilePicture): string =>
  JSON.stringify([runs.map(({ logical, length, state }) => [logical, length, state]), size, inline]);

interface StripProps {
  readonly target: string;
  readonly file: FilePicture;
  readonly blockSize: number;
  readonly axis: Axis;
  readonly changed: boolean;
}

function Strip({ target, file, blockSize, axis, changed }: StripProps) {
  const { size, diskSize, table, inline, promised, links, cut } = file;
  return (
    <div class="strip">
      <div class="strip-head">
        <span class="target">{target}</span> <span class="dim">{table}</span>
        {changed ? <span class="chip changed">changed</span> : null}
        {inline ? <span class="chip">contents in the inode</span> : null}
        {links === 0 ? <span class="chip">unlinked</span> : null}
        <span class="sizes">
          i_size {grouped(size)} · i_disksize {grouped(diskSize)}
          {promised > 0 ? ` · ${promised} promised` : ''}
          {cut ? ' · shown in part' : ''}
        </span>
      </div>
      <div class="lane" role="img" aria-label={wordsOf(file, blockSize)}>
        <div class="row blocks">
          {file.runs.map(({ logical, length, state, physical }) => (
            <Piece
              key={logical}
              axis={axis}
              from={logical * blockSize}
              to={(logical + length) * blockSize}
              kind={state}
              title={`${state}: block ${logical}${length > 1 ? ` to ${logical + length - 1}` : ''}${physical === null ? '' : ` at ${physical}`}`}
            />
          ))}
        </div>
        <div class="row folios">
          {file.folios.map((folio) => (
            <FolioView key={folio.index} {...{ folio, axis, blockSize }} />
          ))}
        </div>
        <Mark axis={axis} byte={diskSize} kind="disksize" title={`i_disksize ${grouped(diskSize)}`} />
        <Mark axis={axis} byte={size} kind="eof" title={`EOF ${grouped(size)}`} />
      </div>
    </div>
  );
}

interface PieceProps {
  readonly axis: Axis;
  readonly from: number;
  readonly to: number;
  readonly kind: string;
  readonly title: string;
}

const Piece = ({ axis, from, to, kind, title }: PieceProps) => (
  <span
    class={`piece ${kind}`}
    title={title}
    style={{ left: `${axis.place(from)}%`, width: `${axis.place(to) - axis.place(from)}%` }}
  />
);

const Mark = ({ axis, byte, kind, title }: { axis: Axis; byte: number; kind: string; title: string }) => (
  <span class={`mark ${kind}`} title={title} style={{ left: `${axis.place(byte)}%` }} />
);

const LETTERS: Readonly<Record<string, string>> = { D: 'dirty', u: 'uptodate', '-': 'empty' };

function FolioView({ folio, axis, blockSize }: { folio: FolioPicture; axis: Axis; blockSize: number }) {
  const start = folio.index * PAGE_BYTES;
  const end = start + folio.pages * PAGE_BYTES;
  const state = [folio.dirty && 'dirty', folio.uptodate && 'uptodate', folio.writeback && 'under writeback'];
  const title = `folio ${folio.index}, ${plural(folio.pages, 'page')}: ${state.filter(Boolean).join(', ') || 'clean'}`;
  const whole = start + folio.blocks.length * blockSize === end;
  return (
    <>
      {piecesOf(folio).map(({ first, count, letter, buffers }) => (
        <Piece
          key={first}
          axis={axis}
          from={whole ? start + first * blockSize : start}
          to={whole ? start + (first + count) * blockSize : end}
          kind={`block ${LETTERS[letter] ?? 'empty'}`}
          title={`${title}; block ${first}: ${LETTERS[letter] ?? letter}${buffers === '' ? '' : `, ${buffers}`}`}
        />
      ))}
      <Piece
        axis={axis}
        from={start}
        to={end}
        kind={`folio ${folio.writeback ? 'writeback' : ''}`}
        title={title}
      />
    </>
  );
}

interface FolioPiece {
  readonly first: number;
  count: number;
  readonly letter: string;
  readonly buffers: string;
}

/** Blocks in the same state together. */
function piecesOf({ blocks, buffers }: FolioPicture): FolioPiece[] {
  const pieces: FolioPiece[] = [];
  for (const [index, letter] of Array.from(blocks).entries()) {
    const own = buffers[index] ?? '';
    const last = pieces.at(-1);
    if (last?.letter === letter && last.buffers === own) last.count++;
    else pieces.push({ first: index, count: 1, letter, buffers: own });
  }
  return pieces;
}

/** The picture for whoever cannot see it. */
function wordsOf({ runs, folios, size, diskSize }: FilePicture, blockSize: number): string {
  const blocks = runs.map(
    ({ logical, length, state }) => `${plural(length, 'block')} ${state} from ${logical}`,
  );
  const cached = folios.map(({ index, blocks: letters }) => `folio ${index} ${letters}`);
  return `Blocks of ${blockSize} bytes: ${blocks.join(', ') || 'none'}. Cached: ${cached.join(', ') || 'nothing'}. EOF at ${size}, i_disksize ${diskSize}.`;
}

const LEGEND = [
  ['hole', 'hole'],
  ['delayed', 'delayed'],
  ['unwritten', 'unwritten'],
  ['written', 'written'],
  ['block dirty', 'dirty in memory'],
  ['block uptodate', 'cached, clean'],
  ['block empty', 'cached, not read'],
] as const;

const Legend = () => (
  <ul class="legend strip-legend">
    {LEGEND.map(([kind, words]) => (
      <li key={kind}>
        <span class={`key ${kind}`} /> {words}
      </li>
    ))}
    <li>
      <span class="key line eof" /> EOF
    </li>
    <li>
      <span class="key line disksize" /> i_disksize
    </li>
    <li>
      <span class="key folio" /> folio
    </li>
  </ul>
);

type Journal = NonNullable<MemoryPicture['journal']>;

/** The log as a ring that was cut open: what is in use, from tail to head. */
function JournalBar({ target, journal }: { readonly target: string; readonly journal: Journal }) {
  const { running, committed, checkpoints, head, tail, free, size, aborted } = journal;
  const used = size - free;
  const start = ((tail - 1) / size) * 100;
  const length = (used / size) * 100;
  const words = [
    running === null ? 'no transaction runs' : `transaction ${running} runs`,
    `${committed} committed`,
    plural(checkpoints, 'checkpoint'),
    `log ${grouped(used)} of ${plural(size, 'block')}, tail ${tail}, head ${head}`,
    ...(aborted ? ['aborted'] : []),
  ].join(' · ');
  return (
    <div class="journal">
      <span class="target">{target}</span> <span class="dim">journal: {words}</span>
      <div class="log" aria-hidden="true">
        <span class="used" style={{ left: `${start}%`, width: `${Math.min(length, 100 - start)}%` }} />
        {start + length > 100 ? (
          <span class="used" style={{ left: '0', width: `${start + length - 100}%` }} />
        ) : null}
        <span class="head" style={{ left: `${((head - 1) / size) * 100}%` }} />
      </div>
    </div>
  );
}

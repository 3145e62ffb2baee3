/** A point of a line; `from` and `to` are its spread. */
export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  readonly from?: number;
  readonly to?: number;
  readonly title: string;
}

export interface ChartLine {
  readonly name: string;
  readonly points: readonly ChartPoint[];
  readonly dashed?: boolean;
}

interface ChartProps {
  readonly label: string;
  readonly lines: readonly ChartLine[];
  /** Names below the axis, by x: 0, 1, 2 … */
  readonly xNames: readonly string[];
  readonly yText: (value: number) => string;
}

const WIDTH = 640;
const HEIGHT = 240;
const LEFT = 64;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 34;
const Y_TICKS = 4;
const NAMES_MAX = 9;

/** Lines over named places, from zero. Colours follow the order of the lines. */
export function LineChart({ label, lines, xNames, yText }: ChartProps) {
  const most = niceMost(
    Math.max(...lines.flatMap(({ points }) => points.map(({ y, to }) => Math.max(y, to ?? y)))),
  );
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, xNames.length);
  const px = (x: number): number => LEFT + step * (x + 0.5);
  const py = (y: number): number => HEIGHT - BOTTOM - (y / most) * (HEIGHT - TOP - BOTTOM);
  const every = Math.ceil(xNames.length / NAMES_MAX);
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        {Array.from({ length: Y_TICKS + 1 }, (_, index) => (most / Y_TICKS) * index).map((value) => (
          <g key={value}>
            <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={py(value)} y2={py(value)} />
            <text class="tick" x={LEFT - 6} y={py(value) + 4} text-anchor="end">
              {yText(value)}
            </text>
          </g>
        ))}
        {xNames.map((name, index) =>
          index % every === 0 ? (
            <text key={index} class="tick" x={px(index)} y={HEIGHT - BOTTOM + 18} text-anchor="middle">
              {name}
            </text>
          ) : null,
        )}
        {lines.map((line, index) => (
          <Line key={line.name} line={line} index={index} px={px} py={py} />
        ))}
      </svg>
      {lines.length > 1 ? (
        <ul class="legend">
          {lines.map(({ name }, index) => (
            <li key={name}>
              <span class={`key part${index % 6}`} /> {name}
            </li>
          ))}
        </ul>
      ) : null}
    </figure>
  );
}

interface LineProps {
  readonly line: ChartLine;
  readonly index: number;
  readonly px: (x: number) => number;
  readonly py: (y: number) => number;
}

function Line({ line: { points, dashed }, index, px, py }: LineProps) {
  return (
    <g class={`line line${index % 6}`}>
      <polyline
        class={dashed === true ? 'dashed' : ''}
        points={points.map(({ x, y }) => `${px(x)},${py(y)}`).join(' ')}
      />
      {points.map(({ x, y, from, to, title }) => (
        <g key={x}>
          {from === undefined || to === undefined ? null : (
            <line class="spread" x1={px(x)} x2={px(x)} y1={py(from)} y2={py(to)} />
          )}
          <circle cx={px(x)} cy={py(y)} r={dashed === true ? 0 : 3.5}>
            <title>{title}</title>
          </circle>
        </g>
      ))}
    </g>
  );
}

/** The next round number. */
function niceMost(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].map((factor) => factor * power).find((nice) => nice >= value) ?? value;
}

import type { Command } from 'commander';
import pc from 'picocolors';
import type { Ability } from '../doctor/ability.ts';
import { EXIT, type Terminal } from './terminal.ts';

const EXAMPLES = `
Exit code: 0 when the main job can run here, 2 when something that it needs is missing.`;

/** `twinpath doctor`: what this machine can do, and how to get the rest. */
export function addDoctor(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('doctor')
    .summary('says what this machine can do, and how to get the rest')
    .description(
      'Looks at what twinpath can use here: programs, rights, devices, kernels. It installs and changes nothing.',
    )
    .option('--json', 'for programs', false)
    .addHelpText('after', EXAMPLES)
    .action(async ({ json }: { json: boolean }) => {
      const [{ systemAbilities }, { programAbilities }] = await Promise.all([
        import('../doctor/system.ts'),
        import('../doctor/programs.ts'),
      ]);
      const abilities = [...systemAbilities(), ...programAbilities()];
      terminal.out(json ? `${JSON.stringify(abilities, null, 2)}\n` : table(abilities));
      exit(
        abilities.some(({ essential, missing }) => essential && missing !== null)
          ? EXIT.impossible
          : EXIT.held,
      );
    });
}

function table(abilities: readonly Ability[]): string {
  const width = Math.max(...abilities.map(({ name }) => name.length));
  const lines = abilities.map((ability) => lineOf(ability, width));
  return `${lines.join('\n')}\n`;
}

function lineOf({ name, missing, found, use, remedy, essential }: Ability, width: number): string {
  const label = name.padEnd(width);
  if (missing === null) return `${pc.green('✓')} ${label}  ${use}${found === '' ? '' : pc.dim(`  ${found}`)}`;
  const mark = essential ? pc.red('✗') : pc.yellow('·');
  const how = remedy === '' ? '' : `\n  ${' '.repeat(width)}  ${remedy}`;
  return `${mark} ${label}  ${missing} (${use})${how}`;
}

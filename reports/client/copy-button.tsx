import { useState } from 'preact/hooks';

const SAID_MS = 2000;

/** Copies a text, and says so. */
export function CopyButton({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    setSaid((await copied(text)) ? 'Copied' : 'Not copied: select it and press Ctrl-C');
    setTimeout(() => setSaid(''), SAID_MS);
  };
  return (
    <span class="copy">
      <button type="button" onClick={() => void copy()}>
        {label}
      </button>
      <span role="status" class="dim">
        {said}
      </span>
    </span>
  );
}

/** A page from disk has no clipboard of its own in every browser: then by way of a selection. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text);
  }
}

function copiedBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'away';
  document.body.append(area);
  const { activeElement } = document;
  area.select();
  // There is no other way where the clipboard is refused.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const done = document.execCommand('copy');
  area.remove();
  if (activeElement instanceof HTMLElement) activeElement.focus();
  return done;
}

/** A command with its button. */
export function Command({ does, command }: { readonly does: string; readonly command: string }) {
  return (
    <div class="command">
      <span class="dim">{does}</span>
      <code>{command}</code>
      <CopyButton text={command} />
    </div>
  );
}

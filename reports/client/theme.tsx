import { useState } from 'preact/hooks';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const KEY = 'twinpath-theme';

/** A page from disk may be refused a memory: then it follows the system anew each time. */
function remembered(): Theme {
  try {
    const theme = localStorage.getItem(KEY);
    return THEMES.find((one) => one === theme) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function apply(theme: Theme): void {
  document.documentElement.style.colorScheme = theme === 'auto' ? 'light dark' : theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It is applied all the same.
  }
}

apply(remembered());

/** As the system has it, light, or dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(remembered);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
  const change = (): void => {
    apply(next);
    setTheme(next);
  };
  return (
    <button class="theme" type="button" onClick={change} title={`Change to ${next}`}>
      Theme: {theme}
    </button>
  );
}

import { useLayoutEffect, useState } from 'preact/hooks';

/** What is looked at, as it stands behind the # of the address: words between slashes. */
export type Route = readonly string[];

const current = (): Route =>
  location.hash
    .slice(1)
    .split('/')
    .filter((word) => word !== '')
    .map((word) => {
      try {
        return decodeURIComponent(word);
      } catch {
        return word;
      }
    });

/** The address of a route, for a link. */
export const hrefOf = (...words: readonly (string | number)[]): string =>
  `#/${words.map((word) => encodeURIComponent(String(word))).join('/')}`;

/** Follows the address; whoever comes to another page stands at its top, with the focus on its heading. */
export function useRoute(): Route {
  const [route, setRoute] = useState(current);
  useLayoutEffect(() => {
    const follow = (): void => {
      setRoute(current());
      scrollTo(0, 0);
      requestAnimationFrame(() => document.querySelector('h1')?.focus());
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}

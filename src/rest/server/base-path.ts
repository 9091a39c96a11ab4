/** Where requests go that are not below the base path: no route is there. */
export const OUTSIDE = '/-';

/**
 * A request's path without the base path of the server, by which routes are found.
 * @param basePath '' or like `/flags`
 */
export function belowBasePath(url: string, basePath: string): string {
  if (basePath === '') return url;
  if (!url.startsWith(basePath)) return OUTSIDE;
  const rest = url.slice(basePath.length);
  if (rest.startsWith('/')) return rest;
  return rest === '' || rest.startsWith('?') ? `/${rest}` : OUTSIDE;
}

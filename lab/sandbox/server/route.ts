/**
 * Whether the public route lets a path in, by its rule in the cluster; the meaning of Traefik's `Path` and `PathPrefix`. Its
 * host is not asked for, since the URL has another.
 */
export function letsIn(rule: string, path: string): boolean {
  const allowed = [...rule.matchAll(/\b(Path|PathPrefix)\(`([^`]*)`\)/g)];
  return allowed.some(([, kind, given = ""]) => (kind === "Path" ? path === given : path.startsWith(given)));
}

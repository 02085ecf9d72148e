/**
 * What a command prints for a program. `schemaVersion` is raised where a field of that command is renamed or means something else: such
 * an answer then has one of its own, which stays.
 */
export function jsonText(answer: object): string {
  return JSON.stringify({ schemaVersion: 1, ...answer }, null, 2);
}

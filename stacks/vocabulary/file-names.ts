/** Names of the project's files, apart from what reads them. */

/** File that holds what all modes share. */
export const projectFile = "Pulumi.yaml";

/** File that holds what one mode is. */
export function modeFile(mode: string): string {
  return `Pulumi.${mode}.yaml`;
}

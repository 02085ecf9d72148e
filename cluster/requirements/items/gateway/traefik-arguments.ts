/** What Traefik was started with, as far as its pods' arguments tell: k3s and Traefik's own chart write everything there. */
import type { Read } from "../requirement.ts";
import { traefikPodsPath } from "../traefik-objects.ts";

interface Pod {
  spec?: { containers?: { args?: string[] }[] };
}

/** Traefik takes an argument's name in any case, a value after `=`, and none for `true`. */
export function traefikArgument(read: Read, name: string): string | undefined {
  const wanted = `--${name.toLowerCase()}`;
  return argumentsOf(read)
    .map((argument) => argument.split(/=(.*)/s))
    .filter(([key = ""]) => key.toLowerCase() === wanted)
    .map(([, value]) => value ?? "true")
    .at(0);
}

/** Whether its arguments tell of its provider for Kubernetes at all; where not, a file or variables do, which nobody here reads. */
export function isToldByArguments(read: Read): boolean {
  return argumentsOf(read).some((argument) => /^--providers\.kubernetescrd/i.test(argument));
}

function argumentsOf(read: Read): string[] {
  const pods = read<{ items: Pod[] }>(traefikPodsPath)?.items ?? [];
  return pods.flatMap(({ spec }) => spec?.containers ?? []).flatMap(({ args }) => args ?? []);
}

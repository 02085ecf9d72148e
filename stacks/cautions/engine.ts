// What the engine's version makes of key, model and fences.
import { type Advisory, advisoriesOf, keyFaultOf } from "../catalogue/advisories.ts";
import type { Model } from "../catalogue/models.ts";
import { ownLoadFormat } from "../resolve/extra-arguments.ts";
import type { Server } from "../resolve/index.ts";
import type { Settings } from "../settings/index.ts";
import { type Version, versionText } from "../vocabulary/version.ts";
import type { Caution } from "./caution.ts";
import { openRanges } from "./exposure.ts";

type Asked = Pick<Settings, "apiKey" | "route" | "gateway" | "extraArguments">;

/** What the version's published faults mean for what these settings count on; none where they count on nothing of it. */
export function engineCautions(settings: Asked, { version, model }: Server): Caution[] {
  const vllm = `vLLM ${versionText(version)}`;
  const known = advisoriesOf(version);
  const keyFault = settings.apiKey ? keyFaultOf(version) : undefined;
  const code = known.filter(
    ({ danger, onlyPickles }) =>
      danger === "code of a request" ||
      (danger === "code of the model" && !(onlyPickles && loadsOnlySafetensors(settings, model))),
  );
  // Who has no key is refused before the request is read.
  const isOpen = openRanges(settings).length > 0 && !settings.apiKey;
  const ends = isOpen ? known.filter(({ danger, onlyInside }) => danger === "end" && !onlyInside) : [];
  return [
    ...(keyFault === undefined
      ? []
      : [
          {
            found: `inside the cluster the API key keeps nobody out: ${vllm} ${told(keyFault)}. Requests from outside are asked for it, as Traefik refuses such a header`,
            fix: `Count on the NetworkPolicy inside the cluster where it is enforced (gpu-mode doctor says whether), or take an image from ${keyFault.below} on, where the driver runs it`,
          },
        ]),
    ...code.map((one) => ({
      found: `${vllm} ${told(one)}`,
      fix:
        one.danger === "code of a request"
          ? `Take an image from ${one.below} on, and let only those in whom you trust with the pod`
          : `Take an image from ${one.below} on, or a repository that you trust with the pod`,
    })),
    ...(ends.length === 0
      ? []
      : [
          {
            found: `anybody on the internet can end the server: ${vllm} ${ends.map(told).join("; it ")}`,
            fix: `Narrow route.allowedRanges, or take an image from ${ends[0]?.below} on`,
          },
        ]),
  ];
}

/**
 * What whoever is let in can do to a version, in one line; undefined where nothing is known.
 * @param told cautions that were told besides: what they name is left out. @default none
 */
export function knownLimits(version: Version, told: readonly Caution[] = []): string | undefined {
  const ends = advisoriesOf(version).filter(
    ({ danger, id }) => danger === "end" && !told.some(({ found }) => found.includes(id)),
  );
  return ends.length === 0
    ? undefined
    : `one request of somebody who is let in can end vLLM ${versionText(version)} (${ends.map(({ id }) => id).join(", ")})`;
}

/** Whether nothing but safetensors is read of the model's files. */
function loadsOnlySafetensors(settings: Asked, { loadFormat }: Model): boolean {
  return (ownLoadFormat(settings) ?? loadFormat) === "safetensors";
}

function told({ id, words, below }: Advisory): string {
  return `${words} (${id}, fixed in ${below})`;
}

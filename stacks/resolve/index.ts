// What the settings of a server come to, looked up once: rules, gates and plan go by it.
import type { Model } from "../catalogue/models.ts";
import type { Settings } from "../settings/index.ts";
import type { Version } from "../vocabulary/version.ts";
import { engineVersion } from "./image.ts";
import { modelOf } from "./model.ts";

/** The model with its numbers, and the version of the engine in the image; each absent where nothing tells it. */
export interface Resolved {
  model?: Model;
  version?: Version;
}

/** Both are known, so that a server can be planned. */
export type Server = Required<Resolved>;

/** Looks up what the settings name. */
export function resolve(settings: Pick<Settings, "model" | "modelNumbers" | "image">): Resolved {
  const model = modelOf(settings);
  const version = engineVersion(settings.image);
  return { ...(model === undefined ? {} : { model }), ...(version === undefined ? {} : { version }) };
}

/** The server that can be planned; undefined where something of it is not known. */
export function knownServer({ model, version }: Resolved): Server | undefined {
  return model === undefined || version === undefined ? undefined : { model, version };
}

/** What the publishers of official files say of them. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../../system/processes.ts";
import { goModules } from "../base/cache.ts";
import type { PublishedSum } from "../base/official.ts";
import { goEnvironment } from "./go.ts";
import { type GetOptions, getText, Refused } from "./http.ts";

/** The sums that publishers give; each place is asked once. */
export class Publications {
  readonly #options: GetOptions;
  readonly #texts = new Map<string, Promise<string>>();

  constructor(options: GetOptions) {
    this.#options = options;
  }

  /** @throws Refused where none can be had. */
  async sumOf(url: string, place: PublishedSum): Promise<string> {
    const sum = place.kind === "module" ? await this.#inModule(place) : await this.#said(url, place);
    if (sum === undefined || !/^[0-9a-f]{64}$/.test(sum)) {
      throw new Refused(`its publisher gives no SHA-256 sum for it`, false);
    }
    return sum;
  }

  async #said(url: string, { kind, url: place }: { kind: "list" | "bare" | "release"; url: string }) {
    const text = await this.#text(place);
    const name = decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "");
    switch (kind) {
      case "bare":
        return text.trim().split(/\s+/)[0];
      case "list": {
        const lines = text.split("\n").map((line) => line.trim().split(/\s+\*?/));
        return lines.find(([, file]) => file === name)?.[0];
      }
      case "release": {
        return assetsIn(text)
          .find((asset) => asset.name === name)
          ?.digest?.replace(/^sha256:/, "");
      }
    }
  }

  #text(place: string): Promise<string> {
    const asked = this.#texts.get(place) ?? getText(place, this.#options);
    this.#texts.set(place, asked);
    return asked;
  }

  /** Go compares the module with the committed go.sum. */
  async #inModule({ module, path }: { module: string; path: string }): Promise<string> {
    const answer = (
      await run("go", ["mod", "download", "-json", module], {
        cwd: join(goModules, "custom-resources"),
        env: goEnvironment(),
      })
    ).join("\n");
    const { Dir } = JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1)) as {
      Dir: string;
    };
    return createHash("sha256")
      .update(await readFile(join(Dir, path)))
      .digest("hex");
  }
}

interface Asset {
  name: string;
  digest?: string | null;
}

/** None where a proxy or a log-in page answers in the publisher's place. */
function assetsIn(text: string): Asset[] {
  try {
    return (JSON.parse(text) as { assets?: Asset[] }).assets ?? [];
  } catch {
    return [];
  }
}

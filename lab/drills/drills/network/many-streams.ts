import { baseUrls } from "../../base/clients.ts";
import { freshPod, looksWithout, restarts } from "../../base/common.ts";
import type { Drill } from "../../base/drill.ts";

const atOnce = 64;

export const manyStreams: Drill = {
  name: "many-streams",
  title: `${atOnce} clients stream at once for 2 min (20 s in the short form), half of them by the gateway and half by the Service`,
  usual: 30,
  usualInFull: 130,
  async run(world, { short }) {
    await freshPod(world);
    const [before, restarted] = [await world.traefik.megabytes(), await restarts(world)];
    const clients = await world.clients([
      { kind: "stream", at: baseUrls.gateway, count: atOnce / 2 },
      { kind: "stream", at: baseUrls.service, count: atOnce / 2 },
    ]);
    const half = short ? 10 : 60;
    const early = await looksWithout(world, half);
    const between = await world.traefik.megabytes();
    const away = early + (await looksWithout(world, half));
    const requests = await clients.stop();
    const after = await world.traefik.megabytes();
    if (requests.length < atOnce) throw new Error(`only ${requests.length} streams have ended`);
    return [
      { promise: "streams in that time", value: requests.length, unit: "streams" },
      {
        promise: "none of them is broken, or answered by the CPU",
        value: requests.filter(({ end, by = "gpu" }) => end !== "answered" || by !== "gpu").length,
        unit: "streams",
        atMost: 0,
      },
      { promise: "the server stays in the Service", value: away, unit: "looks without it", atMost: 0 },
      {
        promise: "and is not started again",
        value: (await restarts(world)) - restarted,
        unit: "restarts",
        atMost: 0,
      },
      { promise: "memory of Traefik before", value: before, unit: "MB" },
      { promise: "memory of Traefik after half of the time", value: between, unit: "MB" },
      { promise: "memory of Traefik afterwards", value: after, unit: "MB" },
    ];
  },
};

import {
  away,
  freshPodWithClients,
  nobodyLeft,
  somebodyAgain,
  unanswered,
  whileAsked,
} from "../../base/common.ts";
import type { Drill } from "../../base/drill.ts";

export const serverKilled: Drill = {
  name: "server-killed",
  title: "The server's process is killed",
  usual: 22,
  async run(world) {
    await freshPodWithClients(world);
    return whileAsked(world, async (clients) => {
      await world.killServer();
      const [gone, cpu] = await Promise.all([nobodyLeft(world), clients.first("cpu", 30)]);
      const back = await somebodyAgain(world, 120);
      const gpu = await clients.first("gpu", 30);
      return [
        ...away(gone, cpu),
        {
          requirement: "return",
          promise: "the server serves again by itself in less than 2 min",
          value: gone + back,
          unit: "s",
          atMost: 120,
        },
        {
          requirement: "return",
          promise: "then the gateway leads to the GPU again",
          value: gpu,
          unit: "s",
          atMost: 5,
        },
        { promise: unanswered, value: await clients.stop(), unit: "requests" },
      ];
    });
  },
};

import type { ChildProcess } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { litellmVersion } from "../../../stacks/clients/litellm.ts";
import { startServer } from "../../litellm/drill.ts";
import { ports, startLiteLlm, usualPython } from "../../litellm/proxy.ts";
import { median } from "../runs/measure.ts";
import type { Measure, MeasuredRow } from "./row.ts";

const times = 15;
const body = JSON.stringify({
  model: "default",
  stream: true,
  messages: [{ role: "user", content: "Hello" }],
});

export const litellm: MeasuredRow = {
  name: "litellm",
  title: `LiteLLM ${litellmVersion} with the printed configuration in the gateway's place: until a stream's first token, medians of ${times}`,
  usual: 60,
  async run({ progress }) {
    const proxy = await startLiteLlm(usualPython, progress);
    const servers: ChildProcess[] = [];
    try {
      const gpu = await startServer(ports.gpu, "gpu");
      servers.push(gpu, await startServer(ports.cpu, "cpu"));
      const idle = await megabytes(proxy.process.pid);
      const first = async (whom: "gpu" | "cpu"): Promise<number> => {
        const began = performance.now();
        const response = await fetch(`${proxy.url}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${proxy.key}` },
          body,
        });
        let text = "";
        for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
          text += part;
          if (/"content":/.test(text)) break;
        }
        if (!text.includes(whom)) throw new Error(`asked for the ${whom}: ${response.status} ${text}`);
        return performance.now() - began;
      };
      const answers = async (name: string, whom: "gpu" | "cpu"): Promise<Measure> => {
        const all: number[] = [];
        for (let round = 0; round < times; round++) all.push(await first(whom));
        return { name, value: Math.round(median(all)), unit: "ms" };
      };
      for (let tries = 0; tries < 100 && !(await first("gpu").catch(() => undefined)); tries++) {
        await sleep(100);
      }
      const measures = [await answers("the GPU answers", "gpu")];
      gpu.kill("SIGKILL");
      // Each later request goes to the CPU at once, until LiteLLM tries the GPU again.
      measures.push({
        name: "the CPU answers: refused, the first",
        value: Math.round(await first("cpu")),
        unit: "ms",
      });
      measures.push(await answers("the CPU answers: refused, later", "cpu"));
      return [
        ...measures,
        { name: "memory of LiteLLM that was asked nothing yet", value: idle, unit: "MB" },
        {
          name: "memory of LiteLLM after these requests",
          value: await megabytes(proxy.process.pid),
          unit: "MB",
        },
      ];
    } finally {
      await proxy.close();
      for (const server of servers) server.kill("SIGKILL");
    }
  },
};

/** Resident memory of a process and its children. */
async function megabytes(root: number | undefined): Promise<number> {
  const processes = await Promise.all(
    (await readdir("/proc"))
      .filter((name) => /^\d+$/.test(name))
      .map(async (id) => {
        const text = await readFile(`/proc/${id}/status`, "utf8").catch(() => "");
        const number = (key: string): number =>
          Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
        return { id: Number(id), parent: number("PPid"), kilobytes: number("VmRSS") };
      }),
  );
  const own = new Set([root]);
  for (const { id, parent } of processes.sort((a, b) => a.id - b.id)) if (own.has(parent)) own.add(id);
  const kilobytes = processes.filter(({ id }) => own.has(id)).reduce((sum, one) => sum + one.kilobytes, 0);
  return Math.round(kilobytes / 1000);
}

/** How containers get the card: NVIDIA's container toolkit, and containerd's runtime. */
import type { Section } from "./answer.ts";
import type { Known } from "./facts.ts";

/** `NVIDIA Container Toolkit CLI version 1.18.1`. */
export function readToolkit(section: Section | undefined): Known<string> {
  const [, version] =
    /version:?\s+v?(\d+\.\d+(?:\.\d+)?)\b/i.exec(section?.status === 0 ? section.text : "") ?? [];
  return version === undefined
    ? { why: section?.status === 127 ? "there is no nvidia-ctk" : "nvidia-ctk does not tell its version" }
    : { value: version };
}

/** `mode = "auto"` in the section [nvidia-container-runtime] of config.toml. */
export function readToolkitMode(section: Section | undefined): Known<string> {
  if (section === undefined || section.status !== 0) {
    return { why: "/etc/nvidia-container-runtime/config.toml cannot be read" };
  }
  let table = "";
  for (const line of section.text.split("\n")) {
    table = /^\s*\[([^\]]*)\]/.exec(line)?.[1]?.trim() ?? table;
    const [, mode] = /^\s*mode\s*=\s*["']([a-z-]{1,16})["']/.exec(line) ?? [];
    if (mode !== undefined && table === "nvidia-container-runtime") {
      return { value: mode };
    }
  }
  return { value: "auto" };
}

/** A table for runtime `nvidia` in any of containerd's files, in the notations of its versions 1 to 3. */
export function readContainerdRuntime(section: Section | undefined): Known<boolean> {
  const has = /^\s*\[plugins\..*\.runtimes\.["']?nvidia["']?[.\]]/m.test(section?.text ?? "");
  return has || section?.status === 0
    ? { value: has }
    : { why: "this user cannot read containerd's configuration" };
}

/** `auto` prepares containers by CDI from 1.18 on, and by itself before that (release notes of 1.18.0). */
export function modeOf(version: string | undefined, mode: string | undefined): "legacy" | "cdi" | undefined {
  if (mode === "legacy" || mode === "cdi") {
    return mode;
  }
  const [major = 0, minor = 0] = version?.split(".").map(Number) ?? [];
  return mode !== "auto" || version === undefined ? undefined : major > 1 || minor >= 18 ? "cdi" : "legacy";
}

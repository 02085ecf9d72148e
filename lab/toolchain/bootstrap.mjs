// Runs one of the project's programs: `node lab/toolchain/bootstrap.mjs <program.ts> [arguments]`.
// Plain JavaScript for any Node.js from 20.19, because it is what brings the project's own Node.js and packages.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { waitForLock } from "../../system/lock.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const modules = join(root, "node_modules");
const stamp = join(modules, ".installed-from");
const windows = process.platform === "win32";

class Refused extends Error {}

function wanted() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

function installed() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted();
}

// `npm install --no-save` and not `npm ci`: a registry that lacks one package of a foreign platform makes the lockfile
// incomplete for `ci`, while every package that is installed is still held to the lockfile's version and sum.
// The stamp is written last, so an installation that was cut off does not count.
function install() {
  console.error("Installing the packages of package-lock.json (usually 25 s) …");
  const result = spawnSync(
    "npm",
    ["install", "--no-save", "--engine-strict=false", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      cwd: root,
      shell: windows,
      stdio: ["ignore", "ignore", "pipe"],
      encoding: "utf8",
      // What an outer `npm start` hands down must not steer the installation.
      env: Object.fromEntries(
        Object.entries(process.env).filter(
          ([name]) =>
            !/^npm_(config_|lifecycle|package)/i.test(name) ||
            /registry|proxy|cafile|userconfig|globalconfig|cache/i.test(name),
        ),
      ),
    },
  );
  if (result.error !== undefined && "code" in result.error && result.error.code === "ENOENT") {
    throw new Refused("npm is not on PATH: install Node.js with npm and run the same command again.");
  }
  if (result.status !== 0) {
    throw new Refused(`npm could not install the packages: ${explain(result.stderr ?? "", result.status)}`);
  }
  writeFileSync(stamp, wanted());
}

/**
 * What npm prints → what is wrong and the way out.
 *
 * @type {[RegExp, string][]}
 */
const knownFailures = [
  [/ENOSPC|EDQUOT/, "the disk is full: free some space (the packages need about 550 MB)"],
  [
    /EACCES|EPERM|EROFS/,
    "this user may not write there: fix the permissions of this clone and of npm's cache",
  ],
  [
    /EINTEGRITY/,
    "a package is not the one whose sum is committed, and nothing of it was used: check which registry npm uses and what stands between",
  ],
  [
    /E401|E403|E407|403 Forbidden/,
    "the registry or a proxy before it refuses: check npm's settings `registry` and `https-proxy`",
  ],
  [/E404|ETARGET/, "the registry does not have one of them: check npm's setting `registry`"],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|network/,
    "the registry cannot be reached: check the network and npm's settings `registry` and `https-proxy`",
  ],
];

/**
 * One sentence for what npm said, with its own words.
 *
 * @param {string} stderr
 * @param {number | null} status
 */
function explain(stderr, status) {
  const lines = stderr
    .split("\n")
    .filter((line) => line.includes("npm error") && !line.includes("complete log"));
  const words = lines.map((line) => line.replace(/^npm error\s*/, "").trim()).filter((line) => line !== "");
  const known = knownFailures.find(([pattern]) => pattern.test(words.join("\n")))?.[1];
  const said = words.slice(0, 2).join(" ") || `it ended with status ${status}`;
  return `${known ?? "it says why below"}, then run the same command again. npm says: ${said}`;
}

async function ensureInstalled() {
  if (installed()) {
    return;
  }
  const release = await waitForLock(join(root, ".installing.json"), "npm install", {
    onWait: () => console.error("Another command of this clone installs the packages; waiting for it …"),
  }).catch((error) => {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw /^(EACCES|EPERM|EROFS)$/.test(code ?? "")
      ? new Refused(`The packages must be installed, and this user may not write into ${root}: ${code}.`)
      : error;
  });
  try {
    if (!installed()) {
      install();
    }
  } finally {
    await release();
  }
}

/**
 * The project's own Node.js, or this one where it runs TypeScript files as they are (22.18) and downloads through the
 * proxy that the environment names (22.21 and 24.5).
 */
function nodeToUse() {
  const own = join(modules, ".bin", windows ? "node.cmd" : "node");
  if (existsSync(own)) {
    return own;
  }
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)) {
    return process.execPath;
  }
  throw new Refused(
    `npm has no Node.js for ${process.platform} ${process.arch}, and this one is ${process.version}: install Node.js 24.5 or newer, or 22.21 or newer of 22, and run the same command again.`,
  );
}

async function main() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Refused(`This is Node.js ${process.version}, and 20.19 or newer is needed to begin with.`);
  }
  await ensureInstalled();
  const [program = "", ...args] = process.argv.slice(2);
  const child = spawn(nodeToUse(), [join(root, program), ...args], {
    stdio: "inherit",
    env: {
      // Most of what a short command does is to compile what it imports, which every later one is spared.
      NODE_COMPILE_CACHE: join(modules, ".cache", "node"),
      ...process.env,
      PATH: join(modules, ".bin") + delimiter + process.env.PATH,
    },
    shell: windows,
  });
  // A terminal sends Ctrl-C to both; the program decides what follows, and we wait for it. Without one it is passed on.
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => (signal !== "SIGINT" || !terminal) && child.kill(signal));
  }
  child.on("error", (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Refused)) {
    throw error;
  }
  console.error(error.message);
  process.exit(1);
}

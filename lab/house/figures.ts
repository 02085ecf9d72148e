/**
 * `npm run figures`: how large the house is, and whether it has circles, as Markdown. Another
 * clone, say of a former commit, is measured by the same program, so that both can be compared.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { inWords, newCommand } from "../../system/terminal/command-line.ts";
import { circlesOfFiles, circlesOfFolders, filesByFolder, readImports } from "./imports.ts";

/** How often the import is timed; the quickest counts, as everything else on the machine only adds to it. */
const rounds = 5;

const git = (root: string, ...words: string[]): string =>
  execFileSync("git", words, { cwd: root, encoding: "utf8" });

/** Lines of source and text; lockfiles and sums are nobody's to read. */
function linesOf(root: string, file: string): number {
  return /package-lock\.json|go\.sum$/.test(file)
    ? 0
    : readFileSync(join(root, file), "utf8").split("\n").length - 1;
}

/** Milliseconds that Node.js takes to import what every preview imports. */
function importMs(root: string): number {
  const program = ["index.ts", "components/index.ts"]
    .map((file) => `await import(${JSON.stringify(pathToFileURL(join(root, file)).href)});`)
    .join("");
  const timed = `const began = performance.now(); ${program} console.log(performance.now() - began); process.exit();`;
  const runs = Array.from({ length: rounds }, () =>
    Number(
      execFileSync(process.execPath, ["--input-type=module", "-e", timed], { cwd: root, encoding: "utf8" }),
    ),
  );
  return Math.round(Math.min(...runs));
}

const top = (file: string): string => (file.includes("/") ? (file.split("/")[0] ?? "") : "top level");
function figures(folder: string): void {
  const root = resolve(folder);
  const files = git(root, "ls-files", "-z").split("\0").filter(Boolean);
  const lines = new Map<string, number>();
  for (const file of files) {
    lines.set(top(file), (lines.get(top(file)) ?? 0) + linesOf(root, file));
  }
  const sourceFolders = [...new Set(files.filter((file) => /\.(ts|mjs)$/.test(file)).map(top))].filter(
    (folder) => folder !== "test" && folder !== "top level",
  );
  const imports = readImports(root, sourceFolders);
  const crowd = [...filesByFolder(imports.keys())].sort(([, one], [, other]) => other - one);
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: object;
  };
  const sum = (folders: readonly string[]): number =>
    folders.reduce((total, folder) => total + (lines.get(folder) ?? 0), 0);
  const circles = (groups: readonly string[][]): string =>
    groups.length === 0
      ? "none"
      : groups
          .map((group) => group.length)
          .join(", ")
          .concat(" members");

  const rows: [string, string | number][] = [
    ...[...lines]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, count]): [string, number] => [`lines: ${name}`, count]),
    ["lines: product and lab", sum(sourceFolders)],
    ["npm packages", Object.keys(packages).length - 1],
    [
      "most files at the top of a folder",
      crowd
        .slice(0, 3)
        .map(([name, count]) => `${name} ${count}`)
        .join(", "),
    ],
    ["circles of files", circles(circlesOfFiles(imports))],
    ["circles of folders", circles(circlesOfFolders(imports))],
    ["import of a preview, ms", importMs(root)],
  ];
  console.log(`Commit ${git(root, "rev-parse", "--short", "HEAD").trim()}, Node.js ${process.version}\n`);
  console.log("| figure | value |\n| --- | --- |");
  for (const [name, value] of rows) {
    console.log(`| ${name} | ${value} |`);
  }
}

await inWords(() =>
  newCommand("npm run figures --", "How large the house is, and whether it has circles, as Markdown.")
    .argument("[folder]", "another clone, such as one of a former commit", join(import.meta.dirname, "../.."))
    .action(figures)
    .parseAsync(),
);

/**
 * The rules of the house, held by reading every import: which folder may import which, no circle among folders or files, no
 * folder with more files than a reader can take in, and none that does not say what it is for. Type imports count: a type from above is knowledge of above.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** More files at the top of a folder than this are no longer seen at a glance. */
export const mostFiles = 14;

/** What a folder may import besides itself. `…/` at the end means everything below. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  system: [],
  stacks: ["system"],
  cluster: ["stacks", "system"],
  components: ["cluster", "stacks", "system"],
  engine: ["cluster", "stacks", "system"],
  operations: ["engine", "components", "cluster", "stacks", "system"],
  cli: ["operations", "engine", "components", "cluster", "stacks", "system"],
  "policy-pack": ["stacks", "system"],
  "index.ts": ["operations", "components", "cluster", "stacks", "system"],
  ci: [],
  lab: ["ci", "cluster", "stacks", "components", "engine", "operations", "system", "index.ts"],
};

/** Rooms in whose programs a token can be read: no code of others runs there. */
const withoutPackages: readonly string[] = ["ci"];

/** Why; told with each import that is refused. */
const rule =
  "The way goes down: cli → operations → engine, components → cluster → stacks → system. Nothing of the product imports lab/, and nothing imports cli/ or test/. ci/ stands alone";

/** Files by their path from the project's root, with what they import. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** All files of product and lab. @param folders top folders. @default those of the rules */
export function readImports(root: string, folders: readonly string[] = Object.keys(mayImport)): Imports {
  const files = globSync(["*.ts", `{${folders.join(",")}}/**/*.{ts,mjs}`], { cwd: root });
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(root, file), "utf8");
      const found = [...text.matchAll(/(?:from\s+|import\s*\(\s*|^import\s+)"(\.{1,2}\/[^"]+)"/gm)];
      return [file, found.map(([, path = ""]) => normalize(join(dirname(file), path)))];
    }),
  );
}

/** Everything that is against the rules, a sentence each. */
export function faultsOfImports(imports: Imports): string[] {
  return [
    ...[...imports].flatMap(([file, all]) => all.flatMap((one) => refused(file, one))),
    ...circlesOfFiles(imports).map(
      (files) => `These files import each other in a circle: ${files.join(" → ")}.`,
    ),
    ...circlesOfFolders(imports).map(
      (folders) =>
        `These folders import each other in a circle: ${folders.join(" → ")}. Move what both need below both.`,
    ),
    ...crowded([...imports.keys()]),
  ];
}

/** Groups of files that import each other. */
export function circlesOfFiles(imports: Imports): string[][] {
  return circles(imports);
}

/** Groups of folders that import each other. */
export function circlesOfFolders(imports: Imports): string[][] {
  return circles(byFolder(imports));
}

/** Folders without a README.md, whose `index.ts` does not begin with a comment either. */
export function unexplained(root: string, imports: Imports): string[] {
  const folders = [...filesByFolder(imports.keys()).keys()].filter((folder) => folder !== ".");
  return folders
    .filter((folder) => {
      const index = join(root, folder, "index.ts");
      return !(
        existsSync(join(root, folder, "README.md")) ||
        (existsSync(index) && /^\/[/*]/.test(readFileSync(index, "utf8")))
      );
    })
    .map(
      (folder) =>
        `${folder} does not say what it is for: begin its index.ts with a comment, or write a README.md.`,
    );
}

/** Imports of packages where none may run: everything but `node:` and files of the project. */
export function faultsOfPackages(root: string, imports: Imports): string[] {
  return [...imports.keys()]
    .filter((file) => withoutPackages.includes(room(file)))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), "utf8");
      const named = [
        ...text.matchAll(/(?:\bfrom\s*|\b(?:import|require)\s*\(\s*|^import\s+)["'`]([^"'`]+)/gm),
      ];
      return named
        .map(([, name = ""]) => name)
        .filter((name) => !/^(node:|\.{1,2}\/)/.test(name))
        .map(
          (name) => `${file} imports ${name}, and ${room(file)} may import no package: it is given tokens.`,
        );
    });
}

function refused(file: string, imported: string): string[] {
  const [from, to] = [room(file), room(imported)];
  return from === to || mayImport[from]?.includes(to)
    ? []
    : [`${file} imports ${imported}, and ${from} may not import ${to}. ${rule}.`];
}

/** The top folder, or the file where it lies at the top. */
function room(path: string): string {
  return path.split("/")[0] ?? path;
}

function byFolder(imports: Imports): Imports {
  const folders = new Map<string, string[]>();
  for (const [file, all] of imports) {
    const folder = dirname(file);
    const others = all.map((one) => dirname(one)).filter((one) => one !== folder);
    folders.set(folder, [...(folders.get(folder) ?? []), ...others]);
  }
  return folders;
}

/** How many files lie at the top of each folder. */
export function filesByFolder(files: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const file of files) {
    counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  }
  return counts;
}

function crowded(files: readonly string[]): string[] {
  return [...filesByFolder(files)]
    .filter(([, count]) => count > mostFiles)
    .map(
      ([folder, count]) =>
        `${folder} has ${count} files at its top, more than ${mostFiles}: give what belongs together a folder.`,
    );
}

/** Groups that reach each other, found by Tarjan's algorithm for strongly connected components. */
function circles(graph: Imports): string[][] {
  const found: string[][] = [];
  const numbers = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): number => {
    const number = numbers.size;
    numbers.set(node, number);
    lowest.set(node, number);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      const reached = numbers.has(next)
        ? stack.includes(next)
          ? (numbers.get(next) ?? number)
          : number
        : visit(next);
      lowest.set(node, Math.min(lowest.get(node) ?? number, reached));
    }
    if (lowest.get(node) === number) {
      const group = stack.splice(stack.indexOf(node));
      if (group.length > 1) {
        found.push(group);
      }
    }
    return lowest.get(node) ?? number;
  };
  for (const node of graph.keys()) {
    if (!numbers.has(node)) {
      visit(node);
    }
  }
  return found;
}

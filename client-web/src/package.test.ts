import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const NOT_CHECKED_OUT = ["node_modules", "dist", "screenshots"];

// Compilers take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/** A project of an embedder that has installed the package from a fresh checkout. */
let project = "";
let packed: string[] = [];

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "claviger-package-"));
  const checkout = join(folder, "checkout");
  cpSync(".", checkout, {
    recursive: true,
    filter: (path) => !NOT_CHECKED_OUT.includes(basename(path)),
  });
  symlinkSync(join(process.cwd(), "node_modules"), join(checkout, "node_modules"));
  const [result] = JSON.parse(run(checkout, "npm", ["pack", "--json", "--silent"]));
  packed = result.files.map(({ path }: { path: string }) => path);
  project = join(folder, "project");
  const scope = join(project, "node_modules/@claviger");
  mkdirSync(scope, { recursive: true });
  run(scope, "tar", ["-xzf", join(checkout, result.filename)]);
  run(scope, "mv", ["package", "web"]);
  for (const name of ["@bufbuild", "@connectrpc", "lit-html", "@types"]) {
    symlinkSync(join(process.cwd(), "node_modules", name), join(project, "node_modules", name));
  }
}, 120_000);

afterAll(() => rmSync(join(project, ".."), { recursive: true, force: true }));

it("is packed whole from a fresh checkout", () => {
  expect(packed).toEqual(
    expect.arrayContaining([
      "README.md",
      "package.json",
      "dist/index.js",
      "dist/index.d.ts",
      "dist/element/define.js",
      "dist/element/define.d.ts",
      "dist/element/claviger-auth.css",
    ]),
  );
  expect(packed.filter((path) => /\.test\.|^(src|tests|page)\//.test(path))).toEqual([]);
});

it("can be imported from its package", () => {
  writeFileSync(
    join(project, "use.mjs"),
    `import { createClaviger } from "@claviger/web";
     import { ClavigerAuth } from "@claviger/web/element";
     process.stdout.write(createClaviger().state.kind + " " + typeof ClavigerAuth);`,
  );

  expect(run(project, process.execPath, ["use.mjs"])).toBe("unknown function");
});

/** The file in which a framework declares its JSX namespace; the other one passes it on. */
const FRAMEWORKS = {
  react: { jsx: "react-jsx", declares: "index", passesOn: "jsx-runtime" },
  preact: { jsx: "react-jsx", declares: "index", passesOn: "jsx-runtime" },
  "solid-js": { jsx: "preserve", declares: "jsx-runtime", passesOn: "index" },
} as const;

it.each(Object.entries(FRAMEWORKS))("knows the element in TSX with %s", (name, framework) => {
  const types = join(project, "node_modules", name);
  mkdirSync(types, { recursive: true });
  const exports = { ".": "./index.d.ts", "./jsx-runtime": "./jsx-runtime.d.ts" };
  writeFileSync(join(types, "package.json"), JSON.stringify({ name, exports }));
  writeFileSync(
    join(types, `${framework.declares}.d.ts`),
    `export namespace JSX { interface Element {} interface IntrinsicElements { p: { id?: string } } }`,
  );
  writeFileSync(
    join(types, `${framework.passesOn}.d.ts`),
    `export type { JSX } from "./${framework.declares}.js";`,
  );

  const errors = compile(framework.jsx, name, {
    "right.tsx": `import "@claviger/web/element";
      import { createClaviger } from "@claviger/web";
      export const all = <p id="here" />;
      export const element = <claviger-auth
        view="sign-up" lang="de" base-url="https://login.example.com" section="password" autofocus
        id="login" class="wide" data-test="it" claviger={createClaviger()}
        texts={{ signIn: { heading: "Welcome" } }} onclaviger-signed-in={() => {}}
      />;`,
    "wrong.tsx": `import "@claviger/web/element";
      export const element = <claviger-auth view="sign-off" />;`,
  });

  expect(errors).toEqual([expect.stringMatching(/^wrong\.tsx.*"sign-off"/)]);
});

it("compiles for embedders without any framework, who check the types of packages", () => {
  for (const name of Object.keys(FRAMEWORKS)) {
    rmSync(join(project, "node_modules", name), { recursive: true, force: true });
  }

  const errors = compile("preserve", undefined, {
    "right.ts": `import { ClavigerAuth } from "@claviger/web/element";
      export const element: ClavigerAuth | null = document.querySelector("claviger-auth");`,
  });

  expect(errors).toEqual([]);
});

/** The errors of a project with these files, one a line. */
function compile(jsx: string, source: string | undefined, files: Record<string, string>): string[] {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        ...{ strict: true, noEmit: true, module: "NodeNext", target: "ES2022", types: [] },
        ...{ lib: ["ES2023", "DOM", "DOM.Iterable"], jsx },
        ...(source && { jsxImportSource: source }),
      },
      files: Object.keys(files),
    }),
  );
  const tsc = join(process.cwd(), "node_modules/typescript/bin/tsc");
  try {
    run(project, process.execPath, [tsc, "--pretty", "false", "--project", project]);
    return [];
  } catch (error) {
    const { stdout } = error as { stdout: string };
    return stdout.split("\n").filter((line) => line.includes("error"));
  }
}

function run(folder: string, program: string, args: readonly string[]): string {
  return execFileSync(program, args, { cwd: folder, encoding: "utf8", stdio: "pipe" });
}

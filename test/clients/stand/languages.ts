import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ClientDriver } from './client-driver.js';
import { type ClientTraits, GO_CLIENTS, JAVA_CLIENTS, PYTHON_CLIENTS } from './client-traits.js';

const HERE = join(import.meta.dirname, '..');
/** What is built and installed for a run; git has none of it. */
const BUILT = join(HERE, '../../node_modules/.cache/clients');

/** A language whose published clients are tried against the server outside of the tests, as it needs a toolchain of its own. */
export interface Language {
  readonly name: string;
  /** The programs that must be on the PATH. */
  readonly needs: readonly string[];
  readonly clients: readonly ClientTraits[];
  /** The page that shows how to use them, and what its code blocks are marked with. */
  readonly page: string;
  readonly mark: string;
  /** The versions of the clients, as the locks have them. */
  versions(): string;
  /** Installs what is missing, and starts the application that asks them; absent where the clients are those of another language. */
  start?(): ClientDriver;
  /** Runs a program of the page's, with these variables; gives what it printed. */
  run(code: string, environment: Readonly<Record<string, string>>): string;
}

export const LANGUAGES: readonly Language[] = [
  {
    ...{ name: 'Go', needs: ['go'], clients: GO_CLIENTS, page: 'go.md', mark: 'go' },
    versions: () => found('go/go.mod', /^\tgithub\.com\/open-feature\/(\S+ v\S+)$/gm),
    start: () => {
      const program = join(BUILT, 'go-driver');
      install('go', ['build', '-mod=readonly', '-o', program, '.'], 'go');
      return new ClientDriver(program, [], HERE);
    },
    run: (code, environment) => output('go', ['run', '-mod=readonly', written('main.go', code)], 'go', environment),
  },
  {
    ...{ name: 'Python', needs: ['python3'], clients: PYTHON_CLIENTS, page: 'python.md', mark: 'python' },
    versions: () => found('python/requirements.in', /^(\S+)$/gm),
    start: () => new ClientDriver(pythonWithClients(), ['driver.py'], join(HERE, 'python')),
    run: (code, environment) => output(pythonWithClients(), [written('app.py', code)], 'python', environment),
  },
  {
    ...{ name: 'Java', needs: ['java', 'javac', 'mvn'], clients: JAVA_CLIENTS, page: 'java.md', mark: 'java' },
    versions: () => found('java/pom.xml', /<artifactId>(?!clients)(\S+)<\/artifactId>\s*<version>(\S+)<\/version>/g),
    start: () => {
      const folder = join(BUILT, 'java');
      install('javac', ['-d', folder, '-cp', classPathOf('java'), 'Driver.java'], 'java');
      return new ClientDriver('java', ['-cp', `${folder}${delimiter}${classPathOf('java')}`, 'Driver'], HERE);
    },
    run: (code, environment) =>
      output('java', ['-cp', classPathOf('java'), written('App.java', code)], 'java', environment),
  },
  {
    ...{ name: 'Kotlin', needs: ['java', 'mvn'], clients: [], page: 'kotlin.md', mark: 'kotlin' },
    versions: () => found('kotlin/pom.xml', /<artifactId>(?!clients)(\S+)<\/artifactId>\s*<version>(\S+)<\/version>/g),
    run: (code, environment) => {
      const folder = join(BUILT, 'kotlin');
      const compiler = ['-cp', classPathOf('kotlin'), 'org.jetbrains.kotlin.cli.jvm.K2JVMCompiler'];
      const options = ['-no-stdlib', '-no-reflect', '-nowarn', '-cp', classPathOf('kotlin'), '-d', folder];
      install('java', [...compiler, ...options, written('App.kt', code)], 'kotlin');
      return output('java', ['-cp', `${folder}${delimiter}${classPathOf('kotlin')}`, 'AppKt'], 'kotlin', environment);
    },
  },
];

function found(file: string, pattern: RegExp): string {
  const matches = [...readFileSync(join(HERE, file), 'utf8').matchAll(pattern)];
  return matches.map(([, ...parts]) => parts.join(' ')).join(', ');
}

/** The Python of an environment that holds what the lock says, and nothing else. */
function pythonWithClients(): string {
  const folder = join(BUILT, 'python');
  onceFor('python/requirements.txt', join(folder, 'installed.txt'), () => {
    install('python3', ['-m', 'venv', '--clear', folder], 'python');
    install(join(folder, 'bin/pip'), ['install', '--quiet', '--require-hashes', '-r', 'requirements.txt'], 'python');
  });
  return join(folder, 'bin/python');
}

/** Where the archives lie that the `pom.xml` of a folder names, as Maven has fetched them. */
function classPathOf(folder: 'java' | 'kotlin'): string {
  const file = join(BUILT, `${folder}-class-path`);
  onceFor(`${folder}/pom.xml`, `${file}.pom`, () => {
    install('mvn', ['--quiet', '--batch-mode', 'dependency:build-classpath', `-Dmdep.outputFile=${file}`], folder);
  });
  return readFileSync(file, 'utf8').trim();
}

/** Does this when what a lock says is not what was installed the last time. */
function onceFor(lock: string, mark: string, installing: () => void): void {
  const wanted = readFileSync(join(HERE, lock), 'utf8');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  installing();
  writeFileSync(mark, wanted);
}

function install(program: string, args: readonly string[], folder: string): void {
  mkdirSync(BUILT, { recursive: true });
  execFileSync(program, args, { cwd: join(HERE, folder), stdio: ['ignore', 'ignore', 'inherit'] });
}

function written(name: string, code: string): string {
  const folder = join(BUILT, 'pages');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), code);
  return join(folder, name);
}

function output(program: string, args: readonly string[], folder: string, environment: Record<string, string>): string {
  return execFileSync(program, args, {
    cwd: join(HERE, folder),
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 240_000,
  });
}

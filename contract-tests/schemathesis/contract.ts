import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { StartError } from '../../src/errors.ts'
import { openTestDatabase, startServerOn, type TestServer } from '../support/testServer.ts'

const ROOT = path.join(import.meta.dirname, '../..')

export interface Run {
  program: string
  seed: number
  /** What else Schemathesis is told, such as `--max-examples=30`. */
  parameters: string[]
  /** Show its output while it works instead of only when something failed. */
  verbose: boolean
}

export interface Outcome {
  /** Operations. */
  passed: number
  failed: number
}

/** Part of the report that Schemathesis writes with --report-json-path. */
interface Report {
  operations: { tested: number }
  failures: { operations: string[] }[]
  errors: { count: number }[]
  warnings: { missing_auth: string[] }
  complete: boolean
}

interface Document {
  servers?: { url: string }[]
  security?: object[]
  paths: Record<string, Record<string, { security?: object[] }>>
}

/** The contracts that have an OpenAPI document, by name. */
export function contractNames(): string[] {
  return fs
    .readdirSync(path.join(ROOT, 'generated'))
    .filter(name => fs.existsSync(path.join(ROOT, 'generated', name, 'openapi.json')))
    .sort()
}

/**
 * Tests one contract against a live server on a database of its own. The folder of the contract's name beside this file
 * says how: `schemathesis.toml`, `environment.ts` with the variables that it names, and `hooks.py`.
 */
export async function testContract(name: string, run: Run): Promise<Outcome> {
  const folder = path.join(import.meta.dirname, name)
  if (!fs.existsSync(path.join(folder, 'environment.ts')))
    throw new StartError(`contract-tests/schemathesis/${name} is missing: it says how to test the contract`)
  const { environment } = (await import(path.join(folder, 'environment.ts'))) as {
    environment: (server: TestServer) => Promise<Record<string, string>>
  }
  const database = await openTestDatabase()
  const server = await startServerOn(database)
  try {
    const file = path.join(ROOT, 'generated', name, 'openapi.json')
    return await examine({ file, address: server.url, folder, environment: await environment(server) }, run)
  } finally {
    await server.close()
    await database.drop()
  }
}

export interface Target {
  /** The OpenAPI document. */
  file: string
  /** Where its paths are served, without the mount that the document names. */
  address: string
  /** Where schemathesis.toml and hooks.py are. */
  folder: string
  environment: Record<string, string>
}

/** Runs Schemathesis on a server that is there. */
export async function examine(target: Target, run: Run): Promise<Outcome> {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'voltspec-schemathesis-'))
  try {
    return await readOutcome(target, run, path.join(scratch, 'report.json'))
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true })
  }
}

async function readOutcome(
  { file, address, folder, environment }: Target,
  { program, seed, parameters, verbose }: Run,
  reportFile: string,
): Promise<Outcome> {
  const document: Document = JSON.parse(fs.readFileSync(file, 'utf8'))
  const { status, output } = await execute(
    program,
    [
      `--config-file=${path.join(folder, 'schemathesis.toml')}`,
      'run',
      file,
      `--url=${new URL(document.servers?.[0]?.url ?? '/', address)}`,
      '--phases=examples,coverage,fuzzing',
      `--seed=${seed}`,
      '--generation-database=none',
      '--no-color',
      `--report-json-path=${reportFile}`,
      ...parameters,
    ],
    { ...environment, SCHEMATHESIS_HOOKS: path.join(folder, 'hooks.py') },
    verbose,
  )
  if (!fs.existsSync(reportFile)) {
    if (!verbose) process.stdout.write(output)
    return { passed: 0, failed: 1 }
  }
  const report: Report = JSON.parse(fs.readFileSync(reportFile, 'utf8'))
  const shutOut = report.warnings.missing_auth.filter(label => needsCredential(document, label))
  const bad = new Set([...report.failures.flatMap(({ operations }) => operations), ...shutOut])
  const errors = report.errors.reduce((sum, { count }) => sum + count, 0)
  const failed = Math.max(bad.size, errors, status === 0 && report.complete ? 0 : 1)
  if (failed > 0 && !verbose) process.stdout.write(output)
  for (const label of shutOut) console.log(`${label} answered nothing but 401 and 403, so it was not tested`)
  return { passed: Math.max(0, report.operations.tested - failed), failed }
}

/** Whether an operation (`GET /v1/sites`) takes no anonymous caller. */
function needsCredential(document: Document, label: string): boolean {
  const [method = '', route = ''] = label.split(' ')
  const requirements = document.paths[route]?.[method.toLowerCase()]?.security ?? document.security ?? []
  return requirements.length > 0 && requirements.every(requirement => Object.keys(requirement).length > 0)
}

function execute(
  program: string,
  parameters: string[],
  environment: Record<string, string>,
  verbose: boolean,
): Promise<{ status: number | null; output: string }> {
  // The colour and columns of a terminal have no place in a log.
  const child = spawn(program, parameters, {
    cwd: ROOT,
    env: { ...process.env, COLUMNS: '120', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (verbose) process.stdout.write(chunk)
    })
  }
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | null; output: string }>()
  child.once('error', reject)
  child.once('close', status => resolve({ status, output: Buffer.concat(chunks).toString('utf8') }))
  return promise
}

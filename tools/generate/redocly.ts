import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** What one run of the Redocly command line left behind. */
export interface RedoclyResult {
  status: number
  stdout: string
  stderr: string
}

// The package declares no exports map for its bin, so the path is taken from its manifest.
const redoclyBin = join(dirname(createRequire(import.meta.url).resolve('@redocly/cli/package.json')), 'bin', 'cli.js')

/**
 * Runs the Redocly command line with the Node that runs us, in `root`, without telemetry, update check or colours.
 * One process serves any number of documents and costs about 0.3 s.
 */
export async function runRedocly(root: string, parameters: string[]): Promise<RedoclyResult> {
  const child = spawn(process.execPath, [redoclyBin, ...parameters], {
    cwd: root,
    env: {
      ...process.env,
      REDOCLY_TELEMETRY: 'off',
      REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
      NO_COLOR: '1',
      FORCE_COLOR: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', chunk => {
    stderr += chunk
  })
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('close', code => resolve(code ?? 1))
  return { status: await promise, stdout, stderr }
}

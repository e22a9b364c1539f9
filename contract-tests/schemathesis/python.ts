import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { StartError } from '../../src/errors.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const REQUIREMENTS = path.join(import.meta.dirname, 'requirements.txt')
const ENVIRONMENT = path.join(ROOT, '.venv')
const BIN = path.join(ENVIRONMENT, process.platform === 'win32' ? 'Scripts' : 'bin')
/** Written last, so that an environment whose making was interrupted counts as stale. */
const MARKER = path.join(ENVIRONMENT, 'requirements.sha256')
const NAMES = ['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3', 'python']
const ADVICE =
  'install it (Debian: apt-get install python3 python3-venv; macOS: brew install python), or set SKIP_SCHEMATHESIS=1'

/**
 * The schemathesis program in the project's own virtual environment, which is made anew when it is missing or the
 * requirements have changed.
 *
 * @throws StartError in one line when there is no Python 3.10+, or the packages cannot be had
 */
export function schemathesisProgram(): string {
  const program = path.join(BIN, 'schemathesis')
  const wanted = createHash('sha256').update(fs.readFileSync(REQUIREMENTS)).digest('hex')
  if (fs.existsSync(MARKER) && fs.readFileSync(MARKER, 'utf8') === wanted && answers(program)) return program
  const python = findPython()
  fs.rmSync(ENVIRONMENT, { recursive: true, force: true })
  make(python, ['-m', 'venv', ENVIRONMENT], `Python has no venv module; ${ADVICE}`)
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS]
  make(path.join(BIN, 'python'), install, 'the Python packages could not be installed; is there a network?')
  fs.writeFileSync(MARKER, wanted)
  return program
}

/** The first name that really runs: version managers leave names behind that only print an error. */
function findPython(): string {
  const recent = 'import sys; sys.exit(sys.version_info < (3, 10))'
  const python = NAMES.find(name => spawnSync(name, ['-c', recent], { stdio: 'ignore' }).status === 0)
  if (python === undefined) throw new StartError(`Python 3.10 or newer is needed for Schemathesis: ${ADVICE}`)
  return python
}

function answers(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
}

function make(program: string, parameters: string[], problem: string): void {
  const { status, stderr } = spawnSync(program, parameters, { encoding: 'utf8' })
  if (status === 0) return
  const reason = stderr?.trim().split('\n').at(-1)
  throw new StartError(reason ? `${problem} (${reason})` : problem)
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('ocppBoard/', import.meta.url))
const FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--legacy-peer-deps', '--silent']

/**
 * Installs ocpp-ws-io and ocpp-ws-board into a folder of their own, once. Nothing but the bench needs them.
 *
 * @returns false, and says so, when there is no way to get them
 */
export async function installOcppBoard(): Promise<boolean> {
  if (fs.existsSync(`${FOLDER}node_modules/ocpp-ws-board`)) return true
  process.stderr.write('installing ocpp-ws-io and ocpp-ws-board\n')
  const npm = spawn('npm', ['install', ...FLAGS], { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await Promise.race([once(npm, 'exit'), once(npm, 'error').then(() => [1])])
  if (code === 0) return true
  process.stderr.write('ocpp-ws-io and ocpp-ws-board cannot be installed: they are left out\n')
  return false
}

import fs from 'node:fs'
import path from 'node:path'
import { StartError } from './errors.ts'

/**
 * One server per data directory: the second would end the first one's database. A lock that a killed server left behind
 * is told from a held one by the start time of its process, since ids are given again.
 *
 * @throws StartError when another server holds it
 */
export function lockDataDir(dataDir: string): { release(): void } {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = path.join(dataDir, 'server.pid')
  const mine = `${file}.${process.pid}`
  const words = describe(process.pid)
  fs.writeFileSync(mine, words)
  try {
    // A link appears with its content, and for one of those who make it at the same time.
    while (!tryLink(mine, file)) {
      const found = read(file)
      const holder = Number.parseInt(found, 10)
      if (holder > 0 && isRunning(holder) && found === describe(holder))
        throw new StartError(
          `another server (pid ${holder}) uses ${dataDir}; stop it, or set another DATA_DIR and PORT`,
        )
      if (read(file) === found) fs.rmSync(file, { force: true })
    }
  } finally {
    fs.rmSync(mine, { force: true })
  }
  return { release: () => read(file) === words && fs.rmSync(file, { force: true }) }
}

function tryLink(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The id of a process and, where the kernel tells it, when it was started. */
function describe(pid: number): string {
  try {
    const afterName = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!
    return `${pid} ${afterName.split(' ')[19]}`
  } catch {
    return String(pid)
  }
}

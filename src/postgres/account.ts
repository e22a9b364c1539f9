import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { StartError } from '../errors.ts'

/** Who the database runs as. */
export interface Account {
  uid?: number
  gid?: number
}

/** Postgres refuses to run as root, so root lends it the account that owns the data, at first `postgres`. */
export async function databaseAccount(dataDir: string): Promise<Account> {
  if (process.getuid?.() !== 0) return {}
  const data = fs.statSync(path.join(dataDir, 'postgres'), { throwIfNoEntry: false })
  if (data !== undefined && data.uid !== 0) return { uid: data.uid, gid: data.gid }
  try {
    return lookUp()
  } catch {
    try {
      execFileSync('groupadd', ['--system', 'postgres'], { stdio: 'ignore' })
      execFileSync('useradd', ['--system', '-g', 'postgres', '-M', '-s', '/usr/sbin/nologin', 'postgres'], {
        stdio: 'ignore',
      })
      return lookUp()
    } catch {
      throw new StartError('Postgres cannot run as root and no account `postgres` could be made; start as another user')
    }
  }
}

function lookUp(): Account {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Where the data and the binaries are for the database's own account. */
export interface Home {
  directory: string
  binaries: string
}

const SHARED = '/var/lib/voltspec'

/**
 * The data directory and the binaries as they are, where the database's account can reach them; else, below a closed
 * directory such as root's home, a copy of the binaries and a data directory in /var/lib/voltspec. The link
 * `postgres` in DATA_DIR shows where the data is and keeps holding when the checkout moves.
 */
export function reachableHome(dataDir: string, binaries: string, account: Account, say: (line: string) => void): Home {
  const link = path.join(dataDir, 'postgres')
  const moved = fs.lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()
  if (account.uid === undefined) return { directory: dataDir, binaries }

  const binariesReachable = reaches(path.join(binaries, 'bin/postgres'), account)
  const here = moved ? path.dirname(fs.readlinkSync(link)) : dataDir
  const directory = moved || reaches(dataDir, account, true) ? here : path.join(SHARED, randomBytes(8).toString('hex'))
  if (directory !== dataDir) {
    fs.mkdirSync(directory, { recursive: true, mode: 0o755 })
    if (!moved) {
      say(`the database's account cannot enter ${dataDir}; its files go to ${directory}`)
      fs.symlinkSync(path.join(directory, 'postgres'), link)
    }
  }
  return { directory, binaries: binariesReachable ? binaries : copyBinaries(binaries) }
}

/** Asks the kernel, in the account's own name, whether a file can be run or a directory entered. */
function reaches(place: string, account: Account, directory = false): boolean {
  // The directory itself is opened below when it is ours alone: the account owns what lies in it, and must only pass.
  if (directory) fs.chmodSync(place, (fs.statSync(place).mode & 0o7777) | 0o011)
  return spawnSync('test', ['-x', place], { ...account, cwd: '/', stdio: 'ignore' }).status === 0
}

function copyBinaries(binaries: string): string {
  const { version } = JSON.parse(fs.readFileSync(path.join(binaries, '../package.json'), 'utf8'))
  const copy = path.join(SHARED, `postgres-${version}`)
  if (!fs.existsSync(copy)) {
    fs.mkdirSync(SHARED, { recursive: true, mode: 0o755 })
    const unfinished = fs.mkdtempSync(`${copy}.`)
    fs.cpSync(binaries, unfinished, { recursive: true, verbatimSymlinks: true })
    fs.chmodSync(unfinished, 0o755)
    try {
      fs.renameSync(unfinished, copy)
    } catch {
      // Another start was quicker with the same copy.
      fs.rmSync(unfinished, { recursive: true, force: true })
    }
  }
  return copy
}

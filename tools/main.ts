import { StartError } from '../src/errors.ts'

/** Runs a command line tool: a reason that people can act on is one line, everything else keeps its stack. */
export async function main(run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    console.error(error instanceof StartError ? error.message : error)
    process.exitCode = 1
  }
}

import { findContracts } from './mock/contracts.ts'
import { curlExamples, renderCurl } from './mock/curlExamples.ts'
import { type Mock, startMock } from './mock/startMock.ts'

/** `npm run mock`: the contracts' examples over HTTP, without a database or a server of ours behind them. */
async function main(): Promise<void> {
  const port = Number(process.env.MOCK_PORT || 4010)
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    return fail(`MOCK_PORT must be a whole number from 0 to 65535, not "${process.env.MOCK_PORT}"`)
  }
  const contracts = findContracts()
  let mock: Mock
  try {
    mock = await startMock(port, contracts)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return fail(`port ${port} is in use; set another MOCK_PORT`)
  }
  const lines = [
    '',
    `  Mocks of ${contracts.map(({ name }) => name).join(', ')}; stop with Ctrl-C`,
    '',
    ...contracts.map(({ name, document }) => `  ${name.padEnd(8)}  ${mock.url}/${name}  (${document.info.title})`),
    '',
    '  Try:',
    ...contracts.flatMap(contract => curlExamples(mock.url, contract).map(example => `  ${renderCurl(example)}`)),
    '',
    "  Any token of the right form is taken. -H 'Prefer: code=409' asks for a status, 'Prefer: code=200, example=v2g' for",
    '  one of its examples.',
    '',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void mock.stop().then(() => process.exit(0)))
}

function fail(line: string): void {
  process.stderr.write(`${line}\n`)
  process.exitCode = 1
}

await main()

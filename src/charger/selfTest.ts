import { ApiError, invalid } from '../errors.ts'

/** More than any charger has. */
const MOST_TESTS = 1000
const LONGEST_NAME = 255

/**
 * Checks that the details of a completed self-test are its report, `{passed, tests: [{name, passed}]}`. What a charger
 * adds to it stays.
 *
 * @throws invalid that names the field
 */
export function checkSelfTest(details: object | null): void {
  const { passed, tests } = (details ?? {}) as { passed?: unknown; tests?: unknown }
  checkFlag('details.passed', passed)
  if (tests === undefined) throw missing('details.tests')
  if (!Array.isArray(tests) || tests.length > MOST_TESTS)
    throw invalid('details.tests', `details.tests must be a list of at most ${MOST_TESTS} tests`)
  for (const [index, test] of tests.entries()) checkTest(`details.tests.${index}`, test)
}

function checkTest(field: string, test: unknown): void {
  if (typeof test !== 'object' || test === null) throw invalid(field, `${field} must be an object`)
  const { name, passed } = test as { name?: unknown; passed?: unknown }
  if (name === undefined) throw missing(`${field}.name`)
  if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME)
    throw invalid(`${field}.name`, `${field}.name must be a text of 1 to ${LONGEST_NAME} characters`)
  checkFlag(`${field}.passed`, passed)
}

function checkFlag(field: string, value: unknown): void {
  if (value === undefined) throw missing(field)
  if (typeof value !== 'boolean') throw invalid(field, `${field} must be boolean`)
}

const missing = (field: string) =>
  new ApiError('invalid', `${field} is required`, { reason: 'missing', details: { field } })

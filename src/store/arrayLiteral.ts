type Plain = string | number | boolean | null

/**
 * An array for Postgres of values that need no quotes: ids, numbers, instants and the words of an enumeration, all of
 * which the contract has checked. The driver would look through every value for characters to escape.
 */
export const arrayLiteral = (values: Plain[]): string => `{${values.map(value => value ?? 'NULL').join(',')}}`

const NEEDS_NO_QUOTES = /^[\w.:-]+$/
const IS_NULL = /^null$/i

/** The same of any text. Most of it is names and ids, which need no quotes either. */
export const textArrayLiteral = (values: (string | null)[]): string => arrayLiteral(values.map(quoted))

function quoted(value: string | null): string | null {
  if (value === null || (NEEDS_NO_QUOTES.test(value) && !IS_NULL.test(value))) return value
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

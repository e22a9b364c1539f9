import type { Operator } from './parseFilter.ts'
import { arrayLiteral } from './plan.ts'
import type { ResolvedCondition, ResolvedFilter, ResolvedOrder, ResolvedPath } from './resolve.ts'

/** Collects the values of a statement and gives each its parameter. */
export class Parameters {
  readonly values: unknown[] = []

  /** `$1`, `$2`, ... */
  bind(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }
}

const OPERATORS: Record<Exclude<Operator, 'in' | 'is' | 'fts' | 'plfts' | 'phfts' | 'wfts'>, string> = {
  eq: '=',
  neq: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'like',
  ilike: 'ilike',
  match: '~',
  imatch: '~*',
  isdistinct: 'is distinct from',
  cs: '@>',
  cd: '<@',
  ov: '&&',
  sl: '<<',
  sr: '>>',
  nxr: '&<',
  nxl: '&>',
  adj: '-|-',
}

const SEARCHES: Partial<Record<Operator, string>> = {
  fts: 'to_tsquery',
  plfts: 'plainto_tsquery',
  phfts: 'phraseto_tsquery',
  wfts: 'websearch_to_tsquery',
}

/** All conditions of a request hold together. */
export function whereSql(conditions: ResolvedCondition[], parameters: Parameters): string {
  if (conditions.length === 0) return ''
  return ` where ${conditions.map(condition => conditionSql(condition, parameters)).join(' and ')}`
}

function conditionSql(condition: ResolvedCondition, parameters: Parameters): string {
  const negation = condition.negated ? 'not ' : ''
  if (condition.kind === 'filter') return `${negation}(${filterSql(condition, parameters)})`
  const members = condition.members.map(member => conditionSql(member, parameters))
  return `${negation}(${members.join(` ${condition.kind} `)})`
}

/** A value has the type that Postgres wants at its place, so that what it says of a wrong one is its own. */
function filterSql(filter: ResolvedFilter, parameters: Parameters): string {
  const { operator, quantifier, language, value, values } = filter
  const path = pathSql(filter.path, parameters)
  if (operator === 'in') return `${path} = any (${parameters.bind(arrayLiteral(values!))})`
  if (operator === 'is') return `${path} is ${value.replace('_', ' ')}`
  const search = SEARCHES[operator]
  if (search !== undefined) {
    const configuration = language === undefined ? '' : `${parameters.bind(language)}::text::regconfig, `
    return `to_tsvector(${configuration}${path}) @@ ${search}(${configuration}${parameters.bind(value)})`
  }
  const isPattern = operator === 'like' || operator === 'ilike'
  const bound = parameters.bind(isPattern ? value.replaceAll('*', '%') : value)
  const operand = quantifier === undefined ? bound : `${quantifier} (${bound})`
  return `${path} ${OPERATORS[operator as keyof typeof OPERATORS]} ${operand}`
}

/** `t."column"`, and the steps into it, whose keys are values too. */
export function pathSql({ column, steps }: ResolvedPath, parameters: Parameters): string {
  const sql = steps.map(
    ({ arrow, key }) => ` ${arrow} ${parameters.bind(key)}::${typeof key === 'number' ? 'int' : 'text'}`,
  )
  const path = `t.${quote(column.name)}${sql.join('')}`
  return steps.length === 0 ? path : `(${path})`
}

export function orderSql(order: ResolvedOrder[], parameters: Parameters): string {
  if (order.length === 0) return ''
  const terms = order.map(
    ({ path, descending, nullsFirst }) =>
      `${pathSql(path, parameters)}${descending ? ' desc' : ''}${nullsFirst === descending ? '' : nullsFirst ? ' nulls first' : ' nulls last'}`,
  )
  return ` order by ${terms.join(', ')}`
}

/**
 * What comes after a row in the order: greater in the first key, or the same in it and greater in the second, and so
 * on. Nulls have their place in an order too.
 */
export function afterSql(keys: ResolvedOrder[], after: (string | null)[], parameters: Parameters): string {
  const [key, ...otherKeys] = keys
  const [value, ...otherValues] = after
  const { path, descending, nullsFirst } = key!
  const column = pathSql(path, parameters)
  const isNull = value === null || value === undefined
  const beyond = isNull
    ? nullsFirst
      ? `${column} is not null`
      : 'false'
    : `${column} ${descending ? '<' : '>'} ${parameters.bind(value)}${nullsFirst || !path.column.nullable ? '' : ` or ${column} is null`}`
  if (otherKeys.length === 0) return `(${beyond})`
  const same = isNull ? `${column} is null` : `${column} = ${parameters.bind(value)}`
  return `(${beyond} or ${same} and ${afterSql(otherKeys, otherValues, parameters)})`
}

export const quote = (identifier: string) => `"${identifier.replaceAll('"', '""')}"`

/** What the request grammar needs to know of a table or a function. Nothing else of a database can be reached by it. */

export type ColumnType = 'uuid' | 'timestamptz' | 'float8' | 'int2' | 'int4' | 'text' | 'bool' | 'jsonb'

export interface Column {
  name: string
  type: ColumnType
  nullable: boolean
  /** What Postgres puts there when nothing is given: an expression in SQL. */
  defaultValue: string | undefined
}

export interface Table {
  schema: string
  name: string
  columns: ReadonlyMap<string, Column>
  primaryKey: readonly string[]
}

export interface Parameter {
  name: string
  type: ColumnType | 'uuid[]'
}

/** A function that returns rows. All its parameters have defaults. */
export interface Routine {
  schema: string
  name: string
  parameters: ReadonlyMap<string, Parameter>
  /** The columns of the rows that it returns. */
  columns: ReadonlyMap<string, Column>
}

import type { ErrorObject } from 'ajv'
import { ApiError } from '../errors.ts'

/** An Ajv error in words for the caller: which field, and what it should be. */
export function validationError({ keyword, instancePath, params, message }: ErrorObject): ApiError {
  const [place = '', ...path] = instancePath.split('/').slice(1).map(unescapePointer)
  if (keyword === 'required') {
    const { missingProperty } = params as { missingProperty: string }
    if (place === '')
      return new ApiError('invalid', 'a request body is required', { reason: 'missing', details: { field: 'body' } })
    const field = [...path, missingProperty].join('.')
    return new ApiError('invalid', `${field} is required`, { reason: 'missing', details: { field } })
  }
  const field = path.join('.') || (place === 'requestBody' ? 'body' : place)
  const { allowedValues } = params as { allowedValues?: unknown[] }
  const words = allowedValues === undefined ? message : `${message}: ${allowedValues.join(', ')}`
  const reason = place !== 'requestBody' ? undefined : path.length === 0 ? 'body' : 'value'
  return new ApiError('invalid', `${field} ${words}`, { ...(reason && { reason }), details: { field } })
}

const unescapePointer = (token: string) => token.replaceAll('~1', '/').replaceAll('~0', '~')

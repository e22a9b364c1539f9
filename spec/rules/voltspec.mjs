// The rules of every Voltspec contract that Redocly does not know. Each is a file of its own beside this one and has a
// failing and a passing fixture under fixtures/<rule>/.
import { errorResponses } from './error-responses.mjs'
import { examplesPresent } from './examples-present.mjs'
import { noRecursiveSchema } from './no-recursive-schema.mjs'
import { operationFileName } from './operation-file-name.mjs'
import { operationIdForm } from './operation-id-form.mjs'
import { scopesDeclared } from './scopes-declared.mjs'
import { securityDeclared } from './security-declared.mjs'
import { statusDeclared } from './status-declared.mjs'
import { successResponse } from './success-response.mjs'
import { unitOnNumbers } from './unit-on-numbers.mjs'

const forBothKinds = {
  'examples-present': examplesPresent,
  'no-recursive-schema': noRecursiveSchema,
  'operation-file-name': operationFileName,
  'status-declared': statusDeclared,
  'unit-on-numbers': unitOnNumbers,
}

export default function voltspec() {
  return {
    id: 'voltspec',
    // What a 501 operation will answer once it is built is checked and bundled like any other response.
    typeExtension: {
      oas3: types => ({
        ...types,
        Operation: {
          ...types.Operation,
          properties: { ...types.Operation.properties, 'x-future-responses': 'Responses' },
        },
      }),
    },
    rules: {
      oas3: {
        ...forBothKinds,
        'error-responses': errorResponses,
        'operation-id-form': operationIdForm,
        'scopes-declared': scopesDeclared,
        'security-declared': securityDeclared,
        'success-response': successResponse,
      },
      async3: forBothKinds,
    },
  }
}

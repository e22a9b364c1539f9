import { ApiError } from '../errors.ts'
import type { Services } from '../services.ts'
import * as tenants from '../store/tenants.ts'
import type { EnrollmentCaller } from './caller.ts'

/** Who a charger without a token is: one of the enrollment tenant's, as long as enrollment is open. */
export async function enroll({ config, db }: Services): Promise<EnrollmentCaller> {
  if (config.deviceEnrollment === 'closed')
    throw new ApiError('unauthorized', 'enrollment is closed; an operator token is required')
  const tenantId = await tenants.findBySlug(db, config.enrollmentTenant)
  if (tenantId === undefined)
    throw new ApiError('unauthorized', 'there is no tenant to enroll with; an operator token is required')
  return { kind: 'enrollment', tenantId }
}

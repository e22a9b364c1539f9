import type { Handlers } from '../../../generated/ocpp/index.ts'

export const dataTransfer: Handlers['v201']['dataTransfer'] = async () => ({ status: 'UnknownVendorId' })

import type { Handlers } from '../../../generated/ocpp/index.ts'

export const dataTransfer: Handlers['v16']['dataTransfer'] = async () => ({ status: 'UnknownVendorId' })

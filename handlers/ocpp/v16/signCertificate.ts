import type { Handlers } from '../../../generated/ocpp/index.ts'

export const signCertificate: Handlers['v16']['signCertificate'] = async () => ({ status: 'Rejected' })

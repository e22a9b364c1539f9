import type { Handlers } from '../../../generated/ocpp/index.ts'

export const signCertificate: Handlers['v201']['signCertificate'] = async () => ({
  status: 'Rejected',
  statusInfo: { reasonCode: 'NoCA', additionalInfo: 'No certificate authority is configured.' },
})

import type { OCPP16 } from 'typed-ocpp'
import { Certificates } from '../certificates.ts'
import { updateFirmware } from '../firmware.ts'
import type { Station } from '../station.ts'
import { logName, uploadLog } from '../upload.ts'

/** Resets, firmware, logs and certificates of a 1.6 station. */
export const maintenance16 = (station: Station) => {
  const certificates = new Certificates<OCPP16.InstallCertificateRequest['certificateType']>()
  const tell = (action: string, payload: object) => station.line.call(action, payload).then(() => undefined)
  return {
    Reset({ type }: OCPP16.ResetRequest): OCPP16.ResetResponse {
      station.later(() => station.reset(type === 'Hard' ? 'HardReset' : 'SoftReset'))
      return { status: 'Accepted' }
    },
    UpdateFirmware({ location, retrieveDate }: OCPP16.UpdateFirmwareRequest): OCPP16.UpdateFirmwareResponse {
      const say = (status: string) => tell('FirmwareStatusNotification', { status })
      station.later(() => updateFirmware(station, { location, from: retrieveDate }, say))
      return {}
    },
    SignedUpdateFirmware(request: OCPP16.SignedUpdateFirmwareRequest): OCPP16.SignedUpdateFirmwareResponse {
      const { requestId, firmware } = request
      const say = (status: string) => tell('SignedFirmwareStatusNotification', { status, requestId })
      const order = { location: firmware.location, from: firmware.retrieveDateTime }
      station.later(() => updateFirmware(station, order, say))
      return { status: 'Accepted' }
    },
    GetDiagnostics(request: OCPP16.GetDiagnosticsRequest): OCPP16.GetDiagnosticsResponse {
      const { location: url, startTime: since, stopTime: until, retries, retryInterval: retryAfter } = request
      const say = (status: string) =>
        tell('DiagnosticsStatusNotification', { status: status === 'UploadFailure' ? 'UploadFailed' : status })
      station.later(() => uploadLog(station, { url, since, until, retries, retryAfter }, say))
      return { fileName: logName(station) }
    },
    GetLog({ log, requestId, retries, retryInterval: retryAfter }: OCPP16.GetLogRequest): OCPP16.GetLogResponse {
      const { remoteLocation: url, oldestTimestamp: since, latestTimestamp: until } = log
      const say = (status: string) => tell('LogStatusNotification', { status, requestId })
      station.later(() => uploadLog(station, { url, since, until, retries, retryAfter }, say))
      return { status: 'Accepted', filename: logName(station) }
    },
    InstallCertificate(request: OCPP16.InstallCertificateRequest): OCPP16.InstallCertificateResponse {
      return { status: certificates.install(request.certificateType, request.certificate) }
    },
    DeleteCertificate({ certificateHashData }: OCPP16.DeleteCertificateRequest): OCPP16.DeleteCertificateResponse {
      return { status: certificates.delete(certificateHashData) }
    },
    GetInstalledCertificateIds(
      request: OCPP16.GetInstalledCertificateIdsRequest,
    ): OCPP16.GetInstalledCertificateIdsResponse {
      const found = certificates.list([request.certificateType]).map(({ hash }) => hash)
      return found.length === 0 ? { status: 'NotFound' } : { status: 'Accepted', certificateHashData: found }
    },
    /** Nothing was asked to be signed. */
    CertificateSigned(): OCPP16.CertificateSignedResponse {
      return { status: 'Rejected' }
    },
  }
}

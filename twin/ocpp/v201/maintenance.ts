import type { OCPP20 } from 'typed-ocpp'
import { Certificates } from '../certificates.ts'
import { updateFirmware } from '../firmware.ts'
import type { Station } from '../station.ts'
import { logName, uploadLog } from '../upload.ts'

type Use = OCPP20.InstallCertificateRequest['certificateType'] | 'V2GCertificateChain'

/** Resets, firmware, logs and certificates of a 2.0.1 station. */
export const maintenance201 = (station: Station) => {
  const certificates = new Certificates<Use>()
  return {
    Reset({ type, evseId }: OCPP20.ResetRequest): OCPP20.ResetResponse {
      // One EVSE alone has nothing that could be started anew.
      if (evseId !== undefined) return { status: 'Rejected' }
      const isScheduled = type === 'OnIdle' && station.running.length > 0
      station.later(async () => {
        while (isScheduled && station.running.length > 0) if (!(await station.wait(1))) return
        await station.reset(type === 'Immediate' ? 'HardReset' : 'SoftReset')
      })
      return { status: isScheduled ? 'Scheduled' : 'Accepted' }
    },
    UpdateFirmware({ requestId, firmware }: OCPP20.UpdateFirmwareRequest): OCPP20.UpdateFirmwareResponse {
      const order = { location: firmware.location, from: firmware.retrieveDateTime }
      station.later(() =>
        updateFirmware(station, order, async status => {
          await station.line.call('FirmwareStatusNotification', { status, requestId })
        }),
      )
      return { status: 'Accepted' }
    },
    GetLog({ log, requestId, retries, retryInterval: retryAfter }: OCPP20.GetLogRequest): OCPP20.GetLogResponse {
      const { remoteLocation: url, oldestTimestamp: since, latestTimestamp: until } = log
      station.later(() =>
        uploadLog(station, { url, since, until, retries, retryAfter }, async status => {
          await station.line.call('LogStatusNotification', { status, requestId })
        }),
      )
      return { status: 'Accepted', filename: logName(station) }
    },
    /** There is no network behind this station that could take firmware from it. */
    PublishFirmware(): OCPP20.PublishFirmwareResponse {
      return { status: 'Rejected' }
    },
    UnpublishFirmware(): OCPP20.UnpublishFirmwareResponse {
      return { status: 'NoFirmware' }
    },
    InstallCertificate(request: OCPP20.InstallCertificateRequest): OCPP20.InstallCertificateResponse {
      return { status: certificates.install(request.certificateType, request.certificate) }
    },
    DeleteCertificate({ certificateHashData }: OCPP20.DeleteCertificateRequest): OCPP20.DeleteCertificateResponse {
      return { status: certificates.delete(certificateHashData) }
    },
    GetInstalledCertificateIds(
      request: OCPP20.GetInstalledCertificateIdsRequest,
    ): OCPP20.GetInstalledCertificateIdsResponse {
      const [first, ...others] = certificates
        .list(request.certificateType ?? [])
        .map(({ use, hash }) => ({ certificateType: use, certificateHashData: hash }))
      if (first === undefined) return { status: 'NotFound' }
      return { status: 'Accepted', certificateHashDataChain: [first, ...others] }
    },
    /** Nothing was asked to be signed. */
    CertificateSigned(): OCPP20.CertificateSignedResponse {
      return { status: 'Rejected' }
    },
  }
}

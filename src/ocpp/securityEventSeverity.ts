import type { Severity } from '../store/securityEvents.ts'

/** The security events that OCPP names, under the names of all versions. */
const SEVERITIES: Record<string, Severity> = {
  AttemptedReplayAttacks: 'critical',
  InvalidFirmwareSignature: 'critical',
  SecurityLogWasCleared: 'critical',
  TamperDetectionActivated: 'critical',
  FailedToAuthenticateAtCentralSystem: 'high',
  FailedToAuthenticateAtCsms: 'high',
  CentralSystemFailedToAuthenticate: 'high',
  CsmsFailedToAuthenticate: 'high',
  InvalidCentralSystemCertificate: 'high',
  InvalidCsmsCertificate: 'high',
  InvalidChargePointCertificate: 'high',
  InvalidChargingStationCertificate: 'high',
  InvalidFirmwareSigningCertificate: 'high',
  InvalidTLSCipherSuite: 'high',
  InvalidTLSVersion: 'high',
  InvalidMessages: 'medium',
  MemoryExhaustion: 'medium',
  ReconfigurationOfSecurityParameters: 'medium',
  FirmwareUpdated: 'low',
  MaintenanceLoginAccepted: 'low',
  MaintenanceLoginFailed: 'high',
  ResetOrReboot: 'low',
  SettingSystemTime: 'low',
  StartupOfTheDevice: 'low',
}

/** How bad a security event of a station is. Types of its maker's own are worth a look. */
export const severityOf = (type: string): Severity => (Object.hasOwn(SEVERITIES, type) ? SEVERITIES[type]! : 'medium')

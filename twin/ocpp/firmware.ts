import type { FirmwareStatus } from './dialect.ts'
import type { Station } from './station.ts'

/** Simulated seconds. */
const DOWNLOAD = 10
const INSTALL = 15
const LOOK_AGAIN = 5
/** How long an installation waits for running sessions. */
const PATIENCE = 1800

/** Downloads a version when it is time, waits until no session runs, installs it and boots with it. */
export async function updateFirmware(
  station: Station,
  { location, from }: { location: string; from: string },
  tell: (status: FirmwareStatus) => Promise<void>,
): Promise<void> {
  const { state, clock, closing } = station.setup
  const report = (status: FirmwareStatus) => {
    station.firmwareStatus = status
    return tell(status)
  }
  if (!(await clock.until(Date.parse(from), closing))) return
  await report('Downloading')
  if (!(await station.wait(DOWNLOAD)) || !URL.canParse(location)) return report('DownloadFailed')
  await report('Downloaded')
  for (let waited = 0; station.running.length > 0; waited += LOOK_AGAIN)
    if (waited >= PATIENCE || !(await station.wait(LOOK_AGAIN))) return report('InstallationFailed')
  await report('Installing')
  if (!(await station.wait(INSTALL))) return report('InstallationFailed')
  state.firmware = versionIn(location)
  await station.reset('SoftReset', 'FirmwareUpdate')
  await station.registered()
  await report('Installed')
}

/** The version is what the name of the file says. */
function versionIn(location: string): string {
  const name = decodeURIComponent(new URL(location).pathname.split('/').at(-1)!).replace(/\.\w{2,4}$/, '')
  return (name === '' ? 'unnamed' : name).slice(0, 50)
}

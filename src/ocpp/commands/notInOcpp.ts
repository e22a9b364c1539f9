import type { CommandName } from '../../store/commands.ts'

/** Commands that no version of OCPP has a message for. */
export const NOT_IN_OCPP: CommandName[] = [
  'run_self_test',
  'calibrate_sensor',
  'reset_contactor_counter',
  'reset_fan_counter',
  'reset_power_module',
]

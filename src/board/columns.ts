/** The columns of each export as CSV: the members of the items. What is an object stands there as JSON. */

const MESSAGE = ['id', 'timestamp', 'identity', 'direction', 'type', 'method']

export const MESSAGE_COLUMNS = [...MESSAGE, 'responseTime', 'payload', 'violation']
export const ERROR_COLUMNS = [...MESSAGE, 'errorCode', 'payload', 'violation', 'raw']
export const SECURITY_COLUMNS = ['id', 'timestamp', 'category', 'identity', 'severity', 'message', 'details']
export const SYSTEM_COLUMNS = ['id', 'timestamp', 'type', 'identity', 'message', 'details']
export const TELEMETRY_COLUMNS = ['timestamp', 'messagesPerSecond', 'avgLatencyMs', 'errorRate']

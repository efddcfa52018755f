import type { HealthStatus, HealthStatusCode } from '../../argo/application.ts'

/** A verdict; Argo CD always has a message, empty where it has nothing to say. */
export function verdict(status: HealthStatusCode, message = ''): HealthStatus {
  return { status, message }
}

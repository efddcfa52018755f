import { judgeHealth } from '@flotilla/shared/engine/health/assess'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Answerer } from '../door.ts'

/** `object`, `argocd-cm` → `{status, message}` or null. */
export function healthAnswerer(): Answerer {
  return (input) => judgeHealth(input['object'] as KubeObject) ?? null
}

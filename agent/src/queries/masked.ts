import type { KubeObject } from '@flotilla/shared/k8s/object'
import { secretMasker } from '@flotilla/shared/k8s/redact'

/** A live object as it may leave the cluster: a Secret's values are masked. */
export function masked(object: KubeObject, argocdCm: Readonly<Record<string, string>> = {}): KubeObject {
  return secretMasker(sensitiveAnnotations(argocdCm)).mask(object)
}

/** Target and live object with masks that show what differs. */
export function maskedPair(
  target: KubeObject | undefined,
  live: KubeObject | undefined,
  argocdCm: Readonly<Record<string, string>>,
): { readonly target: KubeObject | undefined; readonly live: KubeObject | undefined } {
  const masker = secretMasker(sensitiveAnnotations(argocdCm))
  return { target: target && masker.mask(target), live: live && masker.mask(live) }
}

function sensitiveAnnotations(argocdCm: Readonly<Record<string, string>>): string[] {
  const keys = (argocdCm['resource.sensitive.mask.annotations'] ?? '').split(',').map((key) => key.trim())
  return keys.filter((key) => key !== '')
}
